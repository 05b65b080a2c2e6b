package engine

import (
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// Chain is where a run stands among those that continue one another.
type Chain struct {
	Attempt uint64        // 1 for the first
	First   history.RunID // of a run that continues another: the first of them; zero = not known
	From    history.RunID // that it continues; zero = it continues none
	To      history.RunID // that continues it; zero = none does
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
