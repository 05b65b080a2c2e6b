// Account is an entity with a mailbox: an account that lives as long as it is open, and answers one
// message after another.
//
// Each workflow id is one account: who sends to "acc-7" needs to know nothing else. The state is
// the code's own variables; there is no table behind it. The run continues as new when its history
// grows long, and messages that come meanwhile are answered by the next run.
package main

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"aion.dev/aion/sdk/go/workflow"
)

// Input says whose account it is, and is what one run of the chain hands on to the next.
type Input struct {
	Of       string `json:"of"`
	Balance  int    `json:"balance"`
	Messages int    `json:"messages"` // that one run answers; 0 = 1,000
}

// Result is what was left.
type Result struct {
	Balance int `json:"balance"`
}

type notice struct {
	To   string `json:"to"`
	Text string `json:"text"`
}

// Account is the workflow.
func Account(ctx workflow.Context, in Input) (Result, error) {
	in.Messages = cmp.Or(in.Messages, 1000)
	answered, closed := 0, false

	positive := func(amount int) error {
		if amount <= 0 {
			return errors.New("an amount is a positive whole number")
		}
		return nil
	}
	covered := func(amount int) error { // read-only: asked before the withdrawal is in the log, and refused without a trace
		if amount > in.Balance {
			return fmt.Errorf("the balance is %d", in.Balance)
		}
		return nil
	}
	change := func(by int) (int, error) {
		in.Balance += by
		answered++
		return in.Balance, nil
	}

	workflow.OnQuery(ctx, "balance", func(workflow.None) (int, error) { return in.Balance, nil })
	workflow.OnUpdate(ctx, "deposit", func(_ workflow.Context, amount int) (int, error) { return change(amount) }, positive)
	workflow.OnUpdate(ctx, "withdraw", func(_ workflow.Context, amount int) (int, error) { return change(-amount) }, positive, covered)
	workflow.OnUpdate(ctx, "close", func(workflow.Context, workflow.None) (int, error) {
		closed = true
		return in.Balance, nil
	})

	_, err := workflow.Until(ctx, func() bool { return closed || answered >= in.Messages || workflow.Info(ctx).ContinueSuggested })
	if err != nil {
		return Result{}, err
	}
	if closed {
		_, err := workflow.Activity[any](ctx, "notify", notice{in.Of, fmt.Sprintf("closed with %d", in.Balance)}, workflow.Retry{}, workflow.Timeout(time.Minute))
		return Result{in.Balance}, err
	}
	return Result{}, workflow.ContinueAsNew(ctx, &in)
}

func main() { workflow.RegisterFunc(Account) }
