// Order is an order: reserve, wait for somebody's approval, ship.
package main

import (
	"errors"
	"time"

	"aion.dev/aion/sdk/go/workflow"
)

const (
	reserve  = 500 * time.Millisecond // short for the demo; hours in real life
	approval = workflow.Timeout(72 * time.Hour)
	pack     = 500 * time.Millisecond
)

// Input is what is ordered.
type Input struct {
	ID     string `json:"id"`
	Amount int    `json:"amount"`
}

// State is what the query "order" answers.
type State struct {
	Stage string `json:"stage"`
	Total int    `json:"total"`
}

// Result is what was shipped.
type Result struct {
	ID         string `json:"id"`
	Code       string `json:"code"`
	Total      int    `json:"total"`
	Shipping   string `json:"shipping"`
	ApprovedBy string `json:"approved_by"`
}

// Order is the workflow.
func Order(ctx workflow.Context, in Input) (Result, error) {
	order := State{"reserving", price(in)}
	workflow.OnQuery(ctx, "stage", func(workflow.None) (string, error) { return order.Stage, nil })
	workflow.OnQuery(ctx, "order", func(workflow.None) (State, error) { return order, nil })
	workflow.SetAttributes(ctx, workflow.Attributes{"amount": in.Amount})

	if err := workflow.Sleep(ctx, reserve); err != nil {
		return Result{}, err
	}

	order.Stage = "awaiting approval"
	approved, err := workflow.Signal[struct{ By string }](ctx, "approval", approval)
	if errors.Is(err, workflow.ErrTimeout) {
		return Result{}, errors.New("not approved in time")
	}
	if err != nil {
		return Result{}, err
	}

	order.Stage = "packing"
	if err := workflow.Sleep(ctx, pack); err != nil {
		return Result{}, err
	}

	order.Stage = "shipped"
	return Result{in.ID, "v3", order.Total, shipping(in), approved.By}, nil
}

func main() { workflow.RegisterFunc(Order) }
