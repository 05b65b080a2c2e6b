// Package past reads what a healed cluster reports about the past: every run with its parent, its
// children and its end, when a workflow id was open, and which versions were loaded and routed at a
// moment of log time or at an index. It trusts what it reads and judges only its form; checkers
// compare it with what callers were told. Begin with Run and Era.
package past

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// The values in histories for what happens to a child when its parent closes, and for the version
// on which it starts.
const (
	Terminate = "terminate"
	Cancel    = "cancel"
	OfParent  = "parent"
	Routed    = "routed"
)

// Run is a run according to its history, read without any code of the product.
type Run struct {
	Read          op.Op // the operation that read it
	ID, Workflow  string
	Type, Version string
	At            time.Time // of its start, in log time
	Continued     string    // id of the run that it continues
	Parent        *Parent
	End           *wire.Event // the event that closed it; nil = it is open
	Events        []wire.Event
	Children      []Child
}

// Parent is what a run's history says about its parent.
type Parent struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
	ID         uint64 `json:"id"`
	OnClose    string `json:"on_parent_close"` // absent = Terminate
}

// Child is a child according to its parent's history.
type Child struct {
	ID         uint64       `json:"id"`
	WorkflowID string       `json:"workflow_id"`
	Type       string       `json:"workflow_type"`
	OnClose    string       `json:"on_parent_close"` // absent = Terminate
	Choice     string       `json:"version_choice"`  // absent = the default
	RunID      string       `json:"run_id"`          // "" = it could not start
	Version    string       `json:"version"`
	At         time.Time    `json:"-"`
	Ends       []wire.Event `json:"-"` // what the parent was told about its end
	Asks       []wire.Event `json:"-"` // that the parent asked it to end, and goes on waiting
}

// closings are the events that end a run.
var closings = []string{"WorkflowCompleted", "WorkflowFailed", "WorkflowCancelled", "WorkflowTerminated", "WorkflowTimedOut", "WorkflowContinuedAsNew"}

// Parse reads the answer of a history and returns what is wrong with its form: gaps, a beginning or
// an end in the middle, time that runs backwards. Runs that were reopened have ends in the middle;
// a checker of those reads for itself.
func Parse(o op.Op) (*Run, []string) {
	var h wire.History
	if err := json.Unmarshal(o.Answer, &h); err != nil || len(h.Events) == 0 {
		return nil, []string{fmt.Sprintf("the history of %s %s is %.80s", o.Key, o.Value, o.Answer)}
	}
	r := &Run{Read: o, Events: h.Events, At: h.Events[0].At}
	r.Read.Answer = nil
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
		if r.End != nil {
			bad("%s %s goes on with %s after %s", o.Key, o.Value, e.Type, r.End.Type)
		}
		if slices.Contains(closings, e.Type) {
			r.End = e
		}
		r.readEvent(e)
	}
	return r, wrong
}

// readEvent reads one event.
func (r *Run) readEvent(e *wire.Event) {
	switch e.Type {
	case "WorkflowStarted":
		var d struct {
			WorkflowID    string  `json:"workflow_id"`
			RunID         string  `json:"run_id"`
			Type          string  `json:"workflow_type"`
			Version       string  `json:"version"`
			Parent        *Parent `json:"parent"`
			ContinuedFrom string  `json:"continued_from"`
		}
		json.Unmarshal(e.Data, &d)
		r.ID, r.Workflow, r.Type, r.Version, r.Parent, r.Continued = d.RunID, d.WorkflowID, d.Type, d.Version, d.Parent, d.ContinuedFrom
	case "ChildWorkflowStarted":
		c := Child{At: e.At}
		json.Unmarshal(e.Data, &c)
		r.Children = append(r.Children, c)
	case "ChildWorkflowCompleted", "ChildWorkflowFailed", "ChildWorkflowCancelled", "ChildWorkflowCancelRequested":
		var d struct {
			ID uint64 `json:"id"`
		}
		json.Unmarshal(e.Data, &d)
		for i := range r.Children {
			if r.Children[i].ID == d.ID && e.Type == "ChildWorkflowCancelRequested" {
				r.Children[i].Asks = append(r.Children[i].Asks, *e)
				return
			} else if r.Children[i].ID == d.ID {
				r.Children[i].Ends = append(r.Children[i].Ends, *e)
				return
			}
		}
		// for a child that was never started
		r.Children = append(r.Children, Child{ID: d.ID, Ends: []wire.Event{*e}})
	}
}

// Ended returns when the run closed, or the end of time if it did not.
func (r *Run) Ended() time.Time {
	if r.End == nil {
		return time.Unix(1<<40, 0)
	}
	return r.End.At
}

// May and must report whether the run may have been open, and whether it certainly was, at a moment
// of log time: commands of one entry share one.
func (r *Run) May(at time.Time) bool  { return !at.Before(r.At) && !at.After(r.Ended()) }
func (r *Run) Must(at time.Time) bool { return at.After(r.At) && at.Before(r.Ended()) }

// PausedAt reports the same for being paused.
func (r *Run) PausedAt(at time.Time) (may, must bool) {
	for i := range r.Events {
		if r.Events[i].Type != "WorkflowPaused" {
			continue
		}
		until := r.Ended()
		for _, e := range r.Events[i+1:] {
			if e.Type == "WorkflowResumed" || slices.Contains(closings, e.Type) {
				until = e.At
				break
			}
		}
		may = may || !at.Before(r.Events[i].At) && !at.After(until)
		must = must || at.After(r.Events[i].At) && at.Before(until)
	}
	return may, must
}

// Name returns a checker's name for the run.
func (r *Run) Name() string { return fmt.Sprintf("%s (run %s)", r.Workflow, r.ID) }
