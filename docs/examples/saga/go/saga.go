// Saga is an order as a saga: reserve the goods, charge the card, let the customer confirm, ship.
//
// There is no transaction around systems of others. So each step comes with one that takes it back,
// and when something goes wrong (a step fails, the customer calls the order off or says nothing for
// too long, somebody cancels the run) what was done is taken back, newest first. A step that is
// under way when the run is cancelled is waited for (workflow.OnCancelWait, the default): what
// takes it back must not overtake it.
package main

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"aion.dev/aion/sdk/go/workflow"
)

// Workers say which failures no further attempt would mend. The rest is bounded by time rather than
// by a number of attempts, of which a worker that is killed costs one.
var retry = workflow.Retry{Backoff: 200 * time.Millisecond, MaxBackoff: 10 * time.Second}

const (
	attempt  = workflow.Timeout(30 * time.Second)
	total    = workflow.TotalTimeout(15 * time.Minute)
	patience = 24 * time.Hour
)

// Order is the input.
type Order struct {
	Order    string  `json:"order"`
	Item     string  `json:"item"`
	Card     string  `json:"card"`
	Amount   float64 `json:"amount"`
	Address  string  `json:"address"`
	Patience string  `json:"patience"` // with the customer, such as "24h"
}

// Result says how an order ended.
type Result struct {
	Status  string   `json:"status"`
	Parcel  string   `json:"parcel,omitempty"`
	Because string   `json:"because,omitempty"`
	Undone  []string `json:"undone,omitempty"`
}

// input is what an activity is asked for.
type input struct {
	Order   string  `json:"order"`
	Item    string  `json:"item,omitempty"`
	Card    string  `json:"card,omitempty"`
	Amount  float64 `json:"amount,omitempty"`
	Address string  `json:"address,omitempty"`
}

type parcel struct {
	Parcel string `json:"parcel"`
}

// saga is an order under way.
type saga struct {
	ctx    workflow.Context
	stage  string
	undo   []undo // what takes back the steps so far
	parcel parcel
}

type undo struct {
	activity string
	input    input
}

// Saga is the workflow.
func Saga(ctx workflow.Context, order Order) (Result, error) {
	s := &saga{ctx: ctx, stage: "new"}
	workflow.OnQuery(ctx, "stage", func(workflow.None) (string, error) { return s.stage, nil })
	workflow.SetAttributes(ctx, workflow.Attributes{"order": order.Order})

	limit := patience
	if order.Patience != "" {
		var err error
		if limit, err = time.ParseDuration(order.Patience); err != nil {
			return Result{}, err
		}
	}
	trouble := s.fulfil(order, limit)
	if trouble == nil {
		return Result{Status: "shipped", Parcel: s.parcel.Parcel}, nil
	}
	undone, err := s.takeBack()
	return Result{Status: "undone", Because: workflow.Kind(trouble), Undone: undone}, err
}

// fulfil takes the steps. The error's kind says in a word what went wrong.
func (s *saga) fulfil(order Order, limit time.Duration) error {
	name := input{Order: order.Order}
	err := s.step("reserve_stock", input{Order: order.Order, Item: order.Item}, undo{"release_stock", name})
	if err == nil {
		err = s.step("charge_card", input{Order: order.Order, Card: order.Card, Amount: order.Amount}, undo{"refund_card", name})
	}
	if err == nil {
		err = s.confirmation(limit)
	}
	if err == nil {
		err = s.step("ship_order", input{Order: order.Order, Address: order.Address})
	}
	return err
}

func (s *saga) step(activity string, in input, back ...undo) error {
	// Before the step, not after it: one that failed, or whose worker died, may have had its
	// effect.
	s.undo = append(s.undo, back...)
	s.stage = activity
	var err error
	s.parcel, err = workflow.Activity[parcel](s.ctx, activity, in, retry, attempt, total)
	return err
}

// confirmation waits for the customer, whose answer races the time-out: whichever is recorded first
// counts, on every node and at every replay.
func (s *saga) confirmation(limit time.Duration) error {
	s.stage = "waiting for confirmation"
	answer, err := workflow.Signal[any](s.ctx, "confirm", workflow.Timeout(limit))
	if err != nil {
		return err // timeout, or cancelled
	}
	if answer == false {
		return workflow.Fail("called_off", "the customer says no")
	}
	return nil
}

func (s *saga) takeBack() ([]string, error) {
	s.stage = "taking back"
	var undone []string
	for _, u := range slices.Backward(s.undo) {
		// Without limit, and whoever cancels: there is no third way.
		_, err := workflow.Activity[any](s.ctx, u.activity, u.input, workflow.Retry{}, workflow.OnCancelIgnore)
		if e := (*workflow.Error)(nil); errors.As(err, &e) {
			return nil, fmt.Errorf("%s: %s", u.activity, e.Message)
		}
		undone = append(undone, u.activity)
	}
	return undone, nil
}

func main() { workflow.RegisterFunc(Saga) }
