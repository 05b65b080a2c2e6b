package fsm

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"pgregory.net/rapid"
)

// batchCommands is one of each kind with every field set.
func batchCommands() []Command {
	ref := RunRef{WorkflowID: "order-1", RunID: history.RunID{1, 2, 3}}
	return []Command{
		&StartBatch{ID: "b1", Spec: rows.BatchSpec{
			Op: rows.BatchSignal, DryRun: true, Rate: 5, Reason: "r", Signal: "s", Payload: history.Payload("1"), Waiting: 7, To: versionOf("v2"),
			Where: []rows.Condition{{Field: rows.OfAttribute, Op: rows.AtLeast, Name: "k", Value: history.Payload("1")}, {Field: rows.OfType, Op: rows.Prefix, Text: "or"}, {Field: rows.OfStatus, Op: rows.Not, Status: history.StatusPaused}, {Field: rows.OfVersion, Op: rows.Equal, Version: versionOf("v1")}, {Field: rows.OfStarted, Op: rows.Above, At: 9}},
		}},
		&StopBatch{ID: "b1"},
		&ActBatch{ID: "b1", Below: 9, To: 3, End: true, Acts: []BatchAct{
			{Serial: 8, RunID: ref.RunID, Reopen: &ReopenRun{Run: ref, Events: 4, Rules: 1}}, {Serial: 7, RunID: ref.RunID, Move: &MoveRun{Run: ref, From: versionOf("v1"), To: versionOf("v2"), Turns: 3}, Last: true}, {Serial: 6, RunID: ref.RunID, Code: "not_found", Detail: "gone"},
		}},
	}
}

// act is the next piece of a batch as the leader proposes it.
func (w *world) act(id string, limit int) *ActBatch {
	c := &ActBatch{ID: id}
	w.view(func(v View) {
		b, _ := v.Batch(id)
		c.Below = b.Below
		c.Acts, c.To, c.End = v.BatchNext(b, b.Below, limit)
	})
	return c
}

// TestBatchesOnce: whatever happens between two pieces, and whoever proposes them twice or late,
// the operation is done once to each run that started before the batch and meets its conditions
// when the batch comes to it, and to no other.
func TestBatchesOnce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		defer func() { w.s.Close() }()
		w.do(&LoadPackage{Package: pack("v1", "order", "refund"), Route: true})
		attrs := func() history.Attributes {
			return history.Attributes{"n": history.Payload(fmt.Sprint(rapid.IntRange(0, 9).Draw(rt, "n")))}
		}
		start := func() {
			typ := rapid.SampledFrom([]string{"order", "refund"}).Draw(rt, "type")
			w.propose(Envelope{Command: &StartRun{WorkflowID: fmt.Sprint("w", len(w.runs)), RunID: w.mint(), Type: typ, Attributes: attrs()}})
		}
		for range rapid.IntRange(1, 20).Draw(rt, "runs") {
			start()
		}
		before := len(w.runs)
		spec := rows.BatchSpec{Op: rows.BatchSignal, Signal: "go", Waiting: 10, Rate: 1, Where: []rows.Condition{{Field: rows.OfAttribute, Op: rows.AtLeast, Name: "n", Value: history.Payload("5")}}}
		var only *Scope
		if rapid.Bool().Draw(rt, "limited") {
			only = &Scope{Types: []string{"ord"}}
		}
		w.propose(Envelope{Actor: "ada", Only: only, Command: &StartBatch{ID: "b", Spec: spec}})
		signalled := map[history.RunID]bool{}
		var late []*ActBatch
		var b rows.Batch
		for b.Status = rows.BatchRunning; b.Status == rows.BatchRunning; {
			c := w.act("b", rapid.IntRange(1, 3).Draw(rt, "limit"))
			switch rapid.IntRange(0, 3).Draw(rt, "meanwhile") {
			case 0:
				start()
			case 1:
				id := w.runs[rapid.IntRange(0, len(w.runs)-1).Draw(rt, "which")]
				w.propose(Envelope{Command: &TerminateRun{Run: RunRef{RunID: id}}})
			case 2:
				id := w.runs[rapid.IntRange(0, len(w.runs)-1).Draw(rt, "which")]
				w.view(func(v View) {
					if r, ok := v.Run(id); ok && r.Status.Open() {
						late = append(late, c)
					}
				})
				if r, ok := w.find(fmt.Sprint("w", slices.Index(w.runs, id))); ok && r.Status.Open() {
					w.propose(Envelope{Command: &RecordTurn{RunID: id, N: r.Turns + 1, Through: r.Events, Asked: []history.Event{{Data: &history.AttributesUpdated{Attributes: attrs()}}}}})
				}
			}
			var should []history.RunID // of this piece, as things stand in the entry
			w.view(func(v View) {
				for _, a := range c.Acts {
					r, ok := v.Run(a.RunID)
					if ok && r.Status.Open() && spec.Where[0].Holds(&r) {
						should = append(should, a.RunID)
					}
				}
			})
			for _, id := range should {
				if signalled[id] {
					rt.Fatalf("run %s is signalled twice", id)
				}
				signalled[id] = true
			}
			w.propose(Envelope{Command: c})
			for _, l := range append(late, c) { // another leader, or the same once more
				w.propose(Envelope{Command: l})
			}
			w.view(func(v View) { b, _ = v.Batch("b") })
		}
		w.view(func(v View) {
			for i, id := range w.runs {
				r, _ := v.Run(id)
				got := 0
				for _, e := range v.Events(id, 1, 1000) {
					if _, is := e.Data.(*history.SignalReceived); is {
						got++
					}
				}
				if want := map[bool]int{true: 1}[signalled[id]]; got != want || got > 0 && (i >= before || only != nil && r.Type != "order") {
					rt.Fatalf("run %d of type %s has %d signals, want %d; %d began before the batch", i, r.Type, got, want, before)
				}
			}
			if b.Status != rows.BatchCompleted || b.Done != uint64(len(signalled)) || b.Found != b.Done || b.Failed != 0 || len(v.RunningBatches()) > 0 {
				rt.Fatalf("the batch stands at %+v after %d signals", b, len(signalled))
			}
		})
	})
}

// TestBatchOperations: each operation does what its own command does, and what is refused is listed
// with its reason.
func TestBatchOperations(t *testing.T) {
	w := newWorld(t)
	w.do(&LoadPackage{Package: pack("v1", "a"), Route: true})
	w.do(&LoadPackage{Package: pack("v2", "a")})
	for i := range 6 {
		w.start(fmt.Sprint("r", i), "a")
	}
	n := 0
	run := func(spec rows.BatchSpec, fill func(*BatchAct)) rows.Batch {
		t.Helper()
		n++
		id := fmt.Sprint("b", n)
		spec.Rate = 1
		w.do(&StartBatch{ID: id, Spec: spec})
		for range 20 {
			c := w.act(id, 4)
			for i := range c.Acts {
				if fill != nil {
					fill(&c.Acts[i])
				}
			}
			if b := w.do(c).(*BatchAnswer).Batch; b.Status != rows.BatchRunning {
				return b
			}
		}
		t.Fatal("it does not end")
		return rows.Batch{}
	}
	count := func(s history.Status) (n uint64) {
		w.view(func(v View) {
			for _, c := range v.CountRuns(RunFilter{Status: s}) {
				n += c.Count
			}
		})
		return n
	}
	want := func(b rows.Batch, found, done, failed uint64) {
		t.Helper()
		if b.Found != found || b.Done != done || b.Failed != failed || b.Status != rows.BatchCompleted {
			t.Errorf("%s: %+v, want %d found, %d done, %d failed", b.Spec.Op, b, found, done, failed)
		}
	}
	want(run(rows.BatchSpec{Op: rows.BatchPause, DryRun: true}, nil), 6, 0, 0)
	want(run(rows.BatchSpec{Op: rows.BatchPause}, nil), 6, 6, 0)
	want(run(rows.BatchSpec{Op: rows.BatchResume, Where: []rows.Condition{{Field: rows.OfStarted, Op: rows.AtLeast, At: 1}}}, nil), 6, 6, 0)
	w.do(&SignalRun{Run: RunRef{WorkflowID: "r0"}, Name: "go", MaxWaiting: 10})
	b := run(rows.BatchSpec{Op: rows.BatchSignal, Signal: "go", Waiting: 1}, nil)
	want(b, 6, 5, 1)
	w.view(func(v View) {
		if f := v.BatchFailures(b.ID, 0, 10); len(f) != 1 || f[0].WorkflowID != "r0" || f[0].Code != "resource_exhausted" || f[0].Detail == "" {
			t.Errorf("failures: %+v", f)
		}
	})
	want(run(rows.BatchSpec{Op: rows.BatchMove, To: versionOf("v2")}, func(a *BatchAct) {
		if a.Serial%2 == 0 {
			a.Code, a.Detail = "invalid_state", "it does not replay"
		}
		a.Move = &MoveRun{From: versionOf("v1"), To: versionOf("v2")}
	}), 6, 3, 3)
	want(run(rows.BatchSpec{Op: rows.BatchCancel, Where: []rows.Condition{{Field: rows.OfVersion, Op: rows.Equal, Version: versionOf("v2")}}}, nil), 3, 3, 0)
	want(run(rows.BatchSpec{Op: rows.BatchTerminate}, nil), 6, 6, 0)
	if count(history.StatusTerminated) != 6 {
		t.Error("not all are terminated")
	}
	w.now = w.now.Add(time.Second)
	for range 5 { // what their ends leave behind
		for _, j := range w.jobs() {
			w.do(&Continue{Job: j.ID})
		}
	}
	want(run(rows.BatchSpec{Op: rows.BatchReopen}, func(a *BatchAct) {
		w.view(func(v View) {
			r, _ := v.Run(a.RunID)
			a.Reopen = &ReopenRun{Events: r.Events, Rules: history.Rules}
		})
	}), 6, 6, 0)

	// A proof that is out of date holds the batch up, until it is the last try.
	w.do(&StartBatch{ID: "old", Spec: rows.BatchSpec{Op: rows.BatchMove, To: versionOf("v1"), Rate: 1}})
	c := w.act("old", 1)
	c.Acts[0].Move = &MoveRun{From: versionOf("v1"), To: versionOf("v2"), Turns: 7}
	if a := w.do(c).(*BatchAnswer); !a.Blocked || a.Batch.Below != c.Below || a.Batch.Found != 0 {
		t.Errorf("an old proof: %+v", a)
	}
	c.Acts[0].Last = true
	if a := w.do(c).(*BatchAnswer); a.Blocked || a.Batch.Failed != 1 {
		t.Errorf("the last try: %+v", a)
	}
	if a := w.do(&StopBatch{ID: "old"}).(*BatchAnswer); a.Batch.Status != rows.BatchStopped || a.Batch.Ended == 0 {
		t.Errorf("stopped: %+v", a)
	}
	if a := w.do(w.act("old", 1)).(*BatchAnswer); a.Batch.Failed != 1 {
		t.Errorf("a stopped batch goes on: %+v", a)
	}
	r := w.propose(Envelope{Command: &StopBatch{ID: "nobody's"}})
	var none *NoBatch
	if !errors.As(r[0].Refusal, &none) {
		t.Errorf("a batch that is not there: %+v", r[0])
	}
	w.checkReplays()
}

// TestBatchesAreBounded: so many run, so many are kept, and they survive a restart.
func TestBatchesAreBounded(t *testing.T) {
	w := newWorld(t)
	w.do(&LoadPackage{Package: pack("v1", "a"), Route: true})
	w.s.cfg.Check = nil
	for i := range MaxBatches + 3 {
		id := fmt.Sprintf("b%04d", i)
		w.do(&StartBatch{ID: id, Spec: rows.BatchSpec{Op: rows.BatchPause, Rate: 1}})
		w.do(&StopBatch{ID: id})
	}
	for i := range MaxRunningBatches {
		w.do(&StartBatch{ID: fmt.Sprintf("c%d", i), Spec: rows.BatchSpec{Op: rows.BatchPause, Rate: 1}})
	}
	r := w.propose(Envelope{Command: &StartBatch{ID: "d", Spec: rows.BatchSpec{Op: rows.BatchPause, Rate: 1}}})
	var full *ResourceExhausted
	if !errors.As(r[0].Refusal, &full) {
		t.Errorf("one more: %+v", r[0])
	}
	w.s.Close()
	w.s, _ = Open(w.bare2())
	w.view(func(v View) {
		all := v.Batches("", 1_000)
		if len(all) != MaxBatches || all[0].ID < "c" || all[len(all)-1].ID != "b0023" || len(v.RunningBatches()) != MaxRunningBatches {
			t.Errorf("%d are kept from %s to %s, %d run", len(all), all[0].ID, all[len(all)-1].ID, len(v.RunningBatches()))
		}
		if rest := v.Batches("b0024", 10); len(rest) != 1 {
			t.Errorf("older than the second: %d", len(rest))
		}
		if _, ok := v.In("acme").Batch("c1"); ok {
			t.Error("another namespace sees it")
		}
	})
}

// bare2 is the world's own state without checks.
func (w *world) bare2() Config {
	c := w.config()
	c.Check = nil
	return c
}
