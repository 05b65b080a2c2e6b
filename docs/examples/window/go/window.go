// Window works through a long list with a few children at a time, and never starts one before there
// is room.
//
// A list of a million items would make a history that nobody can keep, so after some of them the
// run continues as new. The children do not notice: they are started to be abandoned, and report to
// the workflow id. What nobody has read yet comes along to the next run.
package main

import (
	"cmp"
	"fmt"
	"slices"

	"aion.dev/aion/sdk/go/workflow"
)

// State is the input, and what one run of the chain hands on to the next.
type State struct {
	First  int   `json:"first"` // the next item to start
	Last   int   `json:"last"`
	Width  int   `json:"width"`
	Open   []int `json:"open"`
	Words  int   `json:"words"`
	Failed []int `json:"failed"`
	PerRun int   `json:"per_run"` // reports that one run of the chain reads
}

// Result is what the items came to.
type Result struct {
	Words  int   `json:"words"`
	Failed []int `json:"failed"`
}

type progress struct {
	Next   int   `json:"next"`
	Last   int   `json:"last"`
	Open   []int `json:"open"`
	Failed []int `json:"failed"`
}

// Window is the workflow.
func Window(ctx workflow.Context, state *State) (Result, error) {
	state.First, state.Width, state.PerRun = cmp.Or(state.First, 1), cmp.Or(state.Width, 5), cmp.Or(state.PerRun, 50)
	for _, list := range []*[]int{&state.Open, &state.Failed} {
		if *list == nil {
			*list = []int{} // [] in JSON, and not null
		}
	}
	workflow.OnQuery(ctx, "progress", func(workflow.None) (progress, error) {
		return progress{state.First, state.Last, state.Open, state.Failed}, nil
	})

	for range state.PerRun {
		state.fill(ctx)
		if len(state.Open) == 0 {
			return Result{state.Words, state.Failed}, nil
		}
		report, err := workflow.Signal[Report](ctx, "done")
		if err != nil {
			return Result{}, err
		}
		state.take(report)
	}
	return Result{}, workflow.ContinueAsNew(ctx, state)
}

// fill starts children while there is room.
func (s *State) fill(ctx workflow.Context) {
	me := workflow.Info(ctx).WorkflowID
	for ; len(s.Open) < s.Width && s.First <= s.Last; s.First++ {
		id := workflow.ID(fmt.Sprintf("%s:%d", me, s.First))
		workflow.StartChild[any](ctx, "window_item", Work{s.First, me}, id, workflow.OnParentCloseAbandon)
		s.Open = append(s.Open, s.First)
	}
}

// take takes the report of a child. Of one that reports twice, after it was reopened, the first
// counts.
func (s *State) take(report Report) {
	at := slices.Index(s.Open, report.Item)
	if at < 0 {
		return
	}
	s.Open = slices.Delete(s.Open, at, at+1)
	if report.Error != "" {
		s.Failed = append(s.Failed, report.Item)
	} else {
		s.Words += *report.Words
	}
}

func main() {
	workflow.RegisterFunc(Window)
	workflow.RegisterFunc(Item)
}
