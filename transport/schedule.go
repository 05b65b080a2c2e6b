package transport

import (
	"context"
	"fmt"
	"slices"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/calendar"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/namespace"
	"aion.dev/aion/transport/grant"
	"aion.dev/aion/transport/wire"
)

// Scheduler is what the routes of schedules need from a node.
type Scheduler interface {
	PutSchedule(ctx context.Context, c engine.Call, s rows.Schedule, replace bool) (*fsm.ScheduleAnswer, engine.Answered, error)
	DeleteSchedule(ctx context.Context, c engine.Call, id string) (*fsm.ScheduleAnswer, engine.Answered, error)
	PauseSchedule(ctx context.Context, c engine.Call, id, reason string) (*fsm.ScheduleAnswer, engine.Answered, error)
	ResumeSchedule(ctx context.Context, c engine.Call, id string) (*fsm.ScheduleAnswer, engine.Answered, error)
	TriggerSchedule(ctx context.Context, c engine.Call, id string, overlap *rows.Overlap) (*fsm.ScheduleAnswer, engine.Answered, error)
	BackfillSchedule(ctx context.Context, c engine.Call, id string, from, to time.Time, overlap *rows.Overlap) (*fsm.ScheduleAnswer, engine.Answered, error)
	Schedule(ctx context.Context, rd engine.Read, id string) (*rows.Schedule, []time.Time, uint64, error)
	Schedules(ctx context.Context, rd engine.Read, limit int, cursor string) ([]rows.Schedule, string, uint64, error)
	// WorkflowIDs returns the workflow ids of runs, from this node's state; "" = deleted.
	WorkflowIDs(ids []history.RunID) []string
}

type newScheduleInput struct{ Keyed }

func (s *Server) createSchedule(ctx context.Context, _ *newScheduleInput) (*answer[wire.ScheduleAnswer], error) {
	var r wire.ScheduleSpec
	c, err := change(ctx, &r, required)
	if err != nil {
		return nil, err
	}
	if r.ScheduleID == "" {
		return nil, invalid("schedule_id", "is missing: name the schedule")
	}
	return s.putSchedule(ctx, c, r, false)
}

type scheduleInput struct {
	Keyed
	OfSchedule
}

func (s *Server) replaceSchedule(ctx context.Context, in *scheduleInput) (*answer[wire.ScheduleAnswer], error) {
	var r wire.ScheduleSpec
	c, err := change(ctx, &r, required)
	if err != nil {
		return nil, err
	}
	if r.ScheduleID != "" && r.ScheduleID != in.ID {
		return nil, invalid("schedule_id", "is %q, but the address names the schedule %q", clip(r.ScheduleID), clip(in.ID))
	}
	r.ScheduleID = in.ID
	return s.putSchedule(ctx, c, r, true)
}

func (s *Server) putSchedule(ctx context.Context, c engine.Call, r wire.ScheduleSpec, replace bool) (*answer[wire.ScheduleAnswer], error) {
	f, err := scheduleRow(r)
	if err != nil {
		return nil, err
	}
	if err := exchangeOf(ctx).may(grant.Start, f.Type); err != nil && f.Type != "" {
		return nil, err
	}
	return s.scheduled(ctx)(s.cfg.Scheduler.PutSchedule(ctx, c, f, replace))
}

// scheduleRow reads a definition.
func scheduleRow(r wire.ScheduleSpec) (f rows.Schedule, err error) {
	f = rows.Schedule{
		ID: r.ScheduleID, Type: r.Type, Input: history.Payload(r.Input), Attributes: attributes(r.Attributes), Cron: r.Cron, Timezone: r.Timezone, Paused: r.Paused,
		Fires: r.Fires, PauseOnFailure: r.PauseOnFailure,
	}
	if at := r.EndsAt; at != nil {
		if at.Before(time.Unix(1, 0)) || at.After(calendar.EndOfTime) {
			return f, invalid("ends_at", "is %s; %s to %s are allowed", at.Format(time.RFC3339), time.Unix(1, 0).UTC().Format(time.RFC3339), calendar.EndOfTime.Format(time.RFC3339))
		}
		f.EndsAt = history.At(*at)
	}
	jitter, err := duration("jitter", r.Jitter)
	if err != nil {
		return f, err
	}
	f.Jitter = history.Duration(jitter)
	every, err := span("every", r.Every, calendar.MinEvery, calendar.MaxEvery)
	if err != nil {
		return f, err
	}
	f.Every = history.Duration(every)
	if len(r.Also) >= fsm.MaxTimings {
		return f, invalid("also", "has %d definitions of times, the limit is %d", len(r.Also), fsm.MaxTimings-1)
	}
	for i, t := range r.Also {
		every, err := span(fmt.Sprintf("also[%d].every", i), t.Every, calendar.MinEvery, calendar.MaxEvery)
		if err != nil {
			return f, err
		}
		f.Also = append(f.Also, rows.Timing{Every: history.Duration(every), Cron: t.Cron, Timezone: t.Timezone})
	}
	if o, err := overlapOf(r.Overlap); err != nil {
		return f, err
	} else if o != nil {
		f.Overlap = *o
	}
	if r.CatchUp != "" {
		i := slices.Index(catchUps[:], r.CatchUp)
		if i < 0 {
			return f, invalid("catch_up", "is %q; want one, none or all", clip(r.CatchUp))
		}
		f.CatchUp = rows.CatchUp(i)
	}
	return f, nil
}

type schedulesInput struct {
	Fresh
	PagedNames
}

func (s *Server) schedules(ctx context.Context, in *schedulesInput) (*answer[wire.Schedules], error) {
	rd, err := in.read()
	if err != nil {
		return nil, err
	}
	schedules, next, index, err := s.cfg.Scheduler.Schedules(ctx, rd, in.Limit, in.Cursor)
	if err != nil {
		return nil, err
	}
	body := wire.Schedules{Schedules: make([]wire.Schedule, len(schedules)), NextCursor: next, Indexed: at(index)}
	for i := range schedules {
		body.Schedules[i] = s.scheduleOf(&schedules[i], fewOpen)
		exchangeOf(ctx).withholdOf(&body.Schedules[i])
	}
	return &answer[wire.Schedules]{Index: index, LeaderContact: s.contact(rd), Body: body}, nil
}

type describeScheduleInput struct {
	Fresh
	OfSchedule
}

func (s *Server) describeSchedule(ctx context.Context, in *describeScheduleInput) (*answer[wire.ScheduleAnswer], error) {
	rd, err := in.read()
	if err != nil {
		return nil, err
	}
	f, next, index, err := s.cfg.Scheduler.Schedule(ctx, rd, in.ID)
	if err != nil {
		return nil, err
	}
	x := exchangeOf(ctx)
	if !x.only.HasType(f.Type) {
		return nil, &fsm.NoSchedule{ID: clip(namespace.Bare(in.ID))}
	}
	body := wire.ScheduleAnswer{Schedule: s.scheduleOf(f, manyOpen), Answered: wire.Answered{Indexed: at(index)}}
	x.withholdOf(&body.Schedule)
	body.NextTimes = list(next)
	return &answer[wire.ScheduleAnswer]{Index: index, LeaderContact: s.contact(rd), Body: body}, nil
}

func (s *Server) deleteSchedule(ctx context.Context, in *scheduleInput) (*answer[wire.ScheduleAnswer], error) {
	c, err := change(ctx, nil, optional)
	if err != nil {
		return nil, err
	}
	return s.scheduled(ctx)(s.cfg.Scheduler.DeleteSchedule(ctx, c, in.ID))
}

func (s *Server) pauseSchedule(ctx context.Context, in *scheduleInput) (*answer[wire.ScheduleAnswer], error) {
	var r wire.Reason
	c, err := change(ctx, &r, optional)
	if err != nil {
		return nil, err
	}
	return s.scheduled(ctx)(s.cfg.Scheduler.PauseSchedule(ctx, c, in.ID, r.Reason))
}

func (s *Server) resumeSchedule(ctx context.Context, in *scheduleInput) (*answer[wire.ScheduleAnswer], error) {
	c, err := change(ctx, nil, optional)
	if err != nil {
		return nil, err
	}
	return s.scheduled(ctx)(s.cfg.Scheduler.ResumeSchedule(ctx, c, in.ID))
}

func (s *Server) triggerSchedule(ctx context.Context, in *scheduleInput) (*answer[wire.ScheduleAnswer], error) {
	var r wire.TriggerRequest
	c, err := change(ctx, &r, optional)
	if err != nil {
		return nil, err
	}
	overlap, err := overlapOf(r.Overlap)
	if err != nil {
		return nil, err
	}
	return s.scheduled(ctx)(s.cfg.Scheduler.TriggerSchedule(ctx, c, in.ID, overlap))
}

func (s *Server) backfillSchedule(ctx context.Context, in *scheduleInput) (*answer[wire.ScheduleAnswer], error) {
	var r wire.BackfillRequest
	c, err := change(ctx, &r, required)
	if err != nil {
		return nil, err
	}
	overlap, err := overlapOf(r.Overlap)
	if err != nil {
		return nil, err
	}
	return s.scheduled(ctx)(s.cfg.Scheduler.BackfillSchedule(ctx, c, in.ID, r.From, r.To, overlap))
}

// scheduled answers a change with the schedule as it is after the change.
func (s *Server) scheduled(ctx context.Context) func(*fsm.ScheduleAnswer, engine.Answered, error) (*answer[wire.ScheduleAnswer], error) {
	return func(f *fsm.ScheduleAnswer, a engine.Answered, err error) (*answer[wire.ScheduleAnswer], error) {
		if err != nil {
			return nil, refused(a, err)
		}
		body := s.scheduleAnswer(f, a)
		exchangeOf(ctx).withholdOf(&body.Schedule)
		return &answer[wire.ScheduleAnswer]{Index: a.Index, Body: body}, nil
	}
}

func (s *Server) scheduleAnswer(f *fsm.ScheduleAnswer, a engine.Answered) wire.ScheduleAnswer {
	body := wire.ScheduleAnswer{Schedule: s.scheduleOf(&f.Schedule, fewOpen), Answered: answered(a)}
	for _, r := range f.Started {
		body.Runs = append(body.Runs, wire.RunName{WorkflowID: r.WorkflowID, RunID: r.RunID.String()})
	}
	return body
}

// How many open runs an answer names: a schedule may have a thousand.
const (
	fewOpen  = 10
	manyOpen = 100
)

func (s *Server) scheduleOf(f *rows.Schedule, open int) wire.Schedule {
	w := wire.Schedule{
		ScheduleSpec: wire.ScheduleSpec{
			ScheduleID: f.ID, Type: f.Type, Every: spanText(f.Every), Cron: f.Cron, Timezone: f.Timezone, Overlap: overlaps[f.Overlap], CatchUp: catchUps[f.CatchUp],
			Attributes: attributesOf(f.Attributes), Paused: f.Paused, EndsAt: timeOf(f.EndsAt), Fires: f.Fires, Jitter: spanText(f.Jitter), PauseOnFailure: f.PauseOnFailure,
		},
		Reason: f.Reason, CreatedAt: f.CreatedAt.Std(), LastTime: timeOf(f.Last), Fired: f.Fired, Started: f.Started, Skipped: f.Skipped, Missed: f.Missed, Failed: f.Failed,
		LastFailure: errorOf(f.Failure), NextTimes: list(timesOf(f.Next)), OpenRuns: s.named(f.Open[:min(len(f.Open), open)]), RecentRuns: s.named(f.Recent),
	}
	for _, t := range f.Also {
		w.Also = append(w.Also, wire.Timing{Every: spanText(t.Every), Cron: t.Cron, Timezone: t.Timezone})
	}
	if len(f.Input) > 0 {
		w.Input = value(f.Input)
	}
	if len(f.Open) > open {
		w.OpenTotal = uint64(len(f.Open))
	}
	for _, b := range f.Buffered {
		w.Buffered = append(w.Buffered, b.At.Std())
	}
	return w
}

// named returns runs with their workflow ids. Deleted runs no longer have one.
func (s *Server) named(ids []history.RunID) []wire.RunName {
	names := make([]wire.RunName, 0, len(ids))
	for i, workflowID := range s.cfg.Scheduler.WorkflowIDs(ids) {
		if workflowID != "" {
			names = append(names, wire.RunName{WorkflowID: workflowID, RunID: ids[i].String()})
		}
	}
	return names
}

// The names of the policies, by number.
var (
	overlaps = [...]string{rows.OverlapSkip: "skip", rows.OverlapBufferOne: "buffer_one", rows.OverlapCancelPrevious: "cancel_previous", rows.OverlapAllowAll: "allow_all", rows.OverlapBufferAll: "buffer_all",
		rows.OverlapTerminatePrevious: "terminate_previous"}
	catchUps = [...]string{rows.CatchUpOne: "one", rows.CatchUpNone: "none", rows.CatchUpAll: "all"}
)

// overlapOf parses a policy; nil = none was given.
func overlapOf(name string) (*rows.Overlap, error) {
	if name == "" {
		return nil, nil
	}
	i := slices.Index(overlaps[:], name)
	if i < 0 {
		return nil, invalid("overlap", "is %q; want skip, buffer_one, buffer_all, cancel_previous, terminate_previous or allow_all", clip(name))
	}
	o := rows.Overlap(i)
	return &o, nil
}
