// Fanout cuts a job into pieces, has children do them, and puts their results together.
package main

import (
	"errors"
	"fmt"

	"aion.dev/aion/sdk/go/workflow"
)

// Input is the job.
type Input struct {
	Numbers []int `json:"numbers"`
}

// Result is what the pieces came to.
type Result struct {
	Sum     int    `json:"sum"`
	Fastest [2]int `json:"fastest"` // its position and its result
	Settled []any  `json:"settled"` // a result, or why there is none
}

type progress struct {
	Stage  string `json:"stage"`
	Pieces int    `json:"pieces"`
}

// Fanout is the workflow.
func Fanout(ctx workflow.Context, in Input) (Result, error) {
	now, result := progress{"all", len(in.Numbers)}, Result{}
	workflow.OnQuery(ctx, "progress", func(workflow.None) (progress, error) { return now, nil })
	piece := func(n int, delay string) *workflow.Future[int] {
		return workflow.StartChild[int](ctx, "piece", Piece{n, delay})
	}

	// All must succeed: the first failure cancels the rest and is the failure of this run.
	var all []*workflow.Future[int]
	for _, n := range in.Numbers {
		all = append(all, piece(n, ""))
	}
	squares, err := workflow.All(ctx, all...)
	if err != nil {
		return result, err
	}
	for _, n := range squares {
		result.Sum += n
	}

	// The first one counts, the others are cancelled.
	now.Stage = "race"
	var race []workflow.Waitable
	var racing []*workflow.Future[int]
	for _, n := range []int{3, 1, 2} {
		f := piece(n, fmt.Sprintf("%dms", 200+100*n))
		race, racing = append(race, f), append(racing, f)
	}
	first := workflow.Race(ctx, race...)
	fastest, err := racing[first].Get(ctx)
	if err != nil {
		return result, err
	}
	result.Fastest = [2]int{first, fastest}

	// Failures are values: nothing is cancelled, and nothing fails this run.
	now.Stage = "settled"
	for _, o := range workflow.Settled(ctx, piece(4, ""), piece(-1, "")) {
		if e := (*workflow.Error)(nil); errors.As(o.Err, &e) {
			result.Settled = append(result.Settled, e.Message)
		} else {
			result.Settled = append(result.Settled, o.Value)
		}
	}
	now.Stage = "done"
	return result, nil
}

func main() {
	workflow.RegisterFunc(Fanout)
	workflow.RegisterFunc(Square)
}
