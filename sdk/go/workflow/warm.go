package workflow

import (
	"reflect"
	"runtime"
)

// The room keeps the memory as it is after describe, and every run starts from that. So what the
// first run would have to build is built then: the tables by which encoding/json knows a type, and
// the free lists of Go's allocator. For an input of ten fields this is most of what a run without
// steps would compute.

// warm does what runs do, without a run.
func warm() {
	// The collector starts its goroutines at its first cycle, and lets others run meanwhile.
	runtime.GC()
	// Methods of the author's types may run, and must not ask for anything.
	guest.reads = "a package that describes itself"
	for _, name := range registered() {
		attempt(guest.functions[name].warm)
	}
	attempt(rehearse[any])
	attempt(rehearse[int])
	attempt(rehearse[string])
	guest.reads = ""

	var waits []*wait
	for range 2 {
		run(func() {
			grow(0)
			w := openWait()
			waits = append(waits, w)
			w.park(guest.ctx, guest.ctx, nil)
			guest.free = append(guest.free, w)
		})
	}
	settle()
	for _, w := range waits {
		wake(w.token, 0)
	}
	settle()
	stock()
}

// stocked are the sizes up to which the allocator is stocked, in bytes.
const stocked = 256

var sink any // what the compiler cannot know to be unused

// stock lets the allocator take a span for each size of small values, with and without pointers: to
// take one costs a run as much as it computes for a step.
func stock() {
	for size := 8; size <= stocked; size += 8 {
		sink = make([]byte, size)
		sink = make([]*byte, size/8)
	}
	sink = nil
}

// attempt calls f where a failure of it does not matter.
func attempt(f func()) {
	run(func() {
		defer func() { _ = recover() }()
		f()
	})
	settle()
}

// rehearse writes and reads values of a type.
func rehearse[T any]() {
	var v T
	b, err := encode(v)
	if err == nil {
		_ = decode(b, new(T))
	}
	if t := reflect.TypeFor[T](); t.Kind() == reflect.Struct || t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Struct {
		_ = decode([]byte("{}"), new(T))
	}
}
