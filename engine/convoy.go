package engine

import (
	"context"
	"errors"
	"time"

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
	began    time.Time
	work     uint64         // of the turns
	all      []fsm.Envelope // the command, then the turns, then the leases
	ahead    []*ahead
	bookings []*desk.Booking
}

func newConvoy(d *driver, first fsm.Envelope) *convoy {
	return &convoy{d: d, began: time.Now(), all: []fsm.Envelope{first}}
}

// maxAhead bounds the turns made ahead of one command.
const maxAhead = 256

// full reports whether no further turn is to be made. All of them must find room in one entry
// with the command, which may have 4 MiB of 8: a sixteenth of its work is at most 3 MiB of
// payloads. The caller waits, too: half of the time is for beginning turns, half for the last one.
func (c *convoy) full() bool {
	return len(c.ahead) >= maxAhead || c.work > fsm.EntryBudget/16 || time.Since(c.began) > c.d.e.limits.Foresight/2
}

// add appends a turn that was made ahead of the command at a place in the convoy, unless a is nil.
func (c *convoy) add(a *ahead, cause int) {
	if a == nil {
		return
	}
	a.turn.Foreseen.Back = uint64(len(c.all) - cause)
	c.work += fsm.Estimate(a.turn)
	c.all = append(c.all, fsm.Envelope{Command: a.turn})
	c.ahead = append(c.ahead, a)
}

// follow appends the turns of other runs to which a turn leads that is at a place in the convoy.
func (c *convoy) follow(at *rows.Run, step *replay.Step, place int) {
	for _, data := range step.Asked {
		if c.full() {
			return
		}
		c.add(c.d.foreseeKin(at, data), place)
	}
}

// book adds leases for the tasks that the turns in the convoy schedule, as far as polls wait for
// them: the given turns come first, then those that were made ahead. A poll gets its tasks from
// all of them at once. Call it once, after the last add.
func (c *convoy) book(steps ...*replay.Step) {
	for _, a := range c.ahead {
		steps = append(steps, a.step)
	}
	var queues []string // in the order of the turns
	tasks := make(map[string][]string)
	for _, step := range steps {
		for _, data := range step.Asked {
			if s, ok := data.(*history.ActivityScheduled); ok {
				if tasks[s.Queue] == nil {
					queues = append(queues, s.Queue)
				}
				tasks[s.Queue] = append(tasks[s.Queue], s.Activity)
			}
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
func nothingAhead(*convoy) {}

// proposeAhead is propose for a command whose caller waits for it, with the turns that it leads to:
// foresee adds them, one for each run.
func proposeAhead[A fsm.Answer](ctx context.Context, e *Engine, call Call, cmd fsm.Command, foresee func(*convoy)) (answer A, a Answered, err error) {
	if err := call.validate(); err != nil {
		return answer, a, err
	}
	d := e.driver.Load()
	if d == nil || !d.together() || !d.enter() {
		return propose[A](ctx, e, call, cmd)
	}
	defer d.leave()
	c := newConvoy(d, call.envelope(cmd))
	foresee(c)
	for i, a := range c.ahead { // without those that are added meanwhile
		c.follow(&a.at, a.step, 1+i)
	}
	c.book()
	end := e.traceEntry(ctx, cmd)
	res, err := c.propose(ctx)
	end(res.Index, err)
	if err != nil {
		return answer, a, err
	}
	return outcome[A](call, res)
}
