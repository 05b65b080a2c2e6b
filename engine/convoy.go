package engine

import (
	"context"
	"errors"
	"slices"

	"aion.dev/aion/engine/desk"
	"aion.dev/aion/engine/replay"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// convoy is what goes into one entry together: a command, the turns that were made ahead of it, and
// the leases of polls that wait for what those turns schedule. The command does not depend on what
// follows it.
type convoy struct {
	d        *driver
	all      []fsm.Envelope // the command, then the turns, then the leases
	ahead    []*ahead
	bookings []*desk.Booking
}

func newConvoy(d *driver, first fsm.Envelope) *convoy {
	return &convoy{d: d, all: []fsm.Envelope{first}}
}

// add appends a turn that was made ahead of the command at a place in the convoy, and returns its
// own place.
func (c *convoy) add(a *ahead, cause int) (place int) {
	place = len(c.all)
	a.turn.Foreseen.Back = uint64(place - cause)
	c.all = append(c.all, fsm.Envelope{Command: a.turn})
	c.ahead = append(c.ahead, a)
	return place
}

// follow appends the turns of other runs to which a turn leads that is at a place in the convoy.
func (c *convoy) follow(at *rows.Run, step *replay.Step, place int) {
	for _, data := range step.Asked {
		if len(c.ahead) >= maxAhead {
			return
		}
		for _, a := range madeAhead(c.d.foreseeKin(at, data)) {
			c.add(a, place)
		}
	}
}

// book adds leases for the tasks that a turn in the convoy schedules, as far as polls wait for
// them. Call it after the last add.
func (c *convoy) book(step *replay.Step) {
	var queues []string // in the order of the turn
	tasks := make(map[string][]string)
	for _, data := range step.Asked {
		if s, ok := data.(*history.ActivityScheduled); ok {
			if tasks[s.Queue] == nil {
				queues = append(queues, s.Queue)
			}
			tasks[s.Queue] = append(tasks[s.Queue], s.Activity)
		}
	}
	if len(queues) == 0 || !c.d.together() {
		return
	}
	for _, q := range queues {
		for _, b := range c.d.desk.Book(q, tasks[q]) {
			c.bookings = append(c.bookings, b)
			c.all = append(c.all, b.Lease.(leaseOf)(b.Tasks))
		}
	}
}

// propose proposes the convoy, tells every turn and every poll what became of it, and returns the
// outcome of the command. What others wait for does not end with the caller: with company, ctx
// counts only until the term ends.
func (c *convoy) propose(ctx context.Context) (fsm.Result, error) {
	if len(c.all) == 1 {
		return c.d.e.cfg.Log.Propose(ctx, c.all[0])
	}
	results, err := c.d.e.cfg.Log.(Together).ProposeTogether(c.d.desk.Term(), c.all...)
	if err != nil {
		results = make([]fsm.Result, len(c.all))
	}
	for i, a := range c.ahead {
		a.settle(results[1+i], err)
	}
	for i, b := range c.bookings {
		b.Answer(leased{results[1+len(c.ahead)+i], err})
	}
	if errors.Is(err, ErrApart) {
		return c.d.e.cfg.Log.Propose(ctx, c.all[0])
	}
	return results[0], err
}

// nothingAhead is for commands whose turns are left to the visits.
func nothingAhead(*driver) []*ahead { return nil }

// proposeAhead is propose for a command whose caller waits for it, with the turns that it leads to:
// foresee makes them, one for each run.
func proposeAhead[A fsm.Answer](ctx context.Context, e *Engine, call Call, cmd fsm.Command, foresee func(*driver) []*ahead) (answer A, a Answered, err error) {
	if err := call.validate(); err != nil {
		return answer, a, err
	}
	d := e.driver.Load()
	if d == nil || !d.together() || !d.enter() {
		return propose[A](ctx, e, call, cmd)
	}
	defer d.leave()
	c := newConvoy(d, call.envelope(cmd))
	for _, a := range foresee(d) {
		place := c.add(a, 0)
		c.follow(&a.at, a.step, place)
	}
	for _, a := range slices.Clone(c.ahead) {
		c.book(a.step)
	}
	end := e.traceEntry(ctx, cmd)
	res, err := c.propose(ctx)
	end(res.Index, err)
	if err != nil {
		return answer, a, err
	}
	return outcome[A](call, res)
}
