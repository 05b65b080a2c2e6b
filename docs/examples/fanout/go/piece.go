package main

import (
	"cmp"
	"fmt"
	"time"

	"aion.dev/aion/sdk/go/workflow"
)

// Piece is the input of a piece of the job.
type Piece struct {
	Number int    `json:"number"`
	Delay  string `json:"delay,omitempty"` // in place of 100ms
}

// Square does one piece of the job. A child runs the version of its parent if the parent's package
// has its type.
func Square(ctx workflow.Context, in Piece) (int, error) {
	delay, err := time.ParseDuration(cmp.Or(in.Delay, "100ms"))
	if err != nil {
		return 0, err
	}
	if err := workflow.Sleep(ctx, delay); err != nil {
		return 0, err
	}
	if in.Number < 0 {
		return 0, fmt.Errorf("%d is negative", in.Number)
	}
	return in.Number * in.Number, nil
}
