package wasm

import (
	"bytes"

	"aion.dev/aion/engine/runtime/wasm/jsontext"
	"aion.dev/aion/fsm/history"
)

// enterScript enters JavaScript on behalf of aion_enter, and runs what it left to do later. What is
// on offer are two texts: a payload or what became of a future, and a name.
func (i *instance) enterScript(op op, token int64, at int32) (err error) {
	defer left(&err)
	s, e := i.guest.script, i.run
	text, name := e.offer, []byte(nil)
	switch op {
	case opOutcome:
		if s.resume != 0 {
			e.offer = nil
			return i.resumeScript(token, at, text)
		}
		op = opResume
	case opResume:
	default:
		at, text, name = told(op, at, e.offer)
	}
	e.offer = nil
	list := [entered]uint64{i.number(float64(op)), i.number(float64(token)), i.number(float64(at)), i.textOr(text, s.empty), i.textOr(name, s.empty)}
	for n, handle := range list {
		i.putWord(s.scratch+atHandles+4*uint64(n), handle)
	}
	result := i.js(jsCall, s.enter, s.nothing, entered, s.scratch+atHandles)
	clear(i.bytesAt(s.scratch+atHandles, 4*entered))
	if i.tagAt(result) != cellUndefined && i.js(jsIsException, result) != 0 {
		return i.thrown()
	}
	i.js(jsRelease, result)
	i.unnumber(list[1], float64(token))
	i.unnumber(list[2], float64(at))
	for _, handle := range list[3:] {
		if handle != s.empty {
			i.js(jsRelease, handle)
		}
	}
	err = i.jobs()
	i.wipe()
	return err
}

// told takes a record apart that the room offers. The kind of a message takes the place of at.
func told(op op, at int32, offer record) (_ int32, text, name []byte) {
	r := &reading{rest: offer}
	switch op {
	case opStart:
		name, _ = r.take(1)
		_, _ = r.take(2)
		text, _ = r.take(3)
	case opMessage:
		kind, _ := r.number(1)
		at = int32(kind)
		name, _ = r.take(2)
		text, _ = r.take(3)
	case opQuery, opValidate:
		name, _ = r.take(1)
		text, _ = r.take(2)
	}
	return at, text, name
}

// textOr makes a text, unless there is nothing to tell.
func (i *instance) textOr(b []byte, empty uint64) uint64 {
	if len(b) == 0 {
		return empty
	}
	return i.newText(b)
}

// wipe clears what calls left on the interpreter's own stack, so that it costs a parked run
// nothing. It lies below the stack pointer, and nobody reads it.
func (i *instance) wipe() {
	top := uint32(i.saved[0].Get()) &^ (blockOf - 1)
	used := 0
	for ; top >= blockOf; top -= blockOf {
		block := i.bytesAt(uint64(top-blockOf), blockOf)
		if bytes.Equal(block, zeros[:]) {
			break
		}
		clear(block)
		used += blockOf
	}
	i.stack = max(i.stack, used)
}

// left recovers from the panic by which the driver leaves the interpreter.
func left(err *error) {
	switch v := recover().(type) {
	case nil:
	case stopped:
		*err = v
	default:
		panic(v)
	}
}

// number returns a handle of a number. Small ones have theirs for good.
func (i *instance) number(n float64) uint64 {
	if n <= highest && n >= -1 {
		return i.guest.script.numbers[int(n)+1]
	}
	return i.newNumber(n)
}

// unnumber frees the handle of a number.
func (i *instance) unnumber(handle uint64, n float64) {
	if n > highest || n < -1 {
		i.js(jsRelease, handle)
	}
}

// jobs runs what promises left to do, until nothing is left, the run has ended or a question is
// answered. Then no promise may be rejected that nobody handles.
func (i *instance) jobs() error {
	e := i.run
	for e.end == nil {
		if e.reading && e.answered != nil {
			return nil
		}
		n := int32(i.js(jsJob))
		if n < 0 {
			return i.thrown()
		}
		if n == 0 {
			return e.unhandled()
		}
	}
	return nil
}

// thrown is the error that JavaScript did not catch.
func (i *instance) thrown() error {
	return i.told(i.js(jsException), history.KindFailed)
}

// told describes what was thrown. The handle is freed.
func (i *instance) told(thrown uint64, kind string) error {
	s := i.guest.script
	i.putWord(s.scratch+atHandles, thrown)
	text := i.js(jsCall, s.describe, s.nothing, 1, s.scratch+atHandles)
	i.putWord(s.scratch+atHandles, 0)
	failed := &history.RunError{Kind: kind, Message: "an error that cannot be told"}
	if i.js(jsIsText, text) != 0 {
		if said, ok := jsontext.List(i.text(text)); ok && len(said) == 2 {
			message, _ := jsontext.Text(said[0])
			stack, _ := jsontext.Text(said[1])
			failed.Message, failed.Details = clean(message), details(s.trace.lines(stack))
		}
	}
	i.js(jsRelease, text)
	i.js(jsRelease, thrown)
	return failed
}

// overflowed reports whether the interpreter, which trapped, has used up its own stack. It lies at
// the beginning of the memory and grows towards 0, so what goes beyond is out of bounds.
func (i *instance) overflowed() bool {
	const reserve = 16 << 10 // functions that call no others may use the stack without saying so
	return int32(i.saved[0].Get()) < reserve
}
