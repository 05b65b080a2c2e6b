package clustertest

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

// TestCommandsThatStayTogether: they stand in one entry, in their order, among commands of others,
// and each has its own result; what does not fit into one entry is not proposed at all.
func TestCommandsThatStayTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(t, 3)
		hold(t, c, "a")
		leader := c.Leader()
		if !leader.Alike() {
			t.Error("nodes of one build are said to differ")
		}
		signal := func(name string, size int) fsm.Envelope {
			return fsm.Envelope{Command: &fsm.SignalRun{Run: fsm.RunRef{WorkflowID: "a"}, Name: name, Payload: make(history.Payload, size), MaxWaiting: 1000}}
		}
		ctx := within(10 * time.Second)
		others := make(chan error, 50)
		for range cap(others) {
			go func() { _, err := leader.Propose(ctx, signal("other", 10)); others <- err }()
		}
		for range 20 {
			results, err := leader.ProposeTogether(ctx, signal("one", 10), fsm.Envelope{Command: &fsm.SignalRun{Run: fsm.RunRef{WorkflowID: "nobody"}, Name: "s"}}, signal("two", 10))
			if err != nil || len(results) != 3 {
				t.Fatalf("got %+v, %v", results, err)
			}
			if results[0].Refusal != nil || results[1].Refusal == nil || results[2].Refusal != nil || results[0].Index != results[2].Index {
				t.Errorf("got %+v", results)
			}
		}
		for range cap(others) {
			must(t, fsm.Result{}, <-others)
		}
		_, err := leader.ProposeTogether(ctx, signal("big", 5<<20), signal("big", 5<<20))
		if !errors.Is(err, engine.ErrApart) {
			t.Errorf("10 MiB in one entry: %v", err)
		}
		var dear []fsm.Envelope
		for work := uint64(0); work <= fsm.EntryBudget; work += fsm.Estimate(dear[0].Command) {
			dear = append(dear, fsm.Envelope{Command: &fsm.LeaseTasks{Queue: "q", Activities: []string{"a"}, Worker: "w", Max: 1000}})
		}
		if _, err := leader.ProposeTogether(ctx, dear...); !errors.Is(err, engine.ErrApart) {
			t.Errorf("more work in one entry than its budget: %v", err)
		}
		if _, err := leader.ProposeTogether(ctx, dear[1:]...); err != nil {
			t.Errorf("as much work as an entry may cost: %v", err)
		}
		leader.View(func(v fsm.View) {
			id, _ := v.Latest("a")
			before := ""
			n := 0
			for _, e := range v.Events(id, 1, 1000) {
				s, ok := e.Data.(*history.SignalReceived)
				if ok && s.Name == "big" {
					t.Error("a part of what did not fit was proposed")
				}
				if ok && (s.Name == "two") != (before == "one") {
					t.Errorf("%q came after %q", s.Name, before)
				}
				if ok {
					before = s.Name
					n++
				}
			}
			if n != 90 {
				t.Errorf("%d signals, want 90", n)
			}
		})
	})
}
