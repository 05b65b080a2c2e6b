package workflow

import (
	"errors"
	"slices"
)

// condition is what Until waits for. Only the state of the code decides it, so it is asked whenever
// something has happened to the run.
type condition struct {
	holds func() bool
	id    uint64
	over  bool
	err   error // what holds has failed with
}

// Until waits until holds() is true, and returns true; false if the time of a Timeout has run out.
// It is asked whenever something has happened to the run, and may only read.
func Until(ctx Context, holds func() bool, options ...WaitOption) (bool, error) {
	ask()
	c := &condition{holds: holds}
	guest.reads = "a condition"
	now := c.evaluate()
	if guest.reads = ""; now || c.err != nil {
		return now, c.err
	}
	var r record
	for _, o := range options {
		r = o.wait(r)
	}
	if len(options) > 1 {
		r = r.sorted()
	}
	c.id = start(ctx, kindCondition, r)
	guest.conditions = append(guest.conditions, c)
	f := future{id: c.id, kind: "condition"}
	await(ctx, waitOne, []uint64{c.id})
	guest.conditions = slices.DeleteFunc(guest.conditions, func(other *condition) bool { return other == c })
	if c.err != nil {
		return false, c.err
	}
	f.take(new(None))
	if errors.Is(f.err, ErrTimeout) {
		return false, nil
	}
	return f.err == nil, f.err
}

// evaluate asks the condition. A panic is its error.
func (c *condition) evaluate() (holds bool) {
	var o outcome
	o.of("condition", func() (any, error) {
		holds = c.holds()
		return nil, nil
	})
	if o.err != nil {
		c.fail(o.err, o.stack)
	}
	return holds
}

// fail makes err what Until returns.
func (c *condition) fail(err error, stack []uintptr) {
	e := errorOf(errorRecord(err, stack))
	c.err = e
}

// check evaluates the conditions that are not fulfilled, and tells the room those that hold.
func check() {
	open := slices.Clone(guest.conditions)
	for next := 0; next < len(open); {
		asked := next
		ended := look("a condition", func() {
			for asked = next; asked < len(open); asked++ {
				c := open[asked]
				if c.over = c.over || roomState(int64(c.id))>>32 != statePending; c.over {
					continue
				}
				if c.over = c.evaluate() || c.err != nil; c.over {
					roomHolds(int64(c.id))
				}
			}
		})
		if !ended && asked < len(open) {
			c := open[asked]
			c.fail(errors.New("a condition only reads: it waits for something"), nil)
			c.over = true
			roomHolds(int64(c.id))
		}
		next = asked + 1
	}
}
