package starlark

import (
	"errors"
	"sync/atomic"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
	"go.starlark.net/starlark"
)

// account is what a run's code keeps and builds, on all its threads.
type account struct {
	limit  uint64                 // of steps
	bound  bool                   // limits apply
	last   uint64                 // the first step beyond the limit
	used   uint64                 // bytes kept and built
	since  uint64                 // bytes built since used was last measured
	held   uint64                 // value of used when the turn began
	shrunk map[starlark.Value]int // containers that were once longer, and the elements they have room for
	chains map[starlark.Value]*chains
	passed *history.RunError // the limit that was exceeded
}

// meter accounts for what one thread of code computes and builds. The interpreter counts steps but
// not memory, and one step may process everything that code has built. So operations that can be
// long or large are rewritten or replaced, so that they go through here first.
//
// The memory account is not the Go heap: it adds up what code builds (see cost.go), and only
// measure.go reduces it, at a wait. Hence it depends on code and history alone. It is never less
// than half of what the heap holds for the code.
type meter struct {
	thread  *starlark.Thread
	exec    *execution   // nil while a top level or a script runs
	abi     int          // of the code
	onPrint func(string) // receives what a script prints; nil drops it
	limits  runtime.Limits
	*account
	reads   bool                  // the thread only reads: it answers a query, or asks a condition
	root    starlark.Value        // what it calls, if that is no handler of a query
	found   map[any]bool          // what such a thread may not change; nil = not determined yet
	stopped atomic.Pointer[error] // why the thread was interrupted
}

// meterKey is the key of the meter among a thread's locals.
const meterKey = "aion"

func newMeter(name string, e *execution, limits runtime.Limits) *meter {
	m := &meter{exec: e, abi: catalog.ABI, limits: limits, account: &account{limit: limits.Steps, bound: true}}
	if e != nil {
		m.abi = e.program.abi
	}
	m.thread = &starlark.Thread{Name: name}
	m.thread.SetLocal(meterKey, m)
	m.thread.OnMaxSteps = func(t *starlark.Thread) {
		if t.Steps >= m.last {
			m.passSteps()
			t.Cancel("steps")
			return
		}
		if m.exec != nil {
			m.exec.host.Yield()
		}
		m.openSlice()
	}
	return m
}

func meterOf(t *starlark.Thread) *meter { return t.Local(meterKey).(*meter) }

// open starts a turn.
func (a *account) open(bound bool) {
	a.bound = bound
	a.held = a.used
	a.last = ^uint64(0)
	if bound {
		a.last = a.limit + 1 // the interpreter stops when it reaches this number
	}
}

// begin starts a turn, or what is limited like one, on a thread that is the only one.
func (m *meter) begin(bound bool) {
	m.open(bound)
	m.resume(0)
}

// resume lets the thread go on counting the steps of a turn that has made spent of them.
func (m *meter) resume(spent uint64) {
	m.thread.Steps = spent
	m.openSlice()
}

// sliceSteps is how many steps code computes before it yields to others.
const sliceSteps = 1_000_000

// openSlice makes the interpreter pause after sliceSteps steps.
func (m *meter) openSlice() {
	m.thread.SetMaxExecutionSteps(min(m.last, m.thread.Steps+sliceSteps))
}

// steps charges for work that takes as long as n steps.
func (m *meter) steps(n int) error {
	if n <= 0 {
		return nil
	}
	m.thread.Steps += uint64(n)
	if m.bound && m.thread.Steps > m.limits.Steps {
		return m.passSteps()
	}
	if cause := m.stopped.Load(); cause != nil {
		return *cause
	}
	return nil
}

func (m *meter) passSteps() error {
	if m.passed == nil {
		m.passed = runtime.Exceeded("the turn makes more than %d steps", m.limits.Steps)
	}
	return m.passed
}

// grow charges for n bytes that code is about to build.
func (m *meter) grow(n uint64) error {
	m.used += n
	m.since += n
	if m.bound && m.used > m.limits.MemoryBytes {
		if m.passed == nil {
			m.passed = runtime.Exceeded("the code keeps and builds more than %d bytes", m.limits.MemoryBytes)
		}
		return m.passed
	}
	return nil
}

// growBy charges for count things of size bytes each. count may be absurdly large; a negative count
// means unknown, and is treated as 0.
func (m *meter) growBy(count, size int) error {
	const absurd = 1 << 40
	if count > absurd {
		count = absurd
	}
	return m.grow(uint64(max(count, 0)) * uint64(size))
}

// interrupt makes the thread stop soon, with cause. It may be called from any goroutine.
func (m *meter) interrupt(cause error) {
	if cause == nil {
		cause = errors.New("interrupted")
	}
	m.stopped.CompareAndSwap(nil, &cause)
	m.thread.Cancel("interrupted")
}
