// Approval is a decision of a human: it asks one person after another, reminds each of them, and
// takes the first decision that comes. That is the signal "decision", which may come at any time,
// also before somebody is asked.
package main

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"aion.dev/aion/sdk/go/workflow"
)

const (
	remind    = 24 * time.Hour // how long a person is left in peace
	reminders = 2              // until the next one is asked
)

// Request is the input.
type Request struct {
	About     string   `json:"about"`
	Author    string   `json:"author"`
	Approvers []string `json:"approvers"`
	Remind    string   `json:"remind"` // in place of 24h
}

// Decision is the payload of the signal.
type Decision struct {
	Approve bool   `json:"approve"`
	By      string `json:"by"`
	Comment string `json:"comment"`
}

// State is what the query of that name answers.
type State struct {
	Status    string   `json:"status"`
	Asked     []string `json:"asked"`
	Reminders int      `json:"reminders"`
}

// Result is a decision, or says that nobody has made one.
type Result struct {
	Status    string   `json:"status"`
	By        *string  `json:"by"`
	Asked     []string `json:"asked"`
	Reminders int      `json:"reminders"`
}

type notice struct {
	To   string `json:"to"`
	Text string `json:"text"`
}

// Approval is the workflow.
func Approval(ctx workflow.Context, request Request) (Result, error) {
	state := &State{Status: "waiting", Asked: []string{}}
	workflow.OnQuery(ctx, "state", func(workflow.None) (*State, error) { return state, nil })

	for _, person := range request.Approvers {
		state.Asked = append(state.Asked, person)
		workflow.SetAttributes(ctx, workflow.Attributes{"waiting_for": person}) // aion-node list --attr waiting_for=ada
		decision, err := ask(ctx, state, request, person)
		if err != nil {
			return Result{}, err
		}
		if decision != nil {
			status := "rejected"
			if decision.Approve {
				status = "approved"
			}
			by := cmp.Or(decision.By, person)
			return closed(ctx, state, request, status, &by)
		}
	}
	return closed(ctx, state, request, "expired", nil)
}

// ask asks one person and reminds them. It returns their decision, or anybody's; nil if none came
// in time.
func ask(ctx workflow.Context, state *State, request Request, person string) (*Decision, error) {
	peace := remind
	if request.Remind != "" {
		var err error
		if peace, err = time.ParseDuration(request.Remind); err != nil {
			return nil, err
		}
	}
	for n := range 1 + reminders {
		text := "please decide"
		if n > 0 {
			text = fmt.Sprintf("reminder %d", n)
		}
		if err := notify(ctx, person, text+": "+request.About); err != nil {
			return nil, err
		}
		if n > 0 {
			state.Reminders++
		}
		decision, err := workflow.Signal[Decision](ctx, "decision", workflow.Timeout(peace))
		if !errors.Is(err, workflow.ErrTimeout) {
			return &decision, err
		}
	}
	return nil, nil
}

func closed(ctx workflow.Context, state *State, request Request, status string, by *string) (Result, error) {
	state.Status = status
	workflow.SetAttributes(ctx, workflow.Attributes{"waiting_for": nil})
	err := notify(ctx, request.Author, status+": "+request.About)
	return Result{status, by, state.Asked, state.Reminders}, err
}

// notify tries without limit: a mail server that is down comes back.
func notify(ctx workflow.Context, to, text string) error {
	_, err := workflow.Activity[any](ctx, "notify", notice{to, text}, workflow.Retry{Backoff: time.Second, MaxBackoff: 5 * time.Minute}, workflow.Timeout(time.Minute))
	return err
}

func main() { workflow.RegisterFunc(Approval) }
