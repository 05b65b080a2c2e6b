package engine

import (
	"fmt"
	"strings"
	"time"

	"aion.dev/aion/engine/replay"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

// StartOptions is what a start asks for beside a run.
type StartOptions struct {
	Signal   *Letter
	IfOpen   string // refuse, signal, use or terminate; empty = refuse
	IfClosed string // allow, failed_only or refuse; empty = allow
	Delay    time.Duration

	Retry        *history.Retry // of the whole run; nil = it is not tried again
	ChainTimeout time.Duration  // of the run with all that continue it, or try again; 0 = none
}

// Letter is a signal that comes with a start.
type Letter struct {
	Name    string
	Payload history.Payload
}

var (
	ifOpen        = []string{fsm.OpenRefuse: "refuse", fsm.OpenSignal: "signal", fsm.OpenUse: "use", fsm.OpenTerminate: "terminate"}
	ifClosed      = []string{fsm.ClosedAllow: "allow", fsm.ClosedFailedOnly: "failed_only", fsm.ClosedRefuse: "refuse"}
	startOutcomes = []string{fsm.OutcomeStarted: "started", fsm.OutcomeSignalled: "signalled", fsm.OutcomeUsed: "used"}
)

// OutcomeName is what a start came to, as callers see it.
func OutcomeName(o fsm.StartOutcome) string { return startOutcomes[min(int(o), len(startOutcomes)-1)] }

// choice reads one of several words; empty is the first.
func choice(field, word string, words []string) (int, error) {
	for n, w := range words {
		if word == w || word == "" {
			return n, nil
		}
	}
	return 0, invalid(field, "is not one of %s", strings.Join(words, ", "))
}

// options checks what a start asks for; nil = nothing but a run.
func (e *Engine) options(r *StartOptions) (*fsm.StartOptions, error) {
	open, err := choice("if_open", r.IfOpen, ifOpen)
	if err != nil {
		return nil, err
	}
	closed, err := choice("if_closed", r.IfClosed, ifClosed)
	if err != nil {
		return nil, err
	}
	o := &fsm.StartOptions{IfOpen: fsm.IfOpen(open), IfClosed: fsm.IfClosed(closed), Delay: history.Duration(r.Delay)}
	if r.Delay < 0 || r.Delay > MaxTimeout {
		return nil, invalid("delay", "is %s; more than 0s and at most %s is allowed", r.Delay, MaxTimeout)
	}
	if r.ChainTimeout < 0 || r.ChainTimeout > MaxTimeout {
		return nil, invalid("chain_timeout", "is %s; more than 0s and at most %s is allowed", r.ChainTimeout, MaxTimeout)
	}
	if o.ChainTimeout = history.Duration(r.ChainTimeout); r.Retry != nil {
		if err := checkRetry(r.Retry); err != nil {
			return nil, err
		}
		o.Retry = r.Retry
	}
	if s := r.Signal; s != nil {
		if err := checkNameOf("signal.name", s.Name); err != nil {
			return nil, err
		}
		if err := e.checkPayload("signal.payload", s.Payload); err != nil {
			return nil, err
		}
		o.Signal = &fsm.StartSignal{Name: s.Name, Payload: s.Payload, MaxWaiting: e.limits.WaitingSignals}
	} else if o.IfOpen == fsm.OpenSignal {
		return nil, invalid("if_open", "is signal, and there is no signal: give its name")
	}
	if *o == (fsm.StartOptions{}) {
		return nil, nil
	}
	return o, e.atLevel(5)
}

// Bounds of the kinds of failures that a retry policy names.
const (
	mostKinds     = 100
	mostKindBytes = 200
)

func checkRetry(r *history.Retry) error {
	if err := replay.CheckRetry(r); err != nil {
		return invalid("retry", "%s", strings.TrimPrefix(err.Error(), "retry: "))
	}
	if len(r.NonRetryable) > mostKinds {
		return invalid("retry.non_retryable", "has %d kinds; at most %d are allowed", len(r.NonRetryable), mostKinds)
	}
	for _, kind := range r.NonRetryable {
		if err := checkText("retry.non_retryable", kind, mostKindBytes); err != nil {
			return err
		}
	}
	return nil
}

// NotBegun refuses what needs a turn of a run that was started with a delay, which is not over.
type NotBegun struct {
	WorkflowID string
	RunID      history.RunID
	At         history.Time
}

// Error implements error.
func (r *NotBegun) Error() string {
	return fmt.Sprintf("run %s of workflow %q has not begun: it begins at %s", r.RunID, r.WorkflowID, r.At)
}

// Code implements wire.Refusal.
func (r *NotBegun) Code() string { return "invalid_state" }

// Facts implements wire.Refusal.
func (r *NotBegun) Facts() map[string]any {
	return map[string]any{"workflow_id": r.WorkflowID, "run_id": r.RunID.String(), "begins_at": r.At.String()}
}
