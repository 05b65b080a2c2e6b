package workflow

import (
	"context"
	"fmt"
	"strings"
	"unsafe"
)

// The operations of aion_enter.
const (
	opStart    = 1
	opResume   = 2
	opMessage  = 3
	opCheck    = 4
	opQuery    = 5
	opValidate = 6
	opDescribe = 7
)

// enter is everything that the guest does. It returns when all of the code waits.
func enter(op int32, token int64, at, size int32) {
	offered := read(size)
	if guest.ctx == nil {
		begin()
	}
	switch op {
	case opStart:
		guest.traced = at == 1
		begun(offered)
	case opResume:
		admit()
		wake(token, at)
		settleAsking()
	case opMessage:
		message(token, offered)
	case opCheck:
		check()
	case opQuery, opValidate:
		question(op, offered)
	case opDescribe:
		warm()
		var r record
		for _, name := range registered() {
			r = r.text(1, name)
		}
		roomAnswer(0, pointer(r), int32(len(r)))
	}
}

// begin prepares the guest for its first entry: the author's main registers functions.
func begin() {
	ctx, know := context.WithCancel(context.Background())
	guest.ctx, guest.know = &scope{Context: ctx}, know
	go mainMain()
	settle()
}

// settleAsking is settle for an entry at which code may ask.
func settleAsking() {
	settle()
	guest.reads = "" // a condition that was asked for the first time may wait for something of the code's own
}

func begun(r record) {
	var name string
	var input []byte
	for f, rest, ok := r.next(); ok; f, rest, ok = rest.next() {
		switch f.number {
		case 1:
			name = string(f.value)
		case 3:
			input = f.value
		}
	}
	perform(0, func() (any, error) {
		fn := guest.functions[name]
		if fn.call == nil {
			return nil, fmt.Errorf("no function is registered as %q; those that are: %s", name, strings.Join(registered(), ", "))
		}
		return fn.call(guest.ctx, input)
	})
	settleAsking()
}

// perform lets a part of the code run that ends by itself, and tells the room what came of it.
func perform(token int64, f func() (any, error)) {
	run(func() {
		var o outcome
		defer func() { // also where the code ends its goroutine
			if o.err != nil {
				r := errorRecord(o.err, o.stack)
				roomDone(token, 1, pointer(r), int32(len(r)))
				return
			}
			roomDone(token, 0, pointer(o.result), int32(len(o.result)))
		}()
		o.of("result", f)
	})
}

// outcome is what came of a part of the code.
type outcome struct {
	result []byte // JSON
	err    error
	stack  []uintptr // where it panicked, if it did
}

// of calls f, and makes an error of a panic.
func (o *outcome) of(what string, f func() (any, error)) {
	returned := false
	defer func() {
		if !returned {
			o.err, o.stack = panicked(recover())
		}
	}()
	v, err := f()
	if err == nil {
		if o.result, err = encode(v); err != nil {
			err = fmt.Errorf("%s: %w", what, err)
		}
	}
	o.err, returned = err, true
}

// read takes what the room has on offer.
func read(size int32) []byte {
	if size == 0 {
		return nil
	}
	b := make([]byte, size)
	roomRead(pointer(b), size)
	return b
}

// pointer returns where the elements of a slice are, for the room.
func pointer[E any, S ~[]E](s S) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(s)) }
