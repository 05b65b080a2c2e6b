package wasm

import (
	"context"
	"fmt"

	"aion.dev/aion/engine/runtime/wasm/meter"
	"github.com/tetratelabs/wazero/api"
)

// op is what a guest is entered for.
type op int32

const (
	opStart op = 1 + iota
	opResume
	opMessage
	opCheck
	opQuery
	opValidate
	opDescribe
	opOutcome // opResume after a wait for one future; only scripts tell them apart
)

// callCost is what a call costs, in units; bytesPerUnit of what it copies cost one more.
const (
	callCost     = 1000
	bytesPerUnit = 8
)

// maxWaited bounds the ordinals of one wait, maxWaiting those of all waits together. maxWaits
// bounds the waits: each future that may be pending can have one.
const (
	maxWaited  = 100_000
	maxWaiting = 1_000_000
	maxWaits   = 50_000
)

// function is a function that guests import. Params and results are letters: i = i32, l = i64.
type function struct {
	name, params, results string
	apart                 bool // it may be called outside of a turn
	do                    func(*call)
}

// call is one call of a guest.
type call struct {
	*execution
	memory api.Memory
	stack  []uint64 // parameters, then results
	said   []byte   // by a script, in place of bytes in the memory
	script bool     // it is a script that calls
}

// tables are all functions that guests may import, by module.
var tables map[string][]function

func init() {
	tables = map[string][]function{
		meter.Module: {
			{"meter", "i", "", true, (*call).meter},
			{"read", "ii", "", true, (*call).read},
			{"now", "", "l", true, func(c *call) { c.stack[0] = uint64(c.time()) }},
			{"random", "", "l", false, (*call).random},
			{"log", "ii", "", false, func(c *call) { c.log(clean(c.bytes(0, 1))) }},
			{"at", "ii", "", true, (*call).at},
			{"info", "", "i", false, (*call).info},
			{"cancelled", "i", "i", false, (*call).cancelled},
			{"start", "iii", "l", false, (*call).start},
			{"state", "l", "l", false, (*call).state},
			{"wait", "liii", "i", false, (*call).wait},
			{"cancel", "l", "", false, func(c *call) { c.ask(func() error { return c.host.Cancel(c.stack[0]) }) }},
			{"holds", "l", "", false, (*call).holds},
			{"handle", "iii", "", false, (*call).handle},
			{"done", "liii", "", false, (*call).done},
			{"answer", "iii", "", true, (*call).answer},
			{"tell", "iii", "", false, (*call).tell},
			{"continue", "iii", "", false, (*call).goOn},
		},
		wasiModule:  wasi,
		interpreted: scriptImports,
	}
}

// wasiModule is whence languages import what they know; interpreted whence interpreters import what
// their scripts call.
const (
	wasiModule  = "wasi_snapshot_preview1"
	interpreted = "env"
)

// spell returns types as letters.
func spell(types string) (s string) {
	letters := map[byte]string{0x7f: "i", 0x7e: "l", 0x7d: "f", 0x7c: "d", 0x70: "r", 0x6f: "r"}
	for _, t := range []byte(types) {
		s += letters[t]
	}
	return s
}

// checkImports refuses what is in no table of guests.
func checkImports(list []meter.Imported) error {
next:
	for _, i := range list {
		for _, f := range tables[i.Module] {
			if f.name == i.Name && i.Module != interpreted {
				if spell(i.Params) != f.params || spell(i.Results) != f.results {
					return fmt.Errorf("it imports %s.%s with other parameters or results than docs/GUEST.md says", i.Module, i.Name)
				}
				continue next
			}
		}
		return fmt.Errorf("it imports %.100q from %.100q, which guests do not have", i.Name, i.Module)
	}
	return nil
}

// function returns what the compiler calls.
func (f function) function() api.GoModuleFunc {
	return func(ctx context.Context, m api.Module, stack []uint64) {
		i := instanceOf(ctx)
		for n, letter := range f.params {
			if letter == 'i' { // the compiler leaves the upper half as it was
				stack[n] = uint64(uint32(stack[n]))
			}
		}
		c := call{execution: i.run, memory: m.Memory(), stack: stack}
		if f.name != "meter" {
			i.spend(callCost)
		}
		if err := i.interrupted(); err != nil { // calls may take long for what they cost
			c.stop(err)
		}
		switch {
		case c.apart && !f.apart:
			c.stop(c.broke("%s is called outside of a run", f.name))
		case c.end != nil && !f.apart: // what a language calls by itself, such as the clock, it may
			c.stop(errEnded)
		}
		f.do(&c)
	}
}
