package enginetest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/await"
)

// anyTime reads the current state, even if no node leads: one replica is never stale.
var anyTime = engine.Read{Stale: true}

// The methods of this file fail the test when the call fails; tests that expect a refusal call the
// engine itself.

// Deploy loads a package and routes all its types to it.
func (n *Node) Deploy(archive []byte) *fsm.LoadAnswer {
	n.t.Helper()
	answer, _, err := n.LoadPackage(context.Background(), engine.LoadRequest{Archive: archive, Route: true})
	if err != nil {
		n.t.Fatalf("deploy: %v", err)
	}
	return answer
}

// Begin starts a run and returns a reference to it by run id.
func (n *Node) Begin(typ, input string) fsm.RunRef {
	n.t.Helper()
	return n.BeginWith(engine.StartRequest{Type: typ, Input: history.Payload(input)})
}

// BeginWith is Begin with all options.
func (n *Node) BeginWith(r engine.StartRequest) fsm.RunRef {
	n.t.Helper()
	answer, _, err := n.Start(context.Background(), r)
	if err != nil {
		n.t.Fatalf("start %s: %v", r.Type, err)
	}
	return fsm.RunRef{WorkflowID: answer.WorkflowID, RunID: answer.RunID}
}

// Send sends a signal.
func (n *Node) Send(ref fsm.RunRef, name, payload string) {
	n.t.Helper()
	if _, _, err := n.Signal(context.Background(), engine.Call{}, ref, name, history.Payload(payload)); err != nil {
		n.t.Fatalf("signal %s: %v", name, err)
	}
}

// Await waits until a run has closed, as long as that takes in the node's time: in a bubble, a year
// passes quickly. In real time it waits at most await.Patience, so that a stuck run does not block
// the test binary.
func (n *Node) Await(ref fsm.RunRef) *engine.Result {
	n.t.Helper()
	for limit := await.Until(await.Patience); ; {
		res, err := n.Result(context.Background(), anyTime, ref, engine.MaxWait)
		if err != nil {
			n.t.Fatalf("result of %s: %v", ref.WorkflowID, err)
		}
		if !res.Status.Open() {
			return res
		}
		if limit.Over() {
			n.t.Fatalf("%s is still %s: it does not end", ref.WorkflowID, res.Status)
		}
	}
}

// Outcome waits until a run has closed and returns its result in one line: `completed 42`, `failed
// kind: message`.
func (n *Node) Outcome(ref fsm.RunRef) string {
	n.t.Helper()
	return Tell(n.Await(ref))
}

// Tell formats a result in one line.
func Tell(r *engine.Result) string {
	switch {
	case r.Error != nil:
		return fmt.Sprintf("%s %s", r.Status, r.Error.Error())
	case len(r.Result) > 0:
		return fmt.Sprintf("%s %s", r.Status, r.Result)
	}
	return r.Status.String()
}

// Ask queries a run.
func (n *Node) Ask(ref fsm.RunRef, name string) string {
	n.t.Helper()
	result, _, err := n.Query(context.Background(), engine.Read{}, ref, name, nil)
	if err != nil {
		n.t.Fatalf("query %s: %v", name, err)
	}
	return string(result)
}

// Events returns a whole history.
func (n *Node) Events(ref fsm.RunRef) []history.Event {
	n.t.Helper()
	var all []history.Event
	for from := uint64(1); ; {
		events, next, _, err := n.History(context.Background(), anyTime, ref, from, engine.MaxPage, 0)
		if err != nil {
			n.t.Fatalf("history of %s: %v", ref.WorkflowID, err)
		}
		all = append(all, events...)
		if next == 0 || len(events) == 0 {
			return all
		}
		from = next
	}
}

// Types returns the types of a run's events in one line.
func (n *Node) Types(ref fsm.RunRef) string {
	n.t.Helper()
	var names []string
	for _, e := range n.Events(ref) {
		names = append(names, e.Data.Type().String())
	}
	return strings.Join(names, " ")
}

// Row returns a run's row.
func (n *Node) Row(ref fsm.RunRef) *rows.Run {
	n.t.Helper()
	d, err := n.Describe(context.Background(), anyTime, ref, 0)
	if err != nil {
		n.t.Fatalf("describe %s: %v", ref.WorkflowID, err)
	}
	return &d.Run
}

// CodeOf returns the code of an error as callers see it, "" if it has none.
func CodeOf(err error) string {
	var coded interface{ Code() string }
	if errors.As(err, &coded) {
		return coded.Code()
	}
	return ""
}
