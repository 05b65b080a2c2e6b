package engine

import (
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// Chain locates a run among the runs that continue one another.
type Chain struct {
	Attempt uint64        // 1 for the first
	First   history.RunID // the first run of the chain; zero = not known
	From    history.RunID // the run that this one continues; zero = none
	To      history.RunID // the run that continues this one; zero = none
}

func chainOf(v fsm.View, run rows.Run) (c Chain) {
	for _, e := range v.Events(run.RunID, 1, 1) {
		if started, ok := e.Data.(*history.WorkflowStarted); ok {
			c = Chain{Attempt: max(started.Attempt, 1), First: started.First, From: started.ContinuedFrom}
		}
	}
	if run.Status == history.StatusContinuedAsNew {
		if end, ok := terminal(v, run).(*history.WorkflowContinuedAsNew); ok {
			c.To = end.NewRunID
		}
	}
	return c
}
