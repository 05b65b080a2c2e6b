package wire

import (
	"encoding/json"
	"time"
)

// ScheduleSpec is the definition of a schedule: the body of POST /v1/schedules and, without its id,
// of PUT /v1/schedules/{id}.
type ScheduleSpec struct {
	ScheduleID string          `json:"schedule_id,omitempty" ns:"name"`
	Type       string          `json:"type" ns:"name"`
	Input      json.RawMessage `json:"input,omitempty"`
	Every      string          `json:"every,omitempty" doc:"A Go duration of at least 1s; or cron"`
	Cron       string          `json:"cron,omitempty" doc:"Five fields, six with seconds first, or @daily and the like"`
	Timezone   string          `json:"timezone,omitempty" doc:"Time zone of cron, such as Europe/Berlin; default UTC"`
	Also       []Timing        `json:"also,omitempty" doc:"More definitions of its times, at most 9: it fires at all of them, once where they coincide"`
	Overlap    string          `json:"overlap,omitempty" enum:"skip,buffer_one,buffer_all,cancel_previous,terminate_previous,allow_all" doc:"Default skip"`
	CatchUp    string          `json:"catch_up,omitempty" enum:"one,none,all" doc:"Default one"`
	Attributes Attributes      `json:"attributes,omitempty"`
	Paused     bool            `json:"paused,omitempty"`

	EndsAt         *time.Time `json:"ends_at,omitempty" doc:"It does not fire for later times; absent: without end"`
	Fires          uint64     `json:"fires,omitempty" least:"1 or more is allowed; leave it out for no end" doc:"For how many of its times it fires; absent: without end"`
	Jitter         string     `json:"jitter,omitempty" doc:"A Go duration up to 24h: each fire comes less than so much after its time; default 0s"`
	PauseOnFailure bool       `json:"pause_on_failure,omitempty" doc:"A run that failed or timed out pauses it"`
}

// Timing is one definition of times.
type Timing struct {
	Every    string `json:"every,omitempty" doc:"A Go duration of at least 1s; or cron"`
	Cron     string `json:"cron,omitempty" doc:"Five fields, six with seconds first, or @daily and the like"`
	Timezone string `json:"timezone,omitempty" doc:"Time zone of cron, such as Europe/Berlin; default UTC"`
}

// Schedule is the state of a schedule.
type Schedule struct {
	ScheduleSpec
	Reason      string      `json:"reason,omitempty" doc:"Reason of the pause"`
	CreatedAt   time.Time   `json:"created_at"`
	NextTimes   []time.Time `json:"next_times" doc:"At most 5 in a description, 1 elsewhere"`
	LastTime    *time.Time  `json:"last_time,omitempty" doc:"Newest time that it fired for"`
	Buffered    []time.Time `json:"buffered,omitempty" doc:"Fires that wait for open runs to close"`
	OpenRuns    []RunName   `json:"open_runs" doc:"Oldest first: at most 100 in a description, 10 elsewhere"`
	OpenTotal   uint64      `json:"open_runs_total,omitempty" doc:"Total, if there are more than are listed"`
	RecentRuns  []RunName   `json:"recent_runs" doc:"At most 10, newest first; those that retention deleted are left out"`
	Fired       uint64      `json:"fired,omitempty" doc:"For how many of its times it has fired, if fires bounds them"`
	Started     uint64      `json:"started"`
	Skipped     uint64      `json:"skipped" doc:"Fires that overlapped"`
	Missed      uint64      `json:"missed" doc:"Times without a leader that catch_up skipped"`
	Failed      uint64      `json:"failed" doc:"Fires whose run could not start"`
	LastFailure *RunError   `json:"last_failure,omitempty"`

	PayloadWithheld bool `json:"payload_withheld,omitempty" doc:"The input and the text of the failure are left out, because the token lacks the grant payload"`
}

// Schedules is a page of schedules, by id.
type Schedules struct {
	Schedules  []Schedule `json:"schedules"`
	NextCursor string     `json:"next_cursor,omitempty" ns:"name"`
	Indexed
}

// ScheduleAnswer shows a schedule; Runs are what a trigger or backfill started.
type ScheduleAnswer struct {
	Schedule
	Runs []RunName `json:"runs,omitempty"`
	Answered
}

// TriggerRequest is the optional body of POST /v1/schedules/{id}/trigger.
type TriggerRequest struct {
	Overlap string `json:"overlap,omitempty" doc:"Default: the schedule's"`
}

// BackfillRequest is the body of POST /v1/schedules/{id}/backfill.
type BackfillRequest struct {
	From    time.Time `json:"from"`
	To      time.Time `json:"to" doc:"Not included"`
	Overlap string    `json:"overlap,omitempty" doc:"Default allow_all"`
}
