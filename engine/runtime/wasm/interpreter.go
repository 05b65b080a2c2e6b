package wasm

import (
	"bytes"
	"fmt"
	"math"
	"slices"

	"aion.dev/aion/engine/runtime/wasm/meter"
	"github.com/tetratelabs/wazero/api"
)

// native is a function of the interpreter that the driver calls.
type native int

// Values of the interpreter are told apart by handles: addresses of cells in its memory, so they
// stay the same when the memory is parked and restored. Whoever gets one frees it, except where a
// comment says otherwise.
const (
	jsInitialize native = iota
	jsInit
	jsTrackRejections
	jsSetStack
	jsCollect
	jsMalloc
	jsFree
	jsEval
	jsCall
	jsJob
	jsException
	jsIsException
	jsIsFunction
	jsIsNumber
	jsIsText
	jsNumber
	jsNewNumber
	jsText
	jsFreeText
	jsNewText
	jsNewObject
	jsNewFunction
	jsUndefined
	jsTrue
	jsFalse
	jsGlobal
	jsGet
	jsSet
	jsCopy
	jsRelease
	jsIdentity
	natives // how many there are
)

// exported are the natives as an interpreter exports them: i = i32, d = f64.
var exported = [natives]struct{ name, params, results string }{
	jsInitialize:      {initialize, "", ""},
	jsInit:            {"qjs_init", "", "i"},
	jsTrackRejections: {"qjs_set_promise_rejection_handler", "i", ""},
	jsSetStack:        {"qjs_set_max_stack_size", "i", ""},
	jsCollect:         {"qjs_run_gc", "", ""},
	jsMalloc:          {"wasm_malloc", "i", "i"},
	jsFree:            {"wasm_free", "i", ""},
	jsEval:            {"qjs_eval", "iiii", "i"},
	jsCall:            {"qjs_call", "iiii", "i"},
	jsJob:             {"qjs_execute_pending_job", "", "i"},
	jsException:       {"qjs_get_exception", "", "i"},
	jsIsException:     {"qjs_is_exception", "i", "i"},
	jsIsFunction:      {"qjs_is_function", "i", "i"},
	jsIsNumber:        {"qjs_is_number", "i", "i"},
	jsIsText:          {"qjs_is_string", "i", "i"},
	jsNumber:          {"qjs_get_float64", "i", "d"},
	jsNewNumber:       {"qjs_new_number", "d", "i"},
	jsText:            {"qjs_get_string_len", "ii", "i"},
	jsFreeText:        {"qjs_free_cstring", "i", ""},
	jsNewText:         {"qjs_new_string", "ii", "i"},
	jsNewObject:       {"qjs_new_object", "", "i"},
	jsNewFunction:     {"qjs_new_host_function", "iii", "i"},
	jsUndefined:       {"qjs_get_undefined", "", "i"},
	jsTrue:            {"qjs_get_true", "", "i"},
	jsFalse:           {"qjs_get_false", "", "i"},
	jsGlobal:          {"qjs_get_global", "", "i"},
	jsGet:             {"qjs_get_prop_string", "ii", "i"},
	jsSet:             {"qjs_set_prop_string", "iii", "i"},
	jsCopy:            {"qjs_dup_value", "i", "i"},
	jsRelease:         {"qjs_free_value", "i", ""},
	jsIdentity:        {"qjs_get_value_ptr", "i", "i"},
}

// checkInterpreter refuses a module that is no interpreter.
func checkInterpreter(w *meter.Rewritten) error {
	for _, want := range exported {
		n := slices.IndexFunc(w.Exports, func(e meter.Exported) bool { return e.Name == want.name && e.Kind == 0 })
		if n < 0 {
			return fmt.Errorf("it does not export %s: it is no interpreter that this engine knows, which is the one of quickjs-wasi 3.7", want.name)
		}
		if e := w.Exports[n]; spell(e.Params) != want.params || spell(e.Results) != want.results {
			return fmt.Errorf("it exports %s with other parameters or results than quickjs-wasi 3.7", want.name)
		}
	}
	if !slices.ContainsFunc(w.Exports, func(e meter.Exported) bool { return e.Name == "memory" && e.Kind == 2 }) {
		return fmt.Errorf("it must export its memory as \"memory\"")
	}
	return checkImports(w.Imports, interpreted)
}

// bound are the natives of one instance. Each has a stack of its own, so they are bound when they
// are first called.
type bound struct {
	functions [natives]api.Function
	busy      [natives]bool
	stack     [5]uint64
}

// js calls a native. What goes wrong in it leaves the caller, too.
func (i *instance) js(f native, args ...uint64) uint64 {
	b := &i.bound
	if b.functions[f] == nil {
		b.functions[f] = i.module.ExportedFunction(exported[f].name)
	}
	if b.busy[f] { // its stack is in use
		i.run.stop(i.run.broke("%s is called within itself", exported[f].name))
	}
	copy(b.stack[:], args)
	b.busy[f] = true
	err := b.functions[f].CallWithStack(i.ctx, b.stack[:])
	b.busy[f] = false
	if err != nil {
		panic(stopped{err})
	}
	switch exported[f].results {
	case "i":
		return uint64(uint32(b.stack[0]))
	case "d":
		return b.stack[0]
	}
	return 0
}

// bytesAt are bytes of the memory, until it changes.
func (i *instance) bytesAt(at, size uint64) []byte {
	b, ok := i.module.Memory().Read(uint32(at), uint32(size))
	if !ok {
		i.run.stop(i.run.broke("%d bytes at %d are not in its memory", size, uint32(at)))
	}
	return b
}

func (i *instance) wordAt(at uint64) uint64 {
	n, ok := i.module.Memory().ReadUint32Le(uint32(at))
	if !ok {
		i.run.stop(i.run.broke("4 bytes at %d are not in its memory", uint32(at)))
	}
	return uint64(n)
}

func (i *instance) putWord(at, n uint64) {
	if !i.module.Memory().WriteUint32Le(uint32(at), uint32(n)) {
		i.run.stop(i.run.broke("4 bytes at %d are not in its memory", uint32(at)))
	}
}

// The driver keeps bytes of the interpreter's memory: for a text that it tells, for the size of one
// that it is told, and for handles. They are zero whenever nothing is told, so that they cost a
// parked run nothing.
const (
	scratch   = 512
	atSize    = scratch
	atHandles = atSize + 8
	kept      = atHandles + 4*4
)

// write puts bytes into the memory, with a zero behind them, as long as use works.
func (i *instance) write(b []byte, use func(at uint64) uint64) uint64 {
	at := i.guest.script.scratch
	if len(b) < scratch {
		defer func() { clear(i.bytesAt(at, uint64(len(b)))) }()
	} else {
		at = i.js(jsMalloc, uint64(len(b))+1)
		defer i.js(jsFree, at)
		i.bytesAt(at+uint64(len(b)), 1)[0] = 0
	}
	copy(i.bytesAt(at, uint64(len(b))), b)
	i.spend(len(b) / bytesPerUnit)
	return use(at)
}

// newText makes a text.
func (i *instance) newText(b []byte) uint64 {
	return i.write(b, func(at uint64) uint64 { return i.js(jsNewText, at, uint64(len(b))) })
}

func (i *instance) newNumber(n float64) uint64 { return i.js(jsNewNumber, math.Float64bits(n)) }

// text returns what a handle says, which must be a text.
func (i *instance) text(handle uint64) []byte {
	size := i.guest.script.scratch + atSize
	at := i.js(jsText, handle, size)
	n := i.wordAt(size)
	i.putWord(size, 0)
	if at == 0 {
		i.run.stop(i.run.broke("a text cannot be read"))
	}
	b := bytes.Clone(i.bytesAt(at, n))
	i.js(jsFreeText, at)
	i.spend(len(b) / bytesPerUnit)
	return b
}

// named sets or gets a property of an object.
func (i *instance) named(object uint64, name string, use func(object, name uint64) uint64) uint64 {
	return i.write([]byte(name), func(at uint64) uint64 { return use(object, at) })
}
