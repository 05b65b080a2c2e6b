package engine

import (
	"context"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"aion.dev/aion/engine/history"
	"aion.dev/aion/fsm"
)

// schedules fires schedules when their time has come. What it proposes is fenced by the time that the schedule fires next, so that a fire is neither lost nor made
// twice, whoever leads and however often an answer is lost: whatever became of a proposal, the state says what is still due.
type schedules struct {
	e     *Engine
	next  atomic.Int64  // log time up to which it sleeps; the end of time while it is awake
	rouse chan struct{} // a schedule is to fire before that
}

const (
	onTime     = 10 * time.Second // a fire that is not later is no business of CatchUp
	maxCaught  = 100_000          // times that CatchUpAll goes back, in the smallest gaps that there are
	maxPlanned = 10_000           // times looked at for one proposal
	fireHands  = 32               // proposals under way at once
	fireCheck  = 2 * time.Second  // to get hold of an input schema
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

// fire takes one step with each of the schedules, some at a time, so that none that is far behind holds up the others. It tells whether any step counted.
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
	var s fsm.Schedule
	e.cfg.Log.View(func(v fsm.View) { s, _ = v.Schedule(id) })
	now := e.now()
	due := s.Next != 0 && s.Next <= now
	if !due && !s.Stuck() {
		return false
	}
	cmd := &fsm.FireSchedule{ID: id, Revision: s.Revision}
	if due {
		calendar, err := storedCalendar(&s)
		if err != nil { // it was read when it was made: this node is another build, or knows fewer zones
			e.log.Error("schedule does not fire: its definition cannot be read here", "schedule", id, "error", err)
			return false
		}
		planFires(cmd, &s, calendar, now)
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

// planFires says in cmd what is to be done about the times of s from its next one up to now: which to fire for, how many to leave out, and when to look again.
// Fires that are late are what CatchUp is about. Where there are more than one command takes, cmd ends at a time that has come, too.
func planFires(cmd *fsm.FireSchedule, s *fsm.Schedule, calendar *calendar, now history.Time) {
	late := func(at history.Time) bool { return now.Sub(at) >= onTime }
	oldest := now // before it CatchUpAll does not go back
	if back := int64(calendar.gap()); back < math.MaxInt64/maxCaught {
		oldest -= min(history.Time(back*maxCaught), now)
	} else {
		oldest = 0
	}
	most := s.FiresAtOnce()
	at := s.Next
	cmd.Due = at
	for n := 0; at != 0 && at <= now && n < maxPlanned && len(cmd.Times) < most; n++ {
		next := calendar.next(at)
		switch {
		case s.CatchUp == fsm.CatchUpOne && late(at) && next != 0 && next <= now && late(next): // the latest of those that are late stands for all of them
			cmd.Missed++
		case s.CatchUp == fsm.CatchUpNone && late(at), s.CatchUp != fsm.CatchUpOne && at < oldest:
			cmd.Missed++
		default:
			cmd.Times = append(cmd.Times, at)
		}
		at = next
	}
	cmd.Next = at
}
