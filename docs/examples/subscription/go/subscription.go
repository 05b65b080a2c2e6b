// Subscription charges once a period until it is stopped or not paid, and listens all the while.
//
// A history must not grow for ever, so after a few periods the run continues as new: the next run
// of the same workflow id starts with what this one hands on, and signals that nobody has taken yet
// come along.
package main

import (
	"cmp"
	"time"

	"aion.dev/aion/sdk/go/workflow"
)

const periods = 3 // in one run

var prices = map[string]int{"basic": 5, "pro": 20}

// State is the input, what the query of that name answers, and what one run hands on to the next.
type State struct {
	Customer string `json:"customer"`
	Plan     string `json:"plan"`
	Billed   int    `json:"billed"`
	Total    int    `json:"total"`
	Period   string `json:"period"`
}

// Result says how it ended.
type Result struct {
	Ended  string `json:"ended"`
	Billed int    `json:"billed"`
	Total  int    `json:"total"`
}

type bill struct {
	Customer string `json:"customer"`
	Amount   int    `json:"amount"`
	Period   int    `json:"period"` // with the customer, the key under which the bank takes it once
}

// Subscription is the workflow.
func Subscription(ctx workflow.Context, state *State) (Result, error) {
	state.Customer = cmp.Or(state.Customer, workflow.Info(ctx).WorkflowID)
	state.Period = cmp.Or(state.Period, "720h")
	period, err := time.ParseDuration(state.Period)
	if err != nil {
		return Result{}, err
	}
	workflow.OnQuery(ctx, "state", func(workflow.None) (*State, error) { return state, nil })

	end := func(why string) (Result, error) { return Result{why, state.Billed, state.Total}, nil }
	for range periods {
		if goesOn, err := state.wait(ctx, period); err != nil {
			return Result{}, err
		} else if !goesOn {
			return end("stopped")
		}
		if paid, err := state.charge(ctx); err != nil {
			return Result{}, err
		} else if !paid {
			return end("unpaid")
		}
	}
	return Result{}, workflow.ContinueAsNew(ctx, state)
}

// wait waits for the end of a period and takes the signals that come. It returns false if the
// subscription is stopped.
func (s *State) wait(ctx workflow.Context, period time.Duration) (bool, error) {
	end := workflow.Now(ctx).Add(period)
	for {
		left := max(end.Sub(workflow.Now(ctx)), 0)
		timer, change, stop := workflow.NewTimer(ctx, left), workflow.StartSignal[string](ctx, "change_plan"), workflow.StartSignal[any](ctx, "stop")
		workflow.Race(ctx, timer, change, stop) // cancels the others, but several may have come at once: so look at each
		_, over := timer.Get(ctx)
		plan, unchanged := change.Get(ctx)
		if _, known := prices[plan]; unchanged == nil && known {
			s.Plan = plan
		}
		if _, err := stop.Get(ctx); err == nil {
			return false, nil
		}
		if over == nil {
			return true, nil
		}
		if unchanged != nil { // none of the three: the run is to be cancelled
			return false, over
		}
	}
}

// charge charges for the period that is over. It returns false if the customer cannot pay; a bank
// that is down is asked until it is up again.
func (s *State) charge(ctx workflow.Context) (bool, error) {
	amount := prices[s.Plan]
	_, err := workflow.Activity[any](ctx, "charge_subscription", bill{s.Customer, amount, s.Billed + 1},
		workflow.Retry{Backoff: time.Second, MaxBackoff: 10 * time.Minute}, workflow.Timeout(15*time.Second))
	if workflow.Kind(err) == "card_declined" {
		return false, nil
	}
	if err != nil {
		return false, err // the end of the run: cancelled, if it was asked to end meanwhile
	}
	s.Billed++
	s.Total += amount
	return true, nil
}

func main() { workflow.RegisterFunc(Subscription) }
