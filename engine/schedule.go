package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"aion.dev/aion/engine/calendar"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/clip"
	"aion.dev/aion/internal/namespace"
)

// nextTimes is how many of its next times a schedule is shown with.
const nextTimes = 5

// PutSchedule creates a schedule, or changes one if replace is true. It uses the definition, Paused
// and Reason of s; a schedule that is replaced without Paused is resumed. If the type is routed,
// the input is checked against the schema of the routed version.
func (e *Engine) PutSchedule(ctx context.Context, c Call, s rows.Schedule, replace bool) (*fsm.ScheduleAnswer, Answered, error) {
	s, cal, err := e.checkSchedule(s)
	if err != nil {
		return nil, Answered{}, err
	}
	if err := e.knowsSchedule(&s); err != nil {
		return nil, Answered{}, err
	}
	cmd := &fsm.PutSchedule{Schedule: s, Replace: replace, Apart: true}
	if refusal := e.checkScheduled(ctx, &s, cal); refusal != nil {
		// Before refusing, read everything that was acknowledged: the route may have changed, or
		// this may be a repeated request.
		if err := e.cfg.Log.Sync(ctx); err != nil {
			return nil, Answered{}, err
		}
		if res, ok, err := e.firstOutcome(c); err != nil {
			return nil, Answered{}, err
		} else if ok {
			return outcome[*fsm.ScheduleAnswer](c, res)
		}
		if refusal = e.checkScheduled(ctx, &s, cal); refusal != nil {
			return nil, Answered{}, refusal
		}
	}
	for range rechecks {
		if !s.Paused {
			cmd.Schedule.Next = cal.Next(e.now())
		}
		answer, a, err := propose[*fsm.ScheduleAnswer](ctx, e, c, cmd)
		var recheck *fsm.Recheck
		if errors.As(err, &recheck) {
			continue
		}
		if err == nil { // remembered answers omit what may be large
			answer.Schedule.Input, answer.Schedule.Attributes = s.Input, s.Attributes
		}
		return answer, a, err
	}
	return nil, Answered{}, &Unavailable{Why: fmt.Sprintf("schedule %q fired %d times while it was being replaced", s.ID, rechecks)}
}

// checkSchedule validates a caller's definition and fills in defaults. It needs no state.
func (e *Engine) checkSchedule(s rows.Schedule) (d rows.Schedule, cal *calendar.Calendar, err error) {
	if err := checkScheduleID(s.ID); err != nil {
		return d, nil, err
	}
	if err := checkType("type", s.Type); err != nil {
		return d, nil, err
	}
	s.Fills = rows.HasPlaces(s.Input)
	if err := e.checkPayload("input", s.LongestFilled(s.Input)); err != nil {
		return d, nil, err
	}
	if err := checkAttributeNames(s.Attributes); err != nil {
		return d, nil, err
	}
	if s.Attributes, err = checkAttributes(s.Attributes); err != nil {
		return d, nil, err
	}
	if err := checkText("reason", s.Reason, MaxMessage); err != nil {
		return d, nil, err
	}
	if err := checkOverlap(&s.Overlap); err != nil {
		return d, nil, err
	}
	if s.CatchUp > rows.CatchUpAll {
		return d, nil, invalid("catch_up", "is %d; want one, none or all", s.CatchUp)
	}
	if cal, err = calendar.Parse(&s); err != nil {
		return d, nil, err
	}
	if err := checkEnds(&s); err != nil {
		return d, nil, err
	}
	return rows.Schedule{
		ID: s.ID, Type: s.Type, Input: s.Input, Attributes: s.Attributes, Every: s.Every, Cron: s.Cron, Timezone: s.Timezone, Overlap: s.Overlap, CatchUp: s.CatchUp,
		Also: s.Also, Fills: s.Fills, EndsAt: s.EndsAt, Fires: s.Fires, Jitter: s.Jitter, PauseOnFailure: s.PauseOnFailure, Paused: s.Paused, Reason: s.Reason,
	}, cal, nil
}

// MaxJitter is how late a fire may be meant to come.
const MaxJitter = 24 * time.Hour

// checkEnds checks what bounds and spreads the fires of a schedule.
func checkEnds(s *rows.Schedule) error {
	switch {
	case s.EndsAt < 0:
		return invalid("ends_at", "is before 1970")
	case s.Jitter < 0 || s.Jitter.Std() > MaxJitter:
		return invalid("jitter", "is %s; 0s to %s are allowed", s.Jitter, MaxJitter)
	}
	for _, t := range s.Timings() {
		if t.Every != 0 && s.Jitter > t.Every {
			return invalid("jitter", "is %s, longer than every, which is %s: fires would wait for each other", s.Jitter, t.Every)
		}
	}
	return nil
}

// knowsSchedule refuses, as unavailable, a definition that nodes of the cluster do not know yet.
func (e *Engine) knowsSchedule(s *rows.Schedule) error {
	return e.atLevel(s.Level())
}

// fires refuses a schedule that would never fire.
func fires(s *rows.Schedule, cal *calendar.Calendar, now history.Time) error {
	switch {
	case cal.Next(now) != 0:
		return nil
	case s.EndsAt != 0:
		return invalid("ends_at", "is %s, and no time of the schedule lies between now and then", s.EndsAt)
	}
	return invalid("cron", "is %q, which no time matches", clip.Short(s.Cron))
}

// checkScheduled rejects a schedule that could not fire in the current state.
func (e *Engine) checkScheduled(ctx context.Context, s *rows.Schedule, cal *calendar.Calendar) error {
	if err := fires(s, cal, e.now()); err != nil {
		return err
	}
	_, violation, err := e.checkInput(ctx, &fsm.StartRun{Type: s.Type, Input: s.Filled(s.Input, cal.Next(e.now()))})
	if err == nil {
		err = violation
	}
	return err
}

func checkScheduleID(id string) error {
	id = namespace.Bare(id)
	if err := history.CheckWorkflowID(id); err != nil {
		return invalid("schedule_id", "%v", err)
	}
	if len(id) > fsm.MaxScheduleID {
		return invalid("schedule_id", "has %d characters, the limit is %d", len(id), fsm.MaxScheduleID)
	}
	return nil
}

func checkOverlap(o *rows.Overlap) error {
	if o != nil && *o > rows.OverlapTerminatePrevious {
		return invalid("overlap", "is %d; want skip, buffer_one, buffer_all, cancel_previous, terminate_previous or allow_all", *o)
	}
	return nil
}

// knowsOverlap is checkOverlap for a policy in place of the schedule's.
func (e *Engine) knowsOverlap(o *rows.Overlap) error {
	if err := checkOverlap(o); err != nil || o == nil {
		return err
	}
	return e.atLevel((&rows.Schedule{Overlap: *o}).Level())
}

// DeleteSchedule removes a schedule; its runs go on. The answer shows the schedule as it was.
func (e *Engine) DeleteSchedule(ctx context.Context, c Call, id string) (*fsm.ScheduleAnswer, Answered, error) {
	if err := checkScheduleID(id); err != nil {
		return nil, Answered{}, err
	}
	return propose[*fsm.ScheduleAnswer](ctx, e, c, &fsm.DeleteSchedule{ID: id})
}

// PauseSchedule stops a schedule from firing, and drops a buffered fire.
func (e *Engine) PauseSchedule(ctx context.Context, c Call, id, reason string) (*fsm.ScheduleAnswer, Answered, error) {
	if err := checkScheduleID(id); err != nil {
		return nil, Answered{}, err
	}
	if err := checkText("reason", reason, MaxMessage); err != nil {
		return nil, Answered{}, err
	}
	return propose[*fsm.ScheduleAnswer](ctx, e, c, &fsm.PauseSchedule{ID: id, Reason: reason})
}

// ResumeSchedule lets a schedule fire again, from its next time on. Times that passed meanwhile are
// not made up for.
func (e *Engine) ResumeSchedule(ctx context.Context, c Call, id string) (*fsm.ScheduleAnswer, Answered, error) {
	return e.onSchedule(ctx, c, id, func(s *rows.Schedule, cal *calendar.Calendar) (fsm.Command, error) {
		return &fsm.ResumeSchedule{ID: id, Next: cal.Next(e.now()), Revision: s.Revision}, nil
	})
}

// TriggerSchedule fires a schedule now, even if it is paused. A nil overlap means the schedule's
// own policy. The fire counts whatever its outcome; the answer names the run that it started.
func (e *Engine) TriggerSchedule(ctx context.Context, c Call, id string, overlap *rows.Overlap) (*fsm.ScheduleAnswer, Answered, error) {
	if err := e.knowsOverlap(overlap); err != nil {
		return nil, Answered{}, err
	}
	return e.onSchedule(ctx, c, id, func(s *rows.Schedule, _ *calendar.Calendar) (fsm.Command, error) {
		cmd := &fsm.FireSchedule{ID: id, Revision: s.Revision, Times: []history.Time{e.now()}, Overlap: overlap, Apart: true}
		return cmd, e.checkFires(ctx, s, cmd)
	})
}

// BackfillSchedule fires a schedule for all its past times in [from, to), even if it is paused: at
// most fsm.MaxFires, fewer if the input is large. A nil overlap is rows.OverlapAllowAll.
func (e *Engine) BackfillSchedule(ctx context.Context, c Call, id string, from, to time.Time, overlap *rows.Overlap) (*fsm.ScheduleAnswer, Answered, error) {
	if err := e.knowsOverlap(overlap); err != nil {
		return nil, Answered{}, err
	}
	if from.Before(firstTime) {
		return nil, Answered{}, invalid("from", "is %s; the first time is %s", from.Format(time.RFC3339), firstTime.Format(time.RFC3339))
	}
	if !to.After(from) || to.After(calendar.EndOfTime) {
		return nil, Answered{}, invalid("to", "is %s; it must be after from, which is %s", to.Format(time.RFC3339), from.Format(time.RFC3339))
	}
	if overlap == nil {
		all := rows.OverlapAllowAll
		overlap = &all
	}
	return e.onSchedule(ctx, c, id, func(s *rows.Schedule, cal *calendar.Calendar) (fsm.Command, error) {
		most := fsm.FiresAtOnce(s)
		end := history.At(to)
		times := cal.Between(history.At(from), min(end, e.now()+1), most+1)
		if len(times) > most {
			return nil, invalid("to", "is %s, but the schedule fires %d times before %s, which is all that one call can make up for; go on from there",
				to.Format(time.RFC3339), most, times[most])
		}
		cmd := &fsm.FireSchedule{ID: id, Revision: s.Revision, Times: times, Overlap: overlap, Apart: true}
		return cmd, e.checkFires(ctx, s, cmd)
	})
}

// firstTime is the earliest time that a schedule can fire for.
var firstTime = time.Unix(1, 0).UTC()

// onSchedule proposes the command that make returns for the schedule's current state, and repeats
// this if the schedule has changed meanwhile.
func (e *Engine) onSchedule(ctx context.Context, c Call, id string, make func(*rows.Schedule, *calendar.Calendar) (fsm.Command, error)) (*fsm.ScheduleAnswer, Answered, error) {
	if err := checkScheduleID(id); err != nil {
		return nil, Answered{}, err
	}
	for range rechecks {
		// A repeated request gets its first answer, whatever has become of the schedule.
		if res, ok, err := e.firstOutcome(c); err != nil {
			return nil, Answered{}, err
		} else if ok {
			return outcome[*fsm.ScheduleAnswer](c, res)
		}
		var s rows.Schedule
		e.cfg.Log.View(func(v fsm.View) { s, _ = v.Schedule(id) })
		var cmd fsm.Command = &fsm.FireSchedule{ID: id} // if this node does not know the schedule, the state machine refuses
		if s.ID != "" {
			cal, err := calendar.Stored(&s)
			if err != nil {
				return nil, Answered{}, err
			}
			if cmd, err = make(&s, cal); err != nil {
				return nil, Answered{}, err
			}
		}
		answer, a, err := propose[*fsm.ScheduleAnswer](ctx, e, c, cmd)
		var recheck *fsm.Recheck
		if !errors.As(err, &recheck) {
			return answer, a, err
		}
	}
	return nil, Answered{}, &Unavailable{Why: fmt.Sprintf("schedule %q, or the route of its type, was changed %d times while this was under way", id, rechecks)}
}

// checkFires records in cmd which schema the input of s was checked against, whether it violates
// it, and what cmd will cost. An input with places for the time is checked with one of the times.
func (e *Engine) checkFires(ctx context.Context, s *rows.Schedule, cmd *fsm.FireSchedule) error {
	at := s.Next
	if len(cmd.Times) > 0 {
		at = cmd.Times[0]
	} else if len(s.Buffered) > 0 {
		at = s.Buffered[0].At
	}
	to, violation, err := e.checkInput(ctx, &fsm.StartRun{Type: s.Type, Input: s.Filled(s.Input, at)})
	if err != nil {
		return err
	}
	cmd.CheckedSchema = to.schema()
	if violation != nil {
		cmd.Problem = clip.To(fsm.Bare(namespace.Of(s.ID), violation).Error(), MaxMessage)
	}
	cmd.Work = fsm.FireWork(s, cmd)
	return nil
}

// Schedule returns a schedule with its next times: at most 5.
func (e *Engine) Schedule(ctx context.Context, rd Read, id string) (s *rows.Schedule, next []time.Time, index uint64, err error) {
	if err := checkScheduleID(id); err != nil {
		return nil, nil, 0, err
	}
	var found rows.Schedule
	ok := false
	err = e.read(ctx, rd, func(v fsm.View) {
		found, ok = v.Schedule(id)
		index = v.Index()
	})
	switch {
	case err != nil:
		return nil, nil, 0, err
	case !ok:
		return nil, nil, index, &fsm.NoSchedule{ID: id}
	case found.Next == 0:
		return &found, nil, index, nil
	}
	cal, err := calendar.Stored(&found)
	if err != nil {
		return nil, nil, index, err
	}
	most := uint64(nextTimes)
	if found.Fires > 0 {
		most = min(most, found.Fires-found.Fired)
	}
	for at := found.Next; at != 0 && uint64(len(next)) < most; at = cal.Next(at) {
		next = append(next, at.Std())
	}
	return &found, next, index, nil
}

// Schedules lists schedules by id; cursor is the last id of the previous page. A page ends early
// after 4 MiB.
func (e *Engine) Schedules(ctx context.Context, rd Read, limit int, cursor string) (page []rows.Schedule, next string, index uint64, err error) {
	if limit, err = checkPage(limit); err != nil {
		return nil, "", 0, err
	}
	if cursor != "" {
		if err := checkScheduleID(cursor); err != nil {
			return nil, "", 0, invalid("cursor", "is not a cursor of this list")
		}
	}
	err = e.read(ctx, rd, func(v fsm.View) {
		page, index = v.Schedules(cursor, limit), v.Index()
		if n := len(page); n > 0 && len(v.Schedules(page[n-1].ID, 1)) > 0 {
			next = page[n-1].ID
		}
	})
	if err != nil {
		return nil, "", 0, err
	}
	return page, next, index, nil
}
