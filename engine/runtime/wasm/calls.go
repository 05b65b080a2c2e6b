package wasm

import (
	"encoding/binary"
	"errors"
	"fmt"

	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/wasm/meter"
	"aion.dev/aion/fsm/history"
)

// stopped is the panic by which a call leaves the guest.
type stopped struct{ cause error }

func (s stopped) Error() string { return s.cause.Error() }

var (
	errEnded  = errors.New("the code has ended")
	errClosed = errors.New("the execution is closed")
)

// stop leaves the guest for good.
func (e *execution) stop(cause error) {
	if e.halted == nil {
		e.halted = cause
	}
	panic(stopped{cause})
}

// broke is the failure of a guest that does not keep to its contract.
func (e *execution) broke(format string, args ...any) error {
	return &history.RunError{Kind: history.KindFailed, Message: "the guest broke its contract: " + fmt.Sprintf(format, args...)}
}

// bytes returns a copy of the bytes that two parameters describe.
func (c *call) bytes(ptr, size int) []byte {
	if c.script {
		return c.said
	}
	b, ok := c.memory.Read(uint32(c.stack[ptr]), uint32(c.stack[size]))
	if !ok {
		c.stop(c.broke("%d bytes at %d are not in its memory", uint32(c.stack[size]), uint32(c.stack[ptr])))
	}
	c.inst.spend(len(b) / bytesPerUnit)
	return bytesOf(b)
}

// record returns the record that two parameters describe.
func (c *call) record(ptr, size int) *reading { return &reading{rest: c.bytes(ptr, size)} }

// ended leaves the guest if a record had a mistake.
func (c *call) ended(what string, r *reading) {
	if err := r.end(); err != nil {
		c.stop(c.broke("%s: %s", what, err))
	}
}

// offered puts bytes on offer, and returns how many they are.
func (c *call) offered(b []byte) uint64 {
	c.offer = b
	return uint64(len(b))
}

// ask calls the host for something that changes the run. As long as the turn is full it waits for
// the next one, in the middle of the guest, and asks again.
func (c *call) ask(do func() error) {
	if c.checking {
		c.stop(runtime.ErrReadOnly)
	}
	for {
		err := do()
		switch {
		case err == nil:
			return
		case err != runtime.ErrLater:
			c.stop(err)
		}
		c.inst.unwatch() // another thread may go on
		if !c.yield(struct{}{}) {
			c.stop(errClosed)
		}
	}
}

// meter gives fuel, or says which limit the code met.
func (c *call) meter() {
	i := c.inst
	switch c.stack[0] {
	case meter.NoMemory:
		c.stop(runtime.Exceeded("the code keeps more than %d bytes", i.allowed))
	case meter.TooDeep:
		c.stop(tooDeep())
	}
	if err := i.interrupted(); err != nil {
		c.stop(err)
	}
	if i.refuel(); int64(i.fuel.Get()) < 0 {
		c.stop(runtime.Exceeded("the turn makes more than %d steps", c.limits.Steps))
	}
	if c.host != nil {
		c.host.Yield()
	}
}

func (c *call) read() {
	ptr, size := uint32(c.stack[0]), uint32(c.stack[1])
	if int(size) != len(c.offer) {
		c.stop(c.broke("it reads %d bytes, and %d are on offer", size, len(c.offer)))
	}
	if !c.memory.Write(ptr, c.offer) {
		c.stop(c.broke("%d bytes at %d are not in its memory", size, ptr))
	}
	c.inst.spend(len(c.offer) / bytesPerUnit)
}

// time is that of the turn, or the first second outside of one.
func (c *call) time() history.Time {
	if c.host == nil {
		return 1e9
	}
	return c.host.Now()
}

func (c *call) random() { c.stack[0] = c.draw() }

// draw takes 64 bits from the generator of the run, or from that of all guests outside of one.
func (c *call) draw() (n uint64) {
	if c.host == nil {
		c.drawn += 0x9e3779b97f4a7c15 // SplitMix64
		z := c.drawn
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		return z ^ z>>31
	}
	if c.checking {
		c.stop(runtime.ErrReadOnly)
	}
	n, err := c.host.Random()
	if err != nil {
		c.stop(err)
	}
	return n
}

func (c *call) info() {
	i := c.host.Info()
	r := record(nil).text(1, i.WorkflowID).text(2, i.RunID).text(3, i.WorkflowType).text(4, i.Version).number(5, int64(i.Attempt))
	if i.Parent != nil {
		r = r.text(6, i.Parent.WorkflowID).text(7, i.Parent.RunID)
	}
	if i.Root != nil {
		r = r.text(8, i.Root.WorkflowID).text(9, i.Root.RunID)
	}
	r = r.number(10, int64(i.Events)).number(11, int64(i.Bytes))
	if i.Suggested {
		r = r.number(12, 1)
	}
	c.stack[0] = c.offered(r.text(13, i.Schedule).number(14, int64(i.FireTime)))
}

func (c *call) cancelled() {
	asked := c.host.CancelRequested()
	if c.stack[0] == 1 {
		c.ask(func() (err error) { asked, err = c.host.Cancelled(); return err })
	}
	c.stack[0] = 0
	if asked {
		c.stack[0] = 1
	}
}

// States of futures.
const (
	pending = iota
	succeeded
	failed
	late
)

func (c *call) state() {
	f := c.host.Future(c.stack[0])
	state, size := uint64(pending), uint64(0)
	switch {
	case !f.Done:
	case f.Error == nil:
		state, size = succeeded, c.offered(f.Result)
	case f.Late:
		state, size = late, c.offered(errorRecord(f.Error, c.stack[0]))
	default:
		state, size = failed, c.offered(errorRecord(f.Error, c.stack[0]))
	}
	c.stack[0] = state<<32 | size
}

func (c *call) wait() {
	w := &wait{token: int64(c.stack[0]), mode: runtime.Mode(c.stack[1])}
	count := uint32(c.stack[3])
	if c.stack[1] > idle || count > maxWaited || c.checking {
		c.stop(c.broke("it waits with mode %d for %d futures, or in a condition", c.stack[1], count))
	}
	c.stack[3] = uint64(count) * 8
	for ids := c.bytes(2, 3); len(ids) > 0; ids = ids[8:] {
		w.ids = append(w.ids, binary.LittleEndian.Uint64(ids))
	}
	c.stack[0] = uint64(uint32(c.await(w)))
}

func (c *call) holds() {
	if !c.checking {
		c.stop(c.broke("holds is called outside of check"))
	}
	c.held = append(c.held, c.stack[0])
}

func (c *call) handle() {
	kind, name := c.stack[0], string(c.bytes(1, 2))
	switch kind {
	case 1:
		c.ask(func() error { return c.host.Handle(runtime.Signal, name) })
		c.signals.add(name)
	case 2:
		c.ask(func() error { return c.host.Handle(runtime.Update, name) })
		c.updates.add(name)
	case 3, 4:
		if len(name) > maxName {
			c.stop(c.broke("handle has a name of %d bytes; the limit is %d", len(name), maxName))
		}
		if c.checking {
			c.stop(runtime.ErrReadOnly)
		}
		if kind == 3 {
			c.queries.add(name)
		} else {
			c.validators.add(name)
		}
	default:
		c.stop(c.broke("handle has kind %d", kind))
	}
	if c.queries.size()+c.validators.size() > maxHandled {
		c.stop(runtime.Exceeded("the code answers more than %d queries", maxHandled))
	}
}

// Bounds of the names of queries and validations.
const (
	maxHandled = 10_000
	maxName    = 800 // bytes of one
)

func (c *call) answer() {
	a := &answered{}
	if c.stack[0] != 0 {
		a.failed = c.failure(1, 2)
	} else {
		a.result = c.bytes(1, 2)
	}
	if !c.reading || c.answered != nil {
		c.stop(c.broke("nobody waits for an answer"))
	}
	c.answered = a
}

func (c *call) tell() {
	r := c.record(1, 2)
	switch c.stack[0] {
	case 1:
		id, name, payload := r.text(1), r.text(2), r.payload(3)
		c.ended("tell", r)
		c.ask(func() error { return c.host.SignalWorkflow(id, name, payload) })
	case 2:
		set := c.attributes("tell", r, 1, 2)
		c.ended("tell", r)
		c.ask(func() error { return c.host.SetAttributes(set) })
	case 3:
		id, reason := r.text(1), r.text(2)
		c.ended("tell", r)
		c.ask(func() error { return c.host.CancelWorkflow(id, reason) })
	default:
		c.stop(c.broke("tell has kind %d", c.stack[0]))
	}
}

// attributes reads two lists, of names and of values.
func (c *call) attributes(what string, r *reading, names, values byte) history.Attributes {
	keys, list := r.list(names), r.list(values)
	if len(keys) != len(list) {
		c.stop(c.broke("%s: there are %d names of attributes and %d values", what, len(keys), len(list)))
	}
	if len(keys) == 0 {
		return nil
	}
	set := make(history.Attributes, len(keys))
	for i, key := range keys {
		set[string(key)] = r.checked(values, list[i])
	}
	return set
}

func (c *call) goOn() {
	input := c.payload("continue", 1, 2)
	same := c.stack[0] == 1
	c.ask(func() error { return c.host.ContinueAsNew(input, input, same) })
	c.stop(errEnded)
}

// payload reads a value that is no record.
func (c *call) payload(what string, ptr, size int) history.Payload {
	p := history.Payload(c.bytes(ptr, size))
	if !p.Valid() {
		c.stop(c.broke("%s: the value is no JSON", what))
	}
	return p
}
