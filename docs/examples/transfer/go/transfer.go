// Transfer moves money between accounts at two banks. Large transfers need approvals, up to a
// deadline.
//
// Approvals are updates: who approves hears at once whether it counts. From the withdrawal on there
// is no way out in the middle: the money is either on the other account or back on the first one,
// whatever fails and whoever cancels.
package main

import (
	"fmt"
	"slices"
	"time"

	"aion.dev/aion/sdk/go/workflow"
)

const (
	free     = 1000 // up to this amount nobody is asked
	needed   = 2    // approvals for more
	deadline = 48 * time.Hour
)

var bank = workflow.Retry{Backoff: 200 * time.Millisecond, MaxBackoff: time.Minute, NonRetryable: []string{"insufficient_funds", "account_closed"}}

// Order is the input.
type Order struct {
	From      string   `json:"from"`
	To        string   `json:"to"`
	Amount    int      `json:"amount"`
	Approvers []string `json:"approvers"`
	Deadline  string   `json:"deadline"` // in place of 48h
}

// State is what the query of that name answers.
type State struct {
	Stage    string   `json:"stage"`
	Approved []string `json:"approved"`
	Rejected *string  `json:"rejected"` // by whom
}

// Result says where the money is.
type Result struct {
	Status   string   `json:"status"`
	Because  *string  `json:"because"`
	Approved []string `json:"approved"`
}

// Count answers an approval.
type Count struct {
	Approvals int `json:"approvals"`
	Needed    int `json:"needed"`
}

// movement is what a bank is asked for. The transfer's id is the key under which it carries it out
// once.
type movement struct {
	Transfer string `json:"transfer"`
	Account  string `json:"account"`
	Amount   int    `json:"amount"`
}

// transfer is one under way.
type transfer struct {
	ctx   workflow.Context
	id    string
	order Order
	state State
}

// Transfer is the workflow.
func Transfer(ctx workflow.Context, order Order) (Result, error) {
	t := &transfer{ctx, workflow.Info(ctx).WorkflowID, order, State{Stage: "new", Approved: []string{}}}
	workflow.OnQuery(ctx, "state", func(workflow.None) (State, error) { return t.state, nil })
	workflow.SetAttributes(ctx, workflow.Attributes{"from": order.From, "to": order.To, "amount": order.Amount})

	if because, err := t.approvals(); err != nil {
		return Result{}, err
	} else if because != "" {
		return t.done("refused", because), nil
	}
	if err := t.move("withdraw", order.From); err != nil {
		if because := workflow.Kind(err); slices.Contains(bank.NonRetryable, because) {
			return t.done("refused", because), nil // nothing has happened
		}
		return t.back(err) // an attempt that failed may have had its effect
	}
	if workflow.Cancelled(ctx) {
		return t.back(workflow.ErrCancelled)
	}
	if err := t.move("deposit", order.To, workflow.OnCancelIgnore); err != nil { // it is too late to call it off
		return t.back(err)
	}
	return t.done("transferred", ""), nil
}

// approvals waits for approvals. It says in a word why there are not enough.
func (t *transfer) approvals() (because string, err error) {
	if t.order.Amount <= free {
		return "", nil
	}
	t.state.Stage = "waiting for approvals"
	patience := deadline
	if t.order.Deadline != "" {
		if patience, err = time.ParseDuration(t.order.Deadline); err != nil {
			return "", err
		}
	}
	may := func(by string) error {
		switch {
		case !slices.Contains(t.order.Approvers, by):
			return fmt.Errorf("%s is not asked", by)
		case slices.Contains(t.state.Approved, by):
			return fmt.Errorf("%s has approved already", by)
		}
		return nil
	}
	workflow.OnUpdate(t.ctx, "approve", func(_ workflow.Context, by string) (Count, error) {
		t.state.Approved = append(t.state.Approved, by)
		return Count{len(t.state.Approved), needed}, nil
	}, may)
	workflow.OnUpdate(t.ctx, "reject", func(_ workflow.Context, by string) (any, error) {
		t.state.Rejected = &by
		return nil, nil
	}, may)
	enough, err := workflow.Until(t.ctx, func() bool { return len(t.state.Approved) >= needed || t.state.Rejected != nil }, workflow.Timeout(patience))
	switch {
	case err != nil:
		return "", err
	case !enough:
		return "deadline", nil
	case t.state.Rejected != nil:
		return "rejected", nil
	}
	return "", nil
}

// move makes one movement.
func (t *transfer) move(activity, account string, options ...workflow.ActivityOption) error {
	t.state.Stage = activity
	_, err := workflow.Activity[any](t.ctx, activity, movement{t.id, account, t.order.Amount}, append(options, bank, workflow.Timeout(30*time.Second))...)
	return err
}

// back brings the money back, without limit: a bank that is down is asked until it is up again. It
// is harmless if nothing was withdrawn.
func (t *transfer) back(why error) (Result, error) {
	t.state.Stage = "bringing it back"
	_, err := workflow.Activity[any](t.ctx, "deposit", movement{t.id + ":back", t.order.From, t.order.Amount}, workflow.Retry{}, workflow.OnCancelIgnore)
	return t.done("brought back", workflow.Kind(why)), err
}

func (t *transfer) done(status, because string) Result {
	t.state.Stage = status
	r := Result{Status: status, Approved: t.state.Approved}
	if because != "" {
		r.Because = &because
	}
	return r
}

func main() { workflow.RegisterFunc(Transfer) }
