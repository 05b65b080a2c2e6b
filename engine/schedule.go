package engine

import (
	"context"
	"time"

	"aion.dev/aion/fsm"
)

// PutSchedule makes a schedule, or with replace changes one. Of s the definition and Paused are read.
func (e *Engine) PutSchedule(ctx context.Context, c Call, s fsm.Schedule, replace bool) (*fsm.ScheduleAnswer, Answered, error) {
	panic("being built")
}

// DeleteSchedule removes a schedule; its runs go on.
func (e *Engine) DeleteSchedule(ctx context.Context, c Call, id string) (*fsm.ScheduleAnswer, Answered, error) {
	panic("being built")
}

// PauseSchedule stops a schedule from firing.
func (e *Engine) PauseSchedule(ctx context.Context, c Call, id, reason string) (*fsm.ScheduleAnswer, Answered, error) {
	panic("being built")
}

// ResumeSchedule lets a schedule fire again.
func (e *Engine) ResumeSchedule(ctx context.Context, c Call, id string) (*fsm.ScheduleAnswer, Answered, error) {
	panic("being built")
}

// TriggerSchedule fires a schedule now, also a paused one. A nil overlap is the schedule's own policy.
func (e *Engine) TriggerSchedule(ctx context.Context, c Call, id string, overlap *fsm.Overlap) (*fsm.ScheduleAnswer, Answered, error) {
	panic("being built")
}

// BackfillSchedule fires a schedule for all its times from from up to but without to, at most 1,000. A nil overlap is fsm.OverlapAllowAll.
func (e *Engine) BackfillSchedule(ctx context.Context, c Call, id string, from, to time.Time, overlap *fsm.Overlap) (*fsm.ScheduleAnswer, Answered, error) {
	panic("being built")
}

// Schedule tells how a schedule stands, with its next fire times: at most 5.
func (e *Engine) Schedule(ctx context.Context, rd Read, id string) (*fsm.Schedule, []time.Time, uint64, error) {
	panic("being built")
}

// Schedules lists schedules by id; cursor is the last id of the page before.
func (e *Engine) Schedules(ctx context.Context, rd Read, limit int, cursor string) ([]fsm.Schedule, string, uint64, error) {
	panic("being built")
}
