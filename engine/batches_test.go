package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

var ofTypeW = rows.Condition{Field: rows.OfType, Op: rows.Equal, Text: "w"}

// batch begins a batch and waits for its end.
func batch(t *testing.T, n *enginetest.Node, r engine.BatchRequest, meanwhile func()) (rows.Batch, []rows.BatchFailure) {
	t.Helper()
	if r.Spec.Where == nil {
		r.Spec.Where = []rows.Condition{ofTypeW}
	}
	a, _, err := n.StartBatch(background, engine.Call{Actor: "ada"}, r)
	if err != nil {
		t.Fatal(err)
	}
	if meanwhile != nil {
		meanwhile()
	}
	for range 600 {
		time.Sleep(time.Second)
		b, failures, _, err := n.Batch(background, engine.Read{}, a.Batch.ID, engine.MaxPage, 0)
		if err != nil {
			t.Fatal(err)
		}
		if b.Status != rows.BatchRunning {
			return b, failures
		}
	}
	t.Fatal("the batch does not end")
	return rows.Batch{}, nil
}

// A batch does its operation once to each run that began before it, at its rate, and through
// leaders that end in the middle.
func TestBatchGoesOnWithTheNextLeader(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, enginetest.Code{"w": "def run(ctx, input):\n    n = 0\n    while ctx.signal(\"go\") == 1:\n        n += 1\n    return n\n"}))
		var all []fsm.RunRef
		for i := range 125 {
			all = append(all, n.BeginWith(engine.StartRequest{Type: "w", WorkflowID: fmt.Sprint("w", i)}))
		}
		began := time.Now()
		var late fsm.RunRef
		b, failures := batch(t, n, engine.BatchRequest{Spec: rows.BatchSpec{Op: rows.BatchSignal, Signal: "go", Payload: history.Payload("1"), Rate: 25}}, func() {
			late = n.BeginWith(engine.StartRequest{Type: "w", WorkflowID: "late"})
			for range 3 {
				time.Sleep(1500 * time.Millisecond)
				n.Depose()
				n.Elect()
			}
			n.Restart()
		})
		if b.Done != 125 || b.Found != 125 || b.Failed != 0 || len(failures) != 0 || b.Actor != "ada" {
			t.Fatalf("%+v", b)
		}
		if took := time.Since(began); took < 4*time.Second {
			t.Errorf("125 runs at 25 a second took %s", took)
		}
		for _, ref := range append(all, late) {
			n.Send(ref, "go", "2")
		}
		for _, ref := range all {
			if got := n.Outcome(ref); got != "completed 1" {
				t.Fatalf("%s: %s", ref.WorkflowID, got)
			}
		}
		equal(t, "one that began later", n.Outcome(late), "completed 0")
	})
}

// Runs are moved and reopened with proof; what cannot be is listed with its reason.
func TestBatchesWithProof(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		v1 := n.Deploy(packed(t, movedCode)).Package.Version
		v2 := n.Deploy(packed(t, strings.ReplaceAll(movedCode, "OLD", "new"))).Package.Version
		v3 := n.Deploy(packed(t, strings.Replace(movedCode, `"1s"`, `"2s"`, 1))).Package.Version
		var all []fsm.RunRef
		for i := range 25 {
			all = append(all, n.BeginWith(engine.StartRequest{Type: "w", WorkflowID: fmt.Sprint("w", i), Version: v1.String()}))
		}
		time.Sleep(2 * time.Second)
		b, _ := batch(t, n, engine.BatchRequest{To: v2.String()[:12], Spec: rows.BatchSpec{Op: rows.BatchMove}}, nil)
		if b.Done != 25 || b.Failed != 0 {
			t.Errorf("moved: %+v", b)
		}
		b, failures := batch(t, n, engine.BatchRequest{To: v3.String(), Spec: rows.BatchSpec{Op: rows.BatchMove}}, nil)
		if b.Done != 0 || b.Failed != 25 || len(failures) != 25 || failures[0].Code != "invalid_state" || !strings.Contains(failures[0].Detail, "does not replay") {
			t.Errorf("not moved: %+v %+v", b, failures[:min(1, len(failures))])
		}
		b, _ = batch(t, n, engine.BatchRequest{Spec: rows.BatchSpec{Op: rows.BatchTerminate, Reason: "enough"}}, nil)
		if b.Done != 25 {
			t.Errorf("terminated: %+v", b)
		}
		b, failures = batch(t, n, engine.BatchRequest{Spec: rows.BatchSpec{Op: rows.BatchReopen, Reason: "not enough", Where: []rows.Condition{ofTypeW, {Field: rows.OfStatus, Op: rows.Equal, Status: history.StatusTerminated}}}}, nil)
		if b.Done != 25 || b.Failed != 0 {
			t.Errorf("reopened: %+v %+v", b, failures)
		}
		for _, ref := range all {
			n.Send(ref, "go", "1")
		}
		for _, ref := range all {
			equal(t, ref.WorkflowID, n.Outcome(ref), `completed "new"`)
		}
	})
}

func TestBatchesAreChecked(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(packed(t, movedCode))
		where := []rows.Condition{ofTypeW}
		for name, r := range map[string]engine.BatchRequest{
			"no conditions": {Spec: rows.BatchSpec{Op: rows.BatchPause}}, "a rate": {Spec: rows.BatchSpec{Op: rows.BatchPause, Where: where, Rate: 10_001}},
			"a reason to resume": {Spec: rows.BatchSpec{Op: rows.BatchResume, Where: where, Reason: "r"}}, "a move without a version": {Spec: rows.BatchSpec{Op: rows.BatchMove, Where: where}},
			"a pause with one": {To: "abcdef", Spec: rows.BatchSpec{Op: rows.BatchPause, Where: where}}, "a signal without a name": {Spec: rows.BatchSpec{Op: rows.BatchSignal, Where: where}},
			"a pause with a payload": {Spec: rows.BatchSpec{Op: rows.BatchPause, Where: where, Payload: history.Payload("1")}},
			"a condition":            {Spec: rows.BatchSpec{Op: rows.BatchPause, Where: []rows.Condition{{Field: rows.OfAttribute, Op: rows.Above, Name: "a", Value: history.Payload("[]")}}}},
		} {
			if _, _, err := n.StartBatch(background, engine.Call{}, r); enginetest.CodeOf(err) != "invalid_input" {
				t.Errorf("%s: %v", name, err)
			}
		}
		_, _, err := n.StartBatch(background, engine.Call{}, engine.BatchRequest{To: "abcdef", Spec: rows.BatchSpec{Op: rows.BatchMove, Where: where}})
		refused(t, err, "unknown_version")
		_, _, err = n.StopBatch(background, engine.Call{}, "nothing")
		refused(t, err, "not_found")
		_, _, _, err = n.Batch(background, engine.Read{}, "nothing", 1, 0)
		refused(t, err, "not_found")
		a, _, err := n.StartBatch(background, engine.Call{}, engine.BatchRequest{Spec: rows.BatchSpec{Op: rows.BatchPause, Where: where}})
		if err != nil {
			t.Fatal(err)
		}
		if list, next, _, err := n.Batches(background, engine.Read{}, 1, ""); err != nil || len(list) != 1 || next != "" || list[0].ID != a.Batch.ID {
			t.Errorf("%+v %q %v", list, next, err)
		}
	})
}

// A batch of resets takes open runs and closed ones, each once, and tells which have no such point.
func TestBatchOfResets(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, enginetest.Code{"w": "def run(ctx, input):\n    a = ctx.activity(\"charge\", input)\n    ctx.signal(\"go\")\n    return a\n"}, enginetest.Activities("charge")))
		steps := works(n, "charge")
		steps["charge"].broken.Store(1)
		for i := range 4 {
			n.Outcome(n.BeginWith(engine.StartRequest{Type: "w", WorkflowID: fmt.Sprint("failed", i)}))
		}
		steps["charge"].broken.Store(0)
		for i := range 3 {
			n.BeginWith(engine.StartRequest{Type: "w", WorkflowID: fmt.Sprint("waits", i)})
		}
		spec := rows.BatchSpec{Op: rows.BatchReset, Rate: 100, Reason: "the bank is back"}
		b, failures := batch(t, n, engine.BatchRequest{Spec: spec, Point: &engine.Point{To: "failure"}}, nil)
		if b.Found != 7 || b.Done != 4 || len(failures) != 3 || failures[0].Code != "invalid_state" {
			t.Errorf("%+v, %+v", b, failures)
		}
		b, failures = batch(t, n, engine.BatchRequest{Spec: spec, Point: &engine.Point{To: "start"}}, nil)
		if b.Found != 7 || b.Done != 7 || len(failures) != 0 {
			t.Errorf("%+v, %+v", b, failures)
		}
		for i := range 4 {
			n.Send(fsm.RunRef{WorkflowID: fmt.Sprint("failed", i)}, "go", "")
			if got := n.Outcome(fsm.RunRef{WorkflowID: fmt.Sprint("failed", i)}); !strings.HasPrefix(got, "completed") {
				t.Errorf("run %d: %s", i, got)
			}
		}
		for name, r := range map[string]engine.BatchRequest{
			"no point":          {Spec: spec},
			"an event":          {Spec: spec, Point: &engine.Point{Event: 3}},
			"of something else": {Spec: rows.BatchSpec{Op: rows.BatchPause}, Point: &engine.Point{To: "start"}},
		} {
			r.Spec.Where = []rows.Condition{ofTypeW}
			if _, _, err := n.StartBatch(background, engine.Call{}, r); enginetest.CodeOf(err) != "invalid_input" {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
