package wasm

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/wasm/meter"
	"aion.dev/aion/fsm/history"
)

// script is what a guest of JavaScript has in addition: the handles by which its interpreter is
// driven. They are addresses in the image, so they hold in every run.
type script struct {
	name     string // of the module
	bundle   []byte // nil once it was evaluated
	trace    trace
	direct   bool                // the second driver: aion.resume, and values without handles
	context  uint64              // of the interpreter, if direct
	scratch  uint64              // address of bytes for what the driver tells
	enter    uint64              // the function that the bundle gave
	resume   uint64              // the one for single futures, as a value; 0 = there is none
	describe uint64              // says what was thrown
	nothing  uint64              // undefined
	empty    uint64              // ""
	numbers  [highest + 2]uint64 // -1 and up
}

// highest is the highest number that needs no handle of its own when JavaScript is entered.
const highest = 16

// parsing is how many steps a script gets for each of its bytes, beside the limit of what it does.
const parsing = 20

// newScript makes a guest of an interpreter and a bundle.
func (r *Room) newScript(ctx context.Context, interpreter []byte, s *script, limits runtime.Limits) (*guest, error) {
	sum := fmt.Sprintf("%x", sha256.Sum256(interpreter))
	if interpreters[sum] == "" {
		return nil, &runtime.PackageError{Module: catalog.Interpreter, Reason: fmt.Sprintf("is no interpreter that this engine knows: it has SHA-256 %s; known are %s", sum, known())}
	}
	w, err := meter.Rewrite(interpreter, meter.Measured)
	if err != nil {
		return nil, &runtime.PackageError{Module: catalog.Interpreter, Reason: err.Error()}
	}
	return r.make(ctx, w, s, limits)
}

// known lists the interpreters that the driver knows.
func known() string {
	var list []string
	for sum, name := range interpreters {
		list = append(list, name+" ("+sum+")")
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}

// helper makes the function that says what was thrown, as JSON: a message and a stack. It takes
// what it needs before the bundle can change it. What tells when memory is collected is taken away.
const helper = `(() => {
  delete globalThis.WeakRef;
  delete globalThis.FinalizationRegistry;
  globalThis.Error.stackTraceLimit = 100;
  const { Error, String, JSON: { stringify } } = globalThis;
  const slice = Function.prototype.call.bind(String.prototype.slice);
  const cut = (v, n) => slice(String(v), 0, n);
  return (thrown) => {
    let message = "an error that cannot be told", stack = "";
    try {
      if (thrown instanceof Error) {
        message = thrown.name === "Error" ? cut(thrown.message, 4000) : cut(thrown.name, 100) + ": " + cut(thrown.message, 4000);
        stack = cut(thrown.stack, 20000);
      } else {
        message = cut(typeof thrown === "object" && thrown ? stringify(thrown) : thrown, 4000);
      }
    } catch {}
    return stringify([message, stack]);
  };
})()`

// warm makes room between what the bundle made, for what runs will make: the interpreter's
// allocator has pages of 4 KiB for each size, and writes all over a page that it begins. A run that
// has to begin some would keep them while it waits.
const warm = `(() => {
  const kept = [];
  for (let size = 8; size <= 512; size += 8) {
    let last;
    for (let i = 0, list = []; i * size < 6000; i++) list.push(last = new ArrayBuffer(size));
    kept.push(last);
  }
  return kept;
})()`

// begin makes the interpreter, and evaluates the bundle. The limits are for what the bundle does.
func (s *script) begin(i *instance, limits runtime.Limits) (err error) {
	defer left(&err)
	i.allow(unlimited, limits.MemoryBytes)
	i.js(jsInitialize)
	if i.js(jsInit) != 0 {
		return refused("the interpreter cannot begin")
	}
	size := uint64(kept)
	if s.direct {
		size = keptDirect
	}
	if s.scratch = i.js(jsMalloc, size); s.scratch == 0 {
		return refused("the interpreter has no memory")
	}
	clear(i.bytesAt(s.scratch, size))
	i.js(jsSetStack, 0) // calls have their weight, and code could catch what the interpreter throws
	s.nothing, s.empty = i.js(jsUndefined), i.newText(nil)
	for n := range s.numbers {
		s.numbers[n] = i.newNumber(float64(n - 1))
	}
	if s.describe = i.eval(helper, "aion"); i.js(jsIsFunction, s.describe) == 0 {
		return refused("the interpreter cannot evaluate")
	}
	if !i.lays() || s.direct && !i.laysTexts() {
		return refused("the interpreter lays values out in another way than its engine knows")
	}
	i.js(jsTrackRejections, 1)
	aion := i.js(jsNewObject)
	for _, name := range scriptNames {
		params := uint64(len(scriptCalls[name].params))
		f := i.write([]byte(name), func(at uint64) uint64 { return i.js(jsNewFunction, at, uint64(len(name)), params) })
		i.named(aion, name, func(o, at uint64) uint64 { return i.js(jsSet, o, at, f) })
		i.js(jsRelease, f)
	}
	global := i.js(jsGlobal)
	i.named(global, "aion", func(o, at uint64) uint64 { return i.js(jsSet, o, at, aion) })
	i.js(jsRelease, global)
	i.allow((limits.Steps+parsing*uint64(len(s.bundle)))*unitsPerStep, limits.MemoryBytes)
	result := i.eval(string(s.bundle), s.name)
	if i.js(jsIsException, result) != 0 {
		return i.thrown()
	}
	i.js(jsRelease, result)
	if err := i.jobs(); err != nil {
		return err
	}
	s.enter = i.named(aion, "enter", func(o, at uint64) uint64 { return i.js(jsGet, o, at) })
	if i.js(jsIsFunction, s.enter) == 0 {
		return refused("it does not set aion.enter to a function")
	}
	if s.direct {
		s.context = i.js(jsContext)
		resume := i.named(aion, "resume", func(o, at uint64) uint64 { return i.js(jsGet, o, at) })
		if i.js(jsIsException, resume) != 0 {
			return i.thrown()
		}
		if i.js(jsIsFunction, resume) != 0 {
			s.resume = i.valueAt(resume) // its handle is kept for good
		}
	}
	i.js(jsRelease, aion)
	i.allow(unlimited, limits.MemoryBytes)
	i.eval(warm, "aion") // its handle is kept for good
	i.js(jsCollect)
	i.wipe()
	i.allow(limits.Steps*unitsPerStep, limits.MemoryBytes)
	s.bundle = nil
	return nil
}

func refused(reason string) error {
	return &history.RunError{Kind: history.KindFailed, Message: reason}
}

// eval evaluates code, and returns a handle.
func (i *instance) eval(code, name string) uint64 {
	file := i.js(jsMalloc, uint64(len(name))+1)
	copy(i.bytesAt(file, uint64(len(name))+1), name+"\x00")
	defer i.js(jsFree, file)
	return i.write([]byte(code), func(at uint64) uint64 { return i.js(jsEval, at, uint64(len(code)), file, 0) })
}
