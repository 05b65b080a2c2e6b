package children

import (
	"encoding/json"
	"time"

	"aion.dev/aion/jepsen/load/past"
)

// checkGuard requires that a sleep which code has shielded lasts to its end, whoever asks the run
// to end meanwhile. Only a run that is terminated, or fails, leaves it.
func (c *checker) checkGuard(r *past.Run) {
	var started struct {
		Input treeInput `json:"input"`
	}
	json.Unmarshal(r.Events[0].Data, &started)
	guard, err := time.ParseDuration(started.Input.Guard)
	if err != nil {
		return
	}
	var of uint64
	over := false
	for _, e := range r.Events {
		var d struct {
			ID       uint64 `json:"id"`
			Duration string `json:"duration"`
			Signal   string `json:"signal"`
		}
		json.Unmarshal(e.Data, &d)
		switch e.Type {
		case "TimerStarted":
			if lasts, err := time.ParseDuration(d.Duration); err == nil && lasts == guard && d.Signal == "" {
				of = d.ID
			}
		case "TimerFired":
			over = over || d.ID == of
		case "TimerCancelled":
			if d.ID == of {
				c.bad(&r.Read, "%s gave up at %s the sleep of %s that its code shields", r.Name(), e.At, guard)
				return
			}
		}
	}
	if of == 0 || over || r.End == nil {
		return
	}
	switch r.End.Type {
	case "WorkflowTerminated", "WorkflowTimedOut", "WorkflowFailed":
	default:
		c.bad(&r.Read, "%s ended with %s before the sleep of %s that its code shields", r.Name(), r.End.Type, guard)
	}
}
