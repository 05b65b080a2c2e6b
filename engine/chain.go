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
	To      history.RunID // the run that continues this one, or tries again; zero = none

	Retry   *history.Retry
	Try     uint64           // of Retry
	Timeout history.Duration // of the whole chain; 0 = none
}

func chainOf(v fsm.View, run rows.Run) (c Chain) {
	for _, e := range v.Events(run.RunID, 1, 1) {
		if started, ok := e.Data.(*history.WorkflowStarted); ok {
			c = Chain{Attempt: max(started.Attempt, 1), First: started.First, From: started.ContinuedFrom, Retry: started.Retry, Try: started.Try, Timeout: started.ChainTimeout}
		}
	}
	if end := terminal(v, run); end != nil {
		c.To = history.Next(end)
	}
	return c
}
