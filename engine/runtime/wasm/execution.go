package wasm

import (
	"errors"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
)

// unitsPerStep is how many units of docs/GUEST.md one step of runtime.Limits has.
const unitsPerStep = 100

// unlimited is what recorded turns may compute: they stayed within the limits of their time.
const unlimited = 1 << 60

// To ask which memory is the run's own costs as much as a short turn. It is asked again after so
// many turns, and at once if the memory has grown, if the turn was long, or if more than unmeasured
// bytes might have become the run's own since: code may take memory in one turn and use it later.
const (
	measured   = 64
	unmeasured = 4 << 20
)

// execution is one run of a guest. It has an instance while its turn runs, and afterwards as long
// as others do not need the room.
type execution struct {
	program *program // kept from being collected
	guest   *guest
	entry   catalog.Member
	input   history.Payload
	host    runtime.Host // nil = there is no run
	limits  runtime.Limits

	mu     sync.Mutex // held while the instance is used, or taken away
	inst   *instance
	parked *parked // nil if it has an instance, or has not begun
	begun  bool
	apart  bool // there is no run: the guest is being prepared

	codes      map[int64]*runtime.Message // that have not ended, by token: nil for the entry function
	newest     int64                      // token
	waits      waits
	waiting    int      // ordinals of all waits
	conditions []uint64 // that may not be fulfilled
	full       *wait    // that the turn had no room to end
	signals    names
	updates    names
	queries    names
	validators names

	offer    []byte
	reading  bool // it answers a query or a validation, or describes itself
	answered *answered
	checking bool      // it evaluates conditions
	held     []uint64  // those that hold
	drawn    uint64    // state of the generator outside of a run
	printed  [2][]byte // to standard output and standard error, without an end of the line so far
	said     string    // what it printed as an error in this turn, rather what it ended with
	turns    uint64

	rejections []rejection // of promises that nobody handles so far; empty between entries

	memory atomic.Uint64 // bytes that it keeps, as of the turn that was measured last
	before int           // bytes of memory when the turn began

	result history.Payload
	end    *runtime.End
	halted error // why the guest was left
	crash  error // it is not usable any more

	yield  func(struct{}) bool // waits in the middle of a call for the next turn; false = there is none
	turned error               // what the last turn came to
	within bool                // a turn is under way, or was full in the middle of a call

	causeMu sync.Mutex
	cause   error // set by Interrupt

	traced bool
	told   string // where the code was when it asked for something last
	using  *instance
}

// answered is what a guest answered.
type answered struct {
	result []byte
	failed *history.RunError
}

// names is a set of names.
type names struct{ set map[string]struct{} }

func (n *names) add(name string) {
	if n.set == nil {
		n.set = make(map[string]struct{})
	}
	n.set[name] = struct{}{}
}

func (n *names) has(name string) bool { _, ok := n.set[name]; return ok }
func (n *names) size() int            { return len(n.set) }
func (n *names) sorted() []string     { return slices.Sorted(maps.Keys(n.set)) }

var errNotUsable = errors.New("the execution is not usable after an error")

// Resume implements runtime.Execution.
func (e *execution) Resume(bound bool) (*runtime.End, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.end != nil || e.crash != nil {
		return nil, errNotUsable
	}
	if err := e.take(); err != nil {
		return nil, e.fatal(err)
	}
	if err := e.use(e.inst); err != nil {
		return nil, e.fatal(err)
	}
	if bound {
		e.inst.allow(e.limits.Steps*unitsPerStep, e.limits.MemoryBytes)
	} else {
		e.inst.allow(unlimited, unlimited)
	}
	e.said, e.before = "", e.inst.size
	err := e.step()
	if err == nil {
		e.flush()
	}
	e.unuse()
	if err != nil {
		return nil, e.fatal(err)
	}
	if e.inst.spoilt {
		e.leave()
		return e.end, nil
	}
	if e.end == nil && (e.turns%measured == 0 || e.inst.size > e.before || e.inst.spent() > portion || uint64(e.inst.size) > e.memory.Load()+unmeasured) {
		e.memory.Store(uint64(len(e.inst.memory.changed(e.inst.size))) * blockOf)
	}
	e.turns++
	if !e.within {
		e.inst.rebind()
		e.guest.room.keep(e)
	}
	return e.end, nil
}

// step makes a turn, or goes on with one that was full in the middle of a call, on the coroutine of
// the instance.
func (e *execution) step() error {
	e.turned, e.within = nil, true
	if e.turns > 0 {
		e.inst.memory.touched()
	}
	e.inst.resume()
	return e.turned
}

// made makes a turn. A panic of the room itself is an error.
func (e *execution) made() {
	if e.turns == 0 { // most runs that are short have no other
		e.inst.watch()
	}
	defer func() {
		e.inst.unwatch()
		e.within = false
		if v := recover(); v != nil {
			e.turned = &runtime.Crash{Value: v, Stack: debug.Stack()}
		}
	}()
	e.turned = e.turn()
}

// take gets an instance, in the state in which the run left its last one.
func (e *execution) take() error {
	if e.inst != nil {
		return nil
	}
	i, err := e.guest.borrow()
	if err != nil {
		return &runtime.Crash{Value: err}
	}
	if e.parked != nil {
		i.restore(e.parked)
		e.parked = nil
	}
	i.run, e.inst = e, i
	return nil
}

// leave gives the instance back, in whatever state.
func (e *execution) leave() {
	e.guest.room.resident.Take(e)
	if e.inst != nil {
		e.guest.giveBack(e.inst)
		e.inst = nil
		e.memory.Store(0)
	}
}

// detach parks the run, unless its turn is under way.
func (e *execution) detach() {
	if !e.mu.TryLock() {
		return
	}
	defer e.mu.Unlock()
	if e.inst == nil || e.within || e.crash != nil {
		return
	}
	e.parked = e.inst.park()
	e.memory.Store(e.parked.costs())
	e.guest.giveBack(e.inst)
	e.inst = nil
}

// fatal makes the execution unusable.
func (e *execution) fatal(err error) error {
	e.crash = err
	if e.inst != nil {
		e.inst.spoilt = true
	}
	e.leave()
	return err
}

// use makes i the instance that Interrupt stops.
func (e *execution) use(i *instance) error {
	e.causeMu.Lock()
	defer e.causeMu.Unlock()
	e.using = i
	return e.cause
}

func (e *execution) unuse() {
	e.causeMu.Lock()
	defer e.causeMu.Unlock()
	e.using = nil
}

// Interrupt implements runtime.Execution.
func (e *execution) Interrupt(cause error) {
	e.causeMu.Lock()
	defer e.causeMu.Unlock()
	if e.cause == nil {
		e.cause = cause
	}
	if e.using != nil {
		e.using.cause.Store(&e.cause)
	}
}

// Memory implements runtime.Execution.
func (e *execution) Memory() uint64 { return e.memory.Load() }

// Spent implements runtime.Execution.
func (e *execution) Spent() (steps, bytes uint64) {
	if e.inst == nil {
		return 0, 0
	}
	return e.inst.spent() / unitsPerStep, uint64(e.inst.size - e.before)
}

// Queries implements runtime.Execution.
func (e *execution) Queries() []string { return e.queries.sorted() }

// Updates implements runtime.Execution.
func (e *execution) Updates() []string { return e.updates.sorted() }

// Close implements runtime.Execution.
func (e *execution) Close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.crash == nil {
		e.crash = errClosed
	}
	if e.within {
		e.inst.undo()
	}
	if e.inst != nil && e.halted != nil {
		e.inst.spoilt = true
	}
	e.leave()
	e.parked = nil
}
