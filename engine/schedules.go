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

// schedules fires schedules when their time has come. What it proposes is fenced by the time that
// the schedule fires next, so that a fire is neither lost nor made twice, whoever leads and however
// often an answer is lost: whatever became of a proposal, the state says what is still due.
type schedules struct {
	e     *Engine
	next  atomic.Int64  // log time up to which it sleeps; the end of time while it is awake
	rouse chan struct{} // a schedule is to fire before that
}

const (
	fireHands = 32              // proposals under way at once
	fireCheck = 2 * time.Second // to get hold of an input schema
)

func newSchedules(e *Engine) *schedules {
	return &schedules{e: e, rouse: make(chan struct{}, 1)}
}

// notice tells of the first schedule to fire, as somebody who looks at every index saw it.
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
		f.next.Store(math.MaxInt64) // awake: whatever is noticed from here on may be news to the look below
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

// fire takes one step with each of the schedules, some at a time, so that none that is far behind
// holds up the others. It tells whether any step counted.
func (f *schedules) fire(ctx context.Context, due []string) bool {
	var taken atomic.Int64
	var moved atomic.Bool
	var hands sync.WaitGroup
	for range min(len(due), fireHands) {
		hands.Go(func() {
			for ctx.Err() == nil {
				i := int(taken.Add(1)) - 1
				if i >= len(due) {
					return
				}
				if f.step(ctx, due[i]) {
					moved.Store(true)
				}
			}
		})
	}
	hands.Wait()
	return moved.Load()
}

// step proposes what is next to be done about one schedule, and tells whether it was done.
func (f *schedules) step(ctx context.Context, id string) bool {
	e := f.e
	var s rows.Schedule
	e.cfg.Log.View(func(v fsm.View) { s, _ = v.Schedule(id) })
	now := e.now()
	due := s.Next != 0 && s.Next <= now
	if !due && !s.Stuck() {
		return false
	}
	cmd := &fsm.FireSchedule{ID: id, Revision: s.Revision, Apart: true}
	if due {
		cal, err := calendar.Stored(&s)
		if err != nil { // it was read when it was made: this node is another build, or knows fewer zones
			e.log.Error("schedule does not fire: its definition cannot be read here", "schedule", id, "error", err)
			return false
		}
		cal.Plan(cmd, &s, now)
	}
	if len(cmd.Times) > 0 || s.Stuck() {
		check, cancel := context.WithTimeout(ctx, fireCheck)
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
