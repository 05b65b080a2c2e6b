package load

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// pastRun is a run as its history tells it, read with nothing of the product's.
type pastRun struct {
	read         op.Op // that read it
	id, workflow string
	typ, version string
	at           time.Time // of its start, in log time
	input        json.RawMessage
	attempt      uint64
	continued    string // run id that it goes on from
	parent       *pastParent
	end          *wire.Event // that closed it; nil = it is open
	events       []wire.Event
	children     []pastChild
}

// pastParent is what a run says of who started it.
type pastParent struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
	ID         uint64 `json:"id"`
	OnClose    uint8  `json:"on_parent_close"` // 0 terminate, 1 cancel, 2 abandon
}

// pastChild is a child as its parent's history tells it.
type pastChild struct {
	ID         uint64       `json:"id"`
	WorkflowID string       `json:"workflow_id"`
	Type       string       `json:"workflow_type"`
	OnClose    uint8        `json:"on_parent_close"`
	Choice     uint8        `json:"version_choice"` // 0 default, 1 parent, 2 routed
	RunID      string       `json:"run_id"`         // "" = it could not start
	Version    string       `json:"version"`
	at         time.Time    `json:"-"`
	ends       []wire.Event `json:"-"` // what the parent was told of its end
}

// closings are the events that end a run.
var closings = []string{"WorkflowCompleted", "WorkflowFailed", "WorkflowCancelled", "WorkflowTerminated", "WorkflowTimedOut", "WorkflowContinuedAsNew"}

// parsePast reads the answer of a history and says what is wrong with its form: gaps, a beginning or an end in the middle, time that goes back. Runs that were reopened have
// ends in the middle; a checker of those reads for itself.
func parsePast(o op.Op) (*pastRun, []string) {
	var h wire.History
	if err := json.Unmarshal(o.Answer, &h); err != nil || len(h.Events) == 0 {
		return nil, []string{fmt.Sprintf("the history of %s %s is %.80s", o.Key, o.Value, o.Answer)}
	}
	r := &pastRun{read: o, events: h.Events, at: h.Events[0].At}
	r.read.Answer = nil
	var wrong []string
	bad := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	for i := range h.Events {
		e := &h.Events[i]
		if e.Seq != uint64(i+1) {
			bad("event %d of %s %s has seq %d", i+1, o.Key, o.Value, e.Seq)
		}
		if i > 0 && e.At.Before(h.Events[i-1].At) {
			bad("event %d of %s is of %s, the one before it of %s", e.Seq, o.Key, e.At, h.Events[i-1].At)
		}
		if (e.Type == "WorkflowStarted") != (i == 0) {
			bad("event %d of %s %s is %s", e.Seq, o.Key, o.Value, e.Type)
		}
		if r.end != nil {
			bad("%s %s goes on with %s after %s", o.Key, o.Value, e.Type, r.end.Type)
		}
		if slices.Contains(closings, e.Type) {
			r.end = e
		}
		r.take(e)
	}
	return r, wrong
}

// take reads one event.
func (r *pastRun) take(e *wire.Event) {
	switch e.Type {
	case "WorkflowStarted":
		var d struct {
			WorkflowID    string          `json:"workflow_id"`
			RunID         string          `json:"run_id"`
			Type          string          `json:"workflow_type"`
			Version       string          `json:"version"`
			Input         json.RawMessage `json:"input"`
			Parent        *pastParent     `json:"parent"`
			ContinuedFrom string          `json:"continued_from"`
			Attempt       uint64          `json:"attempt"`
		}
		json.Unmarshal(e.Data, &d)
		r.id, r.workflow, r.typ, r.version, r.input, r.parent, r.continued, r.attempt = d.RunID, d.WorkflowID, d.Type, d.Version, d.Input, d.Parent, d.ContinuedFrom, d.Attempt
	case "ChildWorkflowStarted":
		c := pastChild{at: e.At}
		json.Unmarshal(e.Data, &c)
		r.children = append(r.children, c)
	case "ChildWorkflowCompleted", "ChildWorkflowFailed", "ChildWorkflowCancelled":
		var d struct {
			ID uint64 `json:"id"`
		}
		json.Unmarshal(e.Data, &d)
		for i := range r.children {
			if r.children[i].ID == d.ID {
				r.children[i].ends = append(r.children[i].ends, *e)
				return
			}
		}
		r.children = append(r.children, pastChild{ID: d.ID, ends: []wire.Event{*e}}) // of a child that was never started
	}
}

// ended is when the run closed; the end of time if it did not.
func (r *pastRun) ended() time.Time {
	if r.end == nil {
		return time.Unix(1<<40, 0)
	}
	return r.end.At
}

// may and must report whether the run may have been open, and whether it was for certain, at a moment of log time: commands of one entry share one.
func (r *pastRun) may(at time.Time) bool  { return !at.Before(r.at) && !at.After(r.ended()) }
func (r *pastRun) must(at time.Time) bool { return at.After(r.at) && at.Before(r.ended()) }

// pausedAt likewise for being paused.
func (r *pastRun) pausedAt(at time.Time) (may, must bool) {
	for i := range r.events {
		if r.events[i].Type != "WorkflowPaused" {
			continue
		}
		until := r.ended()
		for _, e := range r.events[i+1:] {
			if e.Type == "WorkflowResumed" || slices.Contains(closings, e.Type) {
				until = e.At
				break
			}
		}
		may = may || !at.Before(r.events[i].At) && !at.After(until)
		must = must || at.After(r.events[i].At) && at.Before(until)
	}
	return may, must
}

// name is what a checker calls the run.
func (r *pastRun) name() string { return fmt.Sprintf("%s (run %s)", r.workflow, r.id) }
