package main

import (
	"fmt"
	"time"

	"aion.dev/aion/sdk/go/workflow"
)

type stock struct {
	Sold []int `json:"sold"`
}

type day struct {
	Sold    []int  `json:"sold"`
	InTime  bool   `json:"in_time"`
	Release string `json:"release"`
}

func shop(ctx workflow.Context, state *stock) (day, error) {
	if state.Sold == nil {
		state.Sold = []int{}
	}
	closed, seen := false, 0
	workflow.OnUpdate(ctx, "sell", func(ctx workflow.Context, item number) (*stock, error) {
		seen++
		out, err := workflow.Activity[number](ctx, "work", item)
		if err != nil {
			return nil, err
		}
		if err := workflow.Sleep(ctx, time.Minute); err != nil {
			return nil, err
		}
		state.Sold = append(state.Sold, out.N)
		return state, nil
	}, func(item number) error {
		if item.N > 100 {
			return fmt.Errorf("%d is too many", item.N)
		}
		return nil
	})
	workflow.OnSignal(ctx, "close", func(workflow.Context, any) error { closed = true; return nil })
	workflow.OnQuery(ctx, "sold", func(workflow.None) (*stock, error) { return state, nil })
	inTime, err := workflow.Until(ctx, func() bool { return closed || seen >= 2 }, workflow.Timeout(10*time.Hour))
	if err != nil {
		return day{}, err
	}
	if inTime && !closed {
		return day{}, workflow.ContinueAsNew(ctx, state, workflow.SameVersion)
	}
	return day{state.Sold, inTime, release}, nil
}
