package wasm

import (
	"bytes"
	"encoding/binary"
	"math"

	"github.com/tetratelabs/wazero/api"
)

// interpreters are those that the driver knows, by their SHA-256: it was written for what they
// export, and how deep their calls may be was measured.
var interpreters = map[string]string{
	"c0bd8f296e18cf074969f6401b9ecb72609a1323818ec2b9bf7a8f8d740d1363": "quickjs-wasi 3.7.0",
}

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
	jsContext
	jsParseValue
	jsCallValue
	jsReleaseValue
	natives // how many there are
)

// exported are the natives as an interpreter exports them; d = it returns an f64, l = a value.
var exported = [natives]struct{ name, result string }{
	jsInitialize:      {initialize, ""},
	jsInit:            {"qjs_init", "i"},
	jsTrackRejections: {"qjs_set_promise_rejection_handler", ""},
	jsSetStack:        {"qjs_set_max_stack_size", ""},
	jsCollect:         {"qjs_run_gc", ""},
	jsMalloc:          {"wasm_malloc", "i"},
	jsFree:            {"wasm_free", ""},
	jsEval:            {"qjs_eval", "i"},
	jsCall:            {"qjs_call", "i"},
	jsJob:             {"qjs_execute_pending_job", "i"},
	jsException:       {"qjs_get_exception", "i"},
	jsIsException:     {"qjs_is_exception", "i"},
	jsIsFunction:      {"qjs_is_function", "i"},
	jsIsNumber:        {"qjs_is_number", "i"},
	jsIsText:          {"qjs_is_string", "i"},
	jsNumber:          {"qjs_get_float64", "d"},
	jsNewNumber:       {"qjs_new_number", "i"},
	jsText:            {"qjs_get_string_len", "i"},
	jsFreeText:        {"qjs_free_cstring", ""},
	jsNewText:         {"qjs_new_string", "i"},
	jsNewObject:       {"qjs_new_object", "i"},
	jsNewFunction:     {"qjs_new_host_function", "i"},
	jsUndefined:       {"qjs_get_undefined", "i"},
	jsTrue:            {"qjs_get_true", "i"},
	jsFalse:           {"qjs_get_false", "i"},
	jsGlobal:          {"qjs_get_global", "i"},
	jsGet:             {"qjs_get_prop_string", "i"},
	jsSet:             {"qjs_set_prop_string", "i"},
	jsCopy:            {"qjs_dup_value", "i"},
	jsRelease:         {"qjs_free_value", ""},
	jsIdentity:        {"qjs_get_value_ptr", "i"},
	jsContext:         {"qjs_get_context_ptr", "i"},
	jsParseValue:      {"JS_ParseJSON", "l"},
	jsCallValue:       {"JS_Call", "l"},
	jsReleaseValue:    {"JS_FreeValue", ""},
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
	switch exported[f].result {
	case "i":
		return uint64(uint32(b.stack[0]))
	case "d", "l":
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
	kept      = atHandles + 4*entered

	entered = 5 // parameters of aion.enter

	atValues   = (kept + 7) / 8 * 8 // of the second driver: parameters of aion.resume
	keptDirect = atValues + 8*resumed

	resumed = 3
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

// newNumber makes a number, which the interpreter has as one with a fraction; the second driver
// makes a whole one, which costs less to compute with, if it can be.
func (i *instance) newNumber(n float64) uint64 {
	handle := i.js(jsNewNumber, math.Float64bits(n))
	if whole := int32(n); i.guest.script.direct && float64(whole) == n && (whole != 0 || !math.Signbit(n)) {
		binary.LittleEndian.PutUint64(i.bytesAt(handle, 8), wholeValue(int64(whole)))
	}
	return handle
}

// text returns what a handle says, which must be a text.
func (i *instance) text(handle uint64) []byte {
	if i.guest.script.direct {
		if b, ok := i.shortText(handle); ok {
			return b
		}
	}
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
