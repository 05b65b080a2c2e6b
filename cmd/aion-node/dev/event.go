package dev

import (
	"fmt"
	"strings"
	"time"
)

// Event is something worth reporting. Its name decides which fields it has.
type Event struct {
	At       time.Time `json:"at"`
	Event    string    `json:"event"` // deployed, problem, started, closed, left, says, more
	Version  string    `json:"version,omitempty"`
	Types    []string  `json:"workflow_types,omitempty"`
	Workflow string    `json:"workflow_id,omitempty"`
	Run      string    `json:"run_id,omitempty"`
	Type     string    `json:"workflow_type,omitempty"`
	Parent   string    `json:"parent,omitempty"` // workflow id
	Status   string    `json:"status,omitempty"`
	Took     string    `json:"took,omitempty"`  // a Go duration
	Error    string    `json:"error,omitempty"` // kind and message, for a run that did not complete
	Step     string    `json:"step,omitempty"`  // the step that made it fail, if any
	Runs     uint64    `json:"runs,omitempty"`  // open runs of a version that is not routed; or how many more runs there are than were reported
	Message  string    `json:"message,omitempty"`
	Stack    []string  `json:"stack,omitempty"`
}

// Names of events.
const (
	Deployed = "deployed" // new runs start on Version
	Problem  = "problem"  // the saved files cannot be deployed; the previous version stays
	Started  = "started"  // a run
	Closed   = "closed"   // a run, after Took, with Status
	Left     = "left"     // Runs are left on Version, which new runs do not start on
	Says     = "says"     // a run's code logged Message
	More     = "more"     // Runs more were started or closed (Message says which) than fit
)

// String formats the event for people: one line, and one more for each call of a stack.
func (e Event) String() string {
	switch e.Event {
	case Deployed:
		return fmt.Sprintf("%-9s %s version %s", "deployed", strings.Join(e.Types, ", "), short(e.Version))
	case Problem:
		return strings.Join(append([]string{fmt.Sprintf("%-9s %s", "problem", e.Message)}, e.Stack...), "\n                    ")
	case Started:
		text := fmt.Sprintf("%-9s %s (%s) on %s", "started", e.Workflow, e.Type, short(e.Version))
		if e.Parent != "" {
			text += ", child of " + e.Parent
		}
		return text
	case Closed:
		lines := []string{fmt.Sprintf("%-9s %s (%s) on %s after %s", e.Status, e.Workflow, e.Type, short(e.Version), e.Took)}
		if e.Error != "" {
			lines = append(lines, e.Error)
		}
		if e.Step != "" {
			lines = append(lines, "in "+e.Step)
		}
		return strings.Join(append(lines, e.Stack...), "\n                    ")
	case Left:
		switch e.Runs {
		case 0:
			return fmt.Sprintf("%-9s no run is left on %s", "", short(e.Version))
		case 1:
			return fmt.Sprintf("%-9s 1 run is left on %s", "", short(e.Version))
		}
		return fmt.Sprintf("%-9s %d runs are left on %s", "", e.Runs, short(e.Version))
	case Says:
		return fmt.Sprintf("%-9s %s: %s", "says", e.Workflow, e.Message)
	case More:
		return fmt.Sprintf("%-9s and %d more %s", "", e.Runs, e.Message)
	}
	return e.Event
}

func short(version string) string { return version[:min(len(version), 12)] }
