package client

import (
	"context"
	"net/http"

	"aion.dev/aion/transport/wire"
)

// CreateSchedule creates a schedule.
func (c *Client) CreateSchedule(ctx context.Context, s wire.ScheduleSpec, opts ...Option) (*wire.ScheduleAnswer, error) {
	if err := checkSpec(s); err != nil {
		return nil, err
	}
	return c.schedule(ctx, change(http.MethodPost, s, "v1", "schedules"), opts)
}

// ReplaceSchedule replaces a schedule's definition. Its counts and the runs that it has started
// stay.
func (c *Client) ReplaceSchedule(ctx context.Context, id string, s wire.ScheduleSpec, opts ...Option) (*wire.ScheduleAnswer, error) {
	if err := checkSpec(s); err != nil {
		return nil, err
	}
	return c.schedule(ctx, change(http.MethodPut, s, "v1", "schedules", id), opts)
}

// Schedules lists schedules by id.
func (c *Client) Schedules(ctx context.Context, page wire.Page, opts ...Option) (*wire.Schedules, error) {
	call := get("v1", "schedules").with(opts)
	call.setPage(page)
	var a wire.Schedules
	return answer(&a, c.do(ctx, call, &a))
}

// Schedule returns the state of a schedule.
func (c *Client) Schedule(ctx context.Context, id string, opts ...Option) (*wire.ScheduleAnswer, error) {
	return c.schedule(ctx, get("v1", "schedules", id), opts)
}

// DeleteSchedule removes a schedule, and returns its last state. Its runs go on; buffered fires are
// dropped.
func (c *Client) DeleteSchedule(ctx context.Context, id string, opts ...Option) (*wire.ScheduleAnswer, error) {
	return c.schedule(ctx, change(http.MethodDelete, nil, "v1", "schedules", id), opts)
}

// PauseSchedule stops a schedule from firing.
func (c *Client) PauseSchedule(ctx context.Context, id, reason string, opts ...Option) (*wire.ScheduleAnswer, error) {
	return c.schedule(ctx, change(http.MethodPost, wire.Reason{Reason: reason}, "v1", "schedules", id, "pause"), opts)
}

// ResumeSchedule lets a schedule fire again. Times that passed while it was paused are not made up
// for.
func (c *Client) ResumeSchedule(ctx context.Context, id string, opts ...Option) (*wire.ScheduleAnswer, error) {
	return c.schedule(ctx, change(http.MethodPost, nil, "v1", "schedules", id, "resume"), opts)
}

// TriggerSchedule fires a schedule now, even if it is paused.
func (c *Client) TriggerSchedule(ctx context.Context, id string, r wire.TriggerRequest, opts ...Option) (*wire.ScheduleAnswer, error) {
	return c.schedule(ctx, change(http.MethodPost, r, "v1", "schedules", id, "trigger"), opts)
}

// BackfillSchedule fires a schedule for its times in a past period.
func (c *Client) BackfillSchedule(ctx context.Context, id string, r wire.BackfillRequest, opts ...Option) (*wire.ScheduleAnswer, error) {
	return c.schedule(ctx, change(http.MethodPost, r, "v1", "schedules", id, "backfill"), opts)
}

func (c *Client) schedule(ctx context.Context, call *call, opts []Option) (*wire.ScheduleAnswer, error) {
	var a wire.ScheduleAnswer
	return answer(&a, c.do(ctx, call.with(opts), &a))
}

func checkSpec(s wire.ScheduleSpec) error {
	if err := checkJSON("input", s.Input); err != nil {
		return err
	}
	return checkAttributes(s.Attributes)
}
