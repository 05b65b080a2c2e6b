package wasm_test

import (
	"strings"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/replay/runtimetest"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/wasm"
	. "aion.dev/aion/engine/runtime/wasm/wasmtest"
)

// The imports of guests in these tests, by number.
const (
	hAnswer = iota
	hRead
	hStart
	hWait
	hDone
	hState
	hCancel
	hHolds
	hHandle
	hTell
	hContinue
	hLog
	hInfo
	hNow
	hRandom
	hCancelled
	hRandomGet
	hPoll
	hExit
	hWrite
	hOwn // the first function of the module's own
)

func imports() []Func {
	const i, l = "\x7f", "\x7e"
	aion := func(name, params, results string) Func {
		return Func{Module: "aion", Name: name, Params: params, Results: results}
	}
	wasi := func(name, params, results string) Func {
		return Func{Module: "wasi_snapshot_preview1", Name: name, Params: params, Results: results}
	}
	return []Func{
		aion("answer", i+i+i, ""), aion("read", i+i, ""), aion("start", i+i+i, l), aion("wait", l+i+i+i, i), aion("done", l+i+i+i, ""),
		aion("state", l, l), aion("cancel", l, ""), aion("holds", l, ""), aion("handle", i+i+i, ""), aion("tell", i+i+i, ""),
		aion("continue", i+i+i, ""), aion("log", i+i, ""), aion("info", "", i), aion("now", "", l), aion("random", "", l), aion("cancelled", i, i),
		wasi("random_get", i+i, i), wasi("poll_oneoff", i+i+i+i, i), wasi("proc_exit", i, ""), wasi("fd_write", i+i+i+i, i),
	}
}

// Where things lie in the memory of these guests.
const (
	atNames  = 64
	atTimer  = 128 // a record: 1 duration, of 1s
	atSignal = 192 // a record: 1 name, "a"
	atFree   = 1024
)

var (
	names  = "\x01\x03\x00\x00\x00run"
	timer  = "\x01\x08\x00\x00\x00\x00\xca\x9a\x3b\x00\x00\x00\x00"
	signal = "\x01\x01\x00\x00\x00a"
)

// guestOf is a guest that describes itself, and otherwise does what code says. Data is at atFree.
func guestOf(data string, code ...any) *Module {
	describe := Code(Get(0), Const(7), 0x46, 0x04, 0x40, Const(0), Const(atNames), Const(len(names)), Call(hAnswer), 0x0f, 0x0b)
	m := &Module{Imports: imports(), Pages: 1, Data: map[int]string{atNames: names, atTimer: timer, atSignal: signal}, Funcs: []Func{
		{Export: "aion_enter", Params: "\x7f\x7e\x7f\x7f", Locals: "\x7e", Code: Code(describe, Code(code...))},
	}}
	if data != "" {
		m.Data[atFree] = data
	}
	return m
}

var member = catalog.Member{Type: "test", EntryModule: "test", EntryFunction: "run"}

// TestHostileGuests: a guest that lies, overreaches or breaks ends its run, with the same words
// compiled and interpreted, and nothing else.
func TestHostileGuests(t *testing.T) {
	forever := Code(0x03, 0x40, 0x0c, 0, 0x0b)
	startTimer := Code(Const(1), Const(atTimer), Const(len(timer)), Call(hStart))
	record := func(s string) []any { return []any{Const(4), Const(atFree), Const(len(s)), Call(hStart), 0x1a} }
	type guest struct {
		data string
		code []any
	}
	for want, g := range map[string]guest{
		"it reads 5 bytes, and 17 are on offer":             {"", []any{Const(0), Const(5), Call(hRead)}},
		"17 bytes at 65530 are not in its memory":           {"", []any{Const(65530), Const(17), Call(hRead)}},
		"start has kind 99":                                 {"", []any{Const(99), Const(0), Const(0), Call(hStart), 0x1a}},
		"100 bytes at 65500 are not in its memory":          {"", []any{Const(1), Const(65500), Const(100), Call(hStart), 0x1a}},
		"4294967295 bytes at 8 are not in its memory":       {"", []any{Const(8), Const(-1), Call(hLog)}},
		"the record ends within field 1":                    {"\x01\xff\xff\xff\xffa", record("\x01\xff\xff\xff\xffa")},
		"the record has field 1 behind field 2":             {"\x02\x00\x00\x00\x00\x01\x00\x00\x00\x00", record("0123456789")},
		"the record repeats field 1":                        {"\x01\x00\x00\x00\x00\x01\x00\x00\x00\x00", record("0123456789")},
		"the record has a field 200 that is not known here": {"\xc8\x00\x00\x00\x00", record("01234")},
		"the record has a field 0":                          {"\x00\x00\x00\x00\x00", record("01234")},
		"has 1 bytes in field 4, which is a number of 8":    {"\x04\x01\x00\x00\x00a", record("012345")},
		"has a payload in field 3 that is no JSON":          {"\x03\x01\x00\x00\x00{", record("012345")},
		"on cancel is \"x\"":                                {"\x08\x01\x00\x00\x00x", record("012345")},
		"it waits with mode 6":                              {"", []any{Const64(1), Const(6), Const(0), Const(0), Call(hWait), 0x1a}},
		"for 4294967295 futures":                            {"", []any{Const64(1), Const(0), Const(0), Const(-1), Call(hWait), 0x1a}},
		"future 0 is not of this run":                       {"", []any{Const64(1), Const(0), Const(0), Const(1), Call(hWait), 0x1a}},
		"a race needs at least one future":                  {"", []any{Const64(1), Const(2), Const(0), Const(0), Call(hWait), 0x1a}},
		"two waits have token 7":                            {"\x01", []any{startTimer, 0x1a, Const64(7), Const(0), Const(atFree), Const(1), Call(hWait), 0x1a, Const64(7), Const(0), Const(atFree), Const(1), Call(hWait), 0x1a}},
		"there is no code with token 5":                     {"", []any{Const64(5), Const(0), Const(0), Const(0), Call(hDone)}},
		"done: the value is no JSON":                        {"{", []any{Const64(0), Const(0), Const(atFree), Const(1), Call(hDone)}},
		"nobody waits for an answer":                        {"", []any{Const(0), Const(0), Const(0), Call(hAnswer)}},
		"holds is called outside of check":                  {"", []any{Const64(1), Call(hHolds)}},
		"handle has kind 9":                                 {"", []any{Const(9), Const(0), Const(0), Call(hHandle)}},
		"handle has a name of 5000 bytes":                   {"", []any{Const(3), Const(0), Const(5000), Call(hHandle)}},
		"tell has kind 9":                                   {"", []any{Const(9), Const(0), Const(0), Call(hTell)}},
		"1 names of attributes and 0 values":                {"\x01\x01\x00\x00\x00a", []any{Const(2), Const(atFree), Const(6), Call(hTell)}},
		"future 999 is not of this run":                     {"", []any{Const64(999), Call(hCancel)}},
		"it draws 70000 random bytes":                       {"", []any{Const(0), Const(70000), Call(hRandomGet), 0x1a}},
		"the code waits for the machine":                    {"", []any{Const(0), Const(0), Const(0), Const(0), Call(hPoll), 0x1a}},
		"the code ended the process with status 3":          {"", []any{Const(3), Call(hExit)}},
		"bytes that are not in its memory, or too many":     {"\xff\xff\xff\xff\xff\x00\x00\x00", []any{Const(1), Const(atFree), Const(1), Const(0), Call(hWrite), 0x1a}},
		"the code trapped: unreachable":                     {"", []any{0x00}},
		"the code trapped: a division by zero":              {"", []any{Const(1), Const(0), 0x6d, 0x1a}},
		"the code trapped: an access outside of the memory": {"", []any{Const(-8), 0x28, 2, 0, 0x1a}},
		"the code waits for nothing that can come":          {"", nil},
		"the turn makes more than 150000 steps":             {"", []any{forever}},
		"the calls of the code are too deep":                {"", []any{Get(0), Get(1), Get(2), Get(3), Call(hOwn)}},
		"the code keeps more than 67108864 bytes":           {"", []any{0x03, 0x40, Const(10), 0x40, 0, 0x1a, 0x0c, 0, 0x0b}},
		"of kind timer are pending":                         {"", []any{0x03, 0x40, startTimer, 0x1a, 0x0c, 0, 0x0b}},
		"the code answers more than 10000 queries":          {"", []any{Const64(0), 0x21, 4, 0x03, 0x40, Const(atFree), Get(4), 0x37, 3, 0, Get(4), Const64(1), 0x7c, 0x21, 4, Const(3), Const(atFree), Const(8), Call(hHandle), 0x0c, 0, 0x0b}},
		"continue: the value is no JSON":                    {"", []any{Const(0), Const(0), Const(3), Call(hContinue)}},
		"the record ends within field 1 (done)":             {"\x01\x09\x00\x00\x00", []any{Const64(0), Const(1), Const(atFree), Const(5), Call(hDone)}},
	} {
		t.Run(want, func(t *testing.T) {
			var got [2]string
			for n, cfg := range []wasm.Config{{}, {Interpret: true}} {
				p := compile(t, newRoom(t, cfg), guestOf(g.data, g.code...).Bytes(), "run", "x")
				w := runtimetest.NewWorld(t, p, member, "", runtime.Limits{Steps: 150_000, Pending: 10})
				got[n] = runtimetest.Show(t, w.Turn().Asked)
				w.Rebuild().Close()
				w.Machine.Close()
			}
			text, _, _ := strings.Cut(want, " (done)")
			if !strings.Contains(got[0], "WorkflowFailed") || !strings.Contains(strings.ReplaceAll(got[0], `\"`, `"`), text) {
				t.Errorf("got %s", got[0])
			}
			if got[0] != got[1] {
				t.Errorf("interpreted: %s", got[1])
			}
		})
	}
}

// What comes after the end of the run has no effect.
func TestNothingAfterTheEnd(t *testing.T) {
	fail := "\x02\x02\x00\x00\x00no"
	p := compile(t, newRoom(t, wasm.Config{}), guestOf(fail, Const64(0), Const(1), Const(atFree), Const(len(fail)), Call(hDone),
		Const(1), Const(atTimer), Const(len(timer)), Call(hStart), 0x1a, Const(0), Const(5000), Call(hLog)).Bytes(), "run")
	w := runtimetest.NewWorld(t, p, member, "", runtime.Limits{})
	if got := runtimetest.Show(t, w.Turn().Asked); got != `WorkflowFailed {"error":{"kind":"failed","message":"no"}}`+"\n" {
		t.Error(got)
	}
}

func TestRefusesModules(t *testing.T) {
	r := newRoom(t, wasm.Config{})
	enter := Func{Export: "aion_enter", Params: "\x7f\x7e\x7f\x7f"}
	for want, m := range map[string]*Module{
		"it must export its memory":                   {Pages: 1, Funcs: []Func{{}}},
		"must take (op i32":                           {Pages: 1, Funcs: []Func{{Export: "aion_enter"}}},
		"_initialize must take and return nothing":    {Pages: 1, Funcs: []Func{enter, {Export: "_initialize", Params: "\x7f"}}},
		`"gettimeofday" from "env"`:                   {Pages: 1, Imports: []Func{{Module: "env", Name: "gettimeofday"}}, Funcs: []Func{enter}},
		"with other parameters or results":            {Pages: 1, Imports: []Func{{Module: "aion", Name: "now"}}, Funcs: []Func{enter}},
		"describe ends without answer":                {Pages: 1, Funcs: []Func{enter}},
		"the code trapped: unreachable":               {Pages: 1, Funcs: []Func{enter, {Export: "_initialize", Code: Code(0x00)}}},
		"the turn makes more than 150000 steps":       {Pages: 1, Funcs: []Func{enter, {Export: "_initialize", Code: Code(0x03, 0x40, 0x0c, 0, 0x0b)}}},
		"the code keeps more than 67108864 bytes":     {Pages: 1, Funcs: []Func{enter, {Export: "_initialize", Code: Code(Const(1025), 0x40, 0, 0x1a)}}},
		"its memory begins with 131072000 bytes":      {Pages: 2000, Funcs: []Func{enter}},
		"a data segment lies outside the memory":      {Pages: 1, Data: map[int]string{65535: "ab"}, Funcs: []Func{enter}},
		"random is called outside of a run":           {Pages: 1, Imports: imports(), Funcs: []Func{enter, {Export: "_initialize", Code: Code(Call(hRandom), 0x1a)}}},
		"it is not valid":                             {Pages: 1, Funcs: []Func{enter, {Code: Code(0x6a)}}},
		"is not registered; the module has [\"run\"]": guestOf("", 0x01),
	} {
		_, err := tryCompile(t, r, m.Bytes(), "other")
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "test.wasm: ") && m.Pages != 99 {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
