package engine

import (
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

// WorkflowIDs returns the workflow ids of runs, in the given order, from this node's current state;
// "" for a run that is deleted, or not yet known here.
func (e *Engine) WorkflowIDs(ids []history.RunID) []string {
	names := make([]string, len(ids))
	if len(ids) == 0 {
		return names
	}
	e.cfg.Log.View(func(v fsm.View) {
		for i, id := range ids {
			run, _ := v.Run(id)
			names[i] = run.WorkflowID
		}
	})
	return names
}
