package engine

import (
	"context"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"aion.dev/aion/engine/calendar"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// schedules fires schedules when they are due. The schedule's next time fences each proposal, so
// that no fire is lost or made twice, whichever node leads and however often an answer is lost:
// whatever the outcome of a proposal, the state says what is still due.
type schedules struct {
	e     *Engine
	next  atomic.Int64  // log time up to which it sleeps; the end of time while it is awake
	rouse chan struct{} // a schedule is due before that
}

const (
	maxFiring        = 32              // concurrent proposals
	fireCheckTimeout = 2 * time.Second // to fetch an input schema
)

func newSchedules(e *Engine) *schedules {
	return &schedules{e: e, rouse: make(chan struct{}, 1)}
}

// notice reports the first due time, as a reader of every index saw it.
func (f *schedules) notice(first history.Time) {
	if int64(first) < f.next.Load() {
		select {
		case f.rouse <- struct{}{}:
		default:
		}
	}
}

func (f *schedules) run(ctx context.Context) error {
	wait := backoff{first: 10 * time.Millisecond, most: time.Second}
	for {
		f.next.Store(math.MaxInt64) // awake: what is noticed from here on may be news to the read below
		now := f.e.now()
		until := now.Add(longestNap)
		var due []string
		f.e.cfg.Log.View(func(v fsm.View) {
			if first, ok := v.NextSchedule(); ok && first <= now {
				due = v.DueSchedules(now, fsm.MaxSchedules)
			} else if ok {
				until = min(until, first)
			}
		})
		if len(due) > 0 {
			if f.fire(ctx, due) {
				wait.reset()
			} else if err := wait.pause(ctx); err != nil {
				return err
			}
			continue
		}
		f.next.Store(int64(until))
		if err := f.e.nap(ctx, until, f.rouse); err != nil {
			return err
		}
	}
}

// fire advances each of the schedules once, several concurrently, so that none that is far behind
// delays the others. It reports whether any of them advanced.
func (f *schedules) fire(ctx context.Context, due []string) bool {
	var taken atomic.Int64
	var moved atomic.Bool
	var hands sync.WaitGroup
	for range min(len(due), maxFiring) {
		hands.Go(func() {
			for ctx.Err() == nil {
				i := int(taken.Add(1)) - 1
				if i >= len(due) {
					return
				}
				if f.fireOne(ctx, due[i]) {
					moved.Store(true)
				}
			}
		})
	}
	hands.Wait()
	return moved.Load()
}

// fireOne proposes the next fires of one schedule, and reports whether they were recorded.
func (f *schedules) fireOne(ctx context.Context, id string) bool {
	e := f.e
	var s rows.Schedule
	e.cfg.Log.View(func(v fsm.View) { s, _ = v.Schedule(id) })
	now := e.now()
	due := s.Next != 0 && s.DueAt(s.Next) <= now
	if !due && !s.Stuck() {
		return false
	}
	cmd := &fsm.FireSchedule{ID: id, Revision: s.Revision, Apart: true}
	if due {
		cal, err := calendar.Stored(&s)
		if err != nil { // its creator could parse it: this node is another build, or knows fewer zones
			e.log.Error("schedule does not fire: its definition cannot be read here", "schedule", id, "error", err)
			return false
		}
		cal.Plan(cmd, &s, now)
	}
	if len(cmd.Times) > 0 || s.Stuck() {
		check, cancel := context.WithTimeout(ctx, fireCheckTimeout)
		err := e.checkFires(check, &s, cmd)
		cancel()
		if err != nil {
			e.log.Warn("schedule not fired, will try again", "schedule", id, "error", err)
			return false
		}
	}
	res, err := e.cfg.Log.Propose(ctx, fsm.Envelope{Command: cmd})
	if err != nil || res.Refusal != nil {
		e.log.Debug("schedule not fired, will look again", "schedule", id, "error", err, "refusal", res.Refusal)
		return false
	}
	if answer, ok := res.Answer.(*fsm.ScheduleAnswer); ok {
		e.metrics.scheduled.Add(float64(len(answer.Started)))
		if answer.Schedule.Failed > s.Failed {
			e.log.Warn("a scheduled run could not start", "schedule", id, "reason", answer.Schedule.Failure.Error())
		}
	}
	return true
}
