package clustertest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/history"
	"aion.dev/aion/fsm"
)

// ask asks one node after another until somebody answers, always under the same request id: an unknown outcome is settled by asking again.
func (d *days) ask(rng *rand.Rand, id string, e fsm.Envelope) fsm.Result {
	e = WithRequest(id, e)
	for first := true; ; {
		d.mu.Lock()
		n := d.live[rng.IntN(len(d.live))]
		d.mu.Unlock()
		r, err := n.Propose(within(8*time.Second), e)
		if err == nil {
			d.mu.Lock()
			d.acked++
			d.mu.Unlock()
			return r
		}
		if first && errors.As(err, new(*engine.Unknown)) {
			first = false
			d.mu.Lock()
			d.unknown++
			d.mu.Unlock()
		}
		<-time.After(time.Duration(20+rng.IntN(200)) * time.Millisecond)
	}
}

// pause waits a little and reports whether to go on.
func pause(ctx context.Context, rng *rand.Rand) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(time.Duration(rng.IntN(8000)) * time.Millisecond):
		return true
	}
}

// startRuns starts runs; now and then it sends the same request twice.
func (d *days) startRuns(ctx context.Context, caller int, rng *rand.Rand) {
	for i := 0; pause(ctx, rng); i++ {
		id := fmt.Sprintf("run-%d-%d", caller, i)
		d.mu.Lock()
		after := len(d.deploys)
		d.mu.Unlock()
		r := d.ask(rng, id, Start("order", id))
		a, ok := r.Answer.(*fsm.StartAnswer)
		if !ok {
			d.t.Errorf("start of %s was refused: %v", id, r.Refusal)
			continue
		}
		if rng.IntN(5) == 0 {
			again := d.ask(rng, id, Start("order", id))
			if b, ok := again.Answer.(*fsm.StartAnswer); !ok || *b != *a || again.Index != r.Index || !again.Deduplicated {
				d.t.Errorf("request %s answered %+v, and %+v when it was repeated", id, r, again)
			}
		}
		d.mu.Lock()
		d.started[id] = started{*a, after}
		n := d.live[rng.IntN(len(d.live))]
		d.mu.Unlock()
		if n.Sync(within(3*time.Second)) == nil { // a linearizable read sees it, wherever
			n.View(func(v fsm.View) {
				if _, ok := v.Latest(id); !ok {
					d.t.Errorf("a read after Sync at index %d does not see run %s, which was acknowledged before at index %d", v.Index(), id, r.Index)
				}
			})
		}
	}
}

// sendSignals sends numbered signals to a run of its own; another run after each hundred.
func (d *days) sendSignals(ctx context.Context, caller int, rng *rand.Rand) {
	for i := 0; pause(ctx, rng); i++ {
		to := fmt.Sprintf("s-%d-%d", caller, i/100)
		if i%100 == 0 {
			if r := d.ask(rng, to, Start("order", to)); r.Refusal != nil {
				d.t.Errorf("start of %s was refused: %v", to, r.Refusal)
			}
		}
		e := fsm.Envelope{Command: &fsm.SignalRun{Run: fsm.RunRef{WorkflowID: to}, Name: "n", Payload: history.Payload(fmt.Sprint(i)), MaxWaiting: 10_000}}
		if r := d.ask(rng, fmt.Sprintf("%s/%d", to, i), e); r.Refusal != nil {
			d.t.Errorf("signal %d to %s was refused: %v", i, to, r.Refusal)
			continue
		}
		d.mu.Lock()
		d.signal[to] = append(d.signal[to], i)
		d.mu.Unlock()
	}
}

// deploy loads new versions, one after the other, and removes those that nothing needs.
func (d *days) deploy(ctx context.Context, rng *rand.Rand) {
	for i := 1; pause(ctx, rng); i++ {
		r := d.ask(rng, fmt.Sprint("load-", i), Load("order", fmt.Sprint("v", i)))
		if r.Refusal != nil {
			d.t.Errorf("load %d was refused: %v", i, r.Refusal)
			return
		}
		d.mu.Lock()
		d.deploys = append(d.deploys, r)
		old := d.deploys[rng.IntN(len(d.deploys))].Answer.(*fsm.LoadAnswer).Package.Version
		d.mu.Unlock()
		e := fsm.Envelope{Command: &fsm.UnloadVersion{Type: "order", Version: old.String()}}
		d.ask(rng, fmt.Sprint("unload-", i), e) // refused or not: I2 is recounted in the end
		for range 10 {
			if !pause(ctx, rng) {
				return
			}
		}
	}
}

// judge holds what callers were told against what the cluster holds in the end.
func (d *days) judge() {
	order := map[string]int{} // version -> number of its load
	for i, r := range d.deploys {
		order[r.Answer.(*fsm.LoadAnswer).Package.Version.String()] = i + 1
	}
	d.c.Until("every run to end", func() error {
		open := 0
		d.c.Leader().View(func(v fsm.View) {
			for id, s := range d.started {
				if r, ok := v.Run(s.answer.RunID); !ok || r.Status.Open() {
					open++
				} else if latest, _ := v.Latest(id); latest != s.answer.RunID {
					d.t.Errorf("%s was started as run %s, its newest is %s", id, s.answer.RunID, latest)
				}
			}
		})
		if open > 0 {
			return fmt.Errorf("%d of %d runs are missing or open", open, len(d.started))
		}
		return nil
	})
	d.c.Leader().View(func(v fsm.View) {
		for id, s := range d.started {
			d.judgeRun(v, id, s, order)
		}
		for id, sent := range d.signal {
			d.judgeSignals(v, id, sent)
		}
	})
	terms := map[uint64]bool{}
	for _, n := range d.c.Nodes {
		for _, w := range n.Wins() {
			if terms[w.Term] {
				d.t.Errorf("two nodes led in term %d", w.Term)
			}
			terms[w.Term] = true
		}
		for _, err := range n.Fatal() {
			d.t.Errorf("node %s could not go on: %v", n.ID, err)
		}
	}
	d.terms = len(terms)
}

// judgeRun: the version that was told and not one from before a load that was acknowledged first; two timers, each fired once and never early.
func (d *days) judgeRun(v fsm.View, id string, s started, order map[string]int) {
	r, _ := v.Run(s.answer.RunID)
	if r.Version != s.answer.Version {
		d.t.Errorf("%s was told version %s and runs %s", id, s.answer.Version.Short(), r.Version.Short())
	}
	if n := order[r.Version.String()]; n < s.after {
		d.t.Errorf("%s runs the version of load %d, but load %d was acknowledged before it was asked for", id, n, s.after)
	}
	due, fired := map[uint64]history.Time{}, 0
	for _, e := range v.Events(r.RunID, 1, 100) {
		switch data := e.Data.(type) {
		case *history.TimerStarted:
			due[data.ID] = e.At.Add(time.Duration(data.Duration))
		case *history.TimerFired:
			at, ok := due[data.ID]
			if !ok || e.At < at {
				d.t.Errorf("%s: timer %d fired at %s, due at %s (armed %v)", id, data.ID, e.At, at, ok)
			}
			delete(due, data.ID)
			fired++
		}
	}
	if r.Status != history.StatusCompleted || fired != 2 {
		d.t.Errorf("%s is %s with %d timers fired, want completed with 2", id, r.Status, fired)
	}
	d.ended++
}

// judgeSignals: each once, in the order in which they were sent.
func (d *days) judgeSignals(v fsm.View, id string, sent []int) {
	run, _ := v.Latest(id)
	var got []int
	for _, e := range v.Events(run, 1, 1000) {
		if s, ok := e.Data.(*history.SignalReceived); ok {
			n := 0
			fmt.Sscan(string(s.Payload), &n)
			got = append(got, n)
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(sent) {
		d.t.Errorf("%s received %v, want %v", id, got, sent)
	}
	d.signals += len(got)
}
