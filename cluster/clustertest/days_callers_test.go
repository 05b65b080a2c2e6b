package clustertest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

// ask asks one node after another until one answers, always under the same request id: repeating
// the call resolves an unknown outcome.
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

// startRuns starts runs, and sometimes sends the same request twice.
func (d *days) startRuns(ctx context.Context, caller string, rng *rand.Rand) {
	for i := 0; pause(ctx, rng); i++ {
		id := fmt.Sprintf("run-%s-%d", caller, i)
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
		if n.Sync(within(3*time.Second)) == nil { // a linearizable read sees it on every node
			n.View(func(v fsm.View) {
				if _, ok := v.Latest(id); !ok {
					d.t.Errorf("a read after Sync at index %d does not see run %s, which was acknowledged before at index %d", v.Index(), id, r.Index)
				}
			})
		}
	}
}

// sendSignals sends numbered signals to a run of its own; another run after each hundred.
func (d *days) sendSignals(ctx context.Context, caller string, rng *rand.Rand) {
	for i := 0; pause(ctx, rng); i++ {
		to := fmt.Sprintf("s-%s-%d", caller, i/100)
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

// deploy loads new versions, one after another, and removes those that nothing needs.
func (d *days) deploy(ctx context.Context, rng *rand.Rand) {
	for pause(ctx, rng) {
		i := len(d.deploys) // nobody else deploys
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
		d.ask(rng, fmt.Sprint("unload-", i), e) // refused or not: the audit recounts I2 at the end
		for range 10 {
			if !pause(ctx, rng) {
				return
			}
		}
	}
}

// judge compares what callers were told with what the cluster contains at the end.
func (d *days) judge() {
	order := map[string]int{} // version -> number of its load
	for i, r := range d.deploys {
		order[r.Answer.(*fsm.LoadAnswer).Package.Version.String()] = i + 1
	}
	open := slices.Collect(maps.Keys(d.started))
	d.c.Until("every run to end", func() error {
		d.c.Leader().View(func(v fsm.View) {
			open = slices.DeleteFunc(open, func(id string) bool {
				r, ok := v.Run(d.started[id].answer.RunID)
				return ok && !r.Status.Open()
			})
		})
		if len(open) > 0 {
			return fmt.Errorf("%d of %d runs are missing or open: %v", len(open), len(d.started), open[:min(len(open), 3)])
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
		d.judgeSchedule(v)
		d.entries = v.Index()
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

// tardy is how late a timer may be: no fault lasts longer than half a minute, and then there is a
// minute to recover.
const tardy = 2 * time.Minute

// judgeRun checks a run: it has the version that the caller was told, not one older than a load
// acknowledged before the start; and its two timers fired once each, never early and not much late.
func (d *days) judgeRun(v fsm.View, id string, s started, order map[string]int) {
	r, _ := v.Run(s.answer.RunID)
	if latest, _ := v.Latest(id); latest != s.answer.RunID {
		d.t.Errorf("%s was started as run %s, its newest is %s", id, s.answer.RunID, latest)
	}
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
			if !ok || e.At < at || e.At > at.Add(tardy) {
				d.t.Errorf("%s: timer %d fired at %s, due at %s (armed %v)", id, data.ID, e.At, at, ok)
			}
			d.late = max(d.late, e.At.Sub(at))
			delete(due, data.ID)
			fired++
		}
	}
	if r.Status != history.StatusCompleted || fired != 2 {
		d.t.Errorf("%s is %s with %d timers fired, want completed with 2", id, r.Status, fired)
	}
	d.ended++
	if strings.HasPrefix(id, "long-") {
		d.slept++
	}
}

// judgeSchedule checks that each of the schedule's times has started one run, not before that time
// and not much later.
func (d *days) judgeSchedule(v fsm.View) {
	s, _ := v.Schedule("hourly")
	due := uint64(0)
	for at := d.hourly; at.Add(tardy) < v.Now(); at = at.Add(every) {
		due++
		id := fmt.Sprint("hourly:", at)
		run, ok := v.Latest(id)
		if !ok {
			d.t.Errorf("the schedule started no run at %s", at)
			continue
		}
		if r, _ := v.Run(run); r.StartedAt < at || r.StartedAt > at.Add(tardy) {
			d.t.Errorf("%s was started at %s", id, r.StartedAt)
		}
	}
	if s.Started < due || s.Started > due+1 || s.Failed+s.Skipped > 0 {
		d.t.Errorf("the schedule says that it started %d runs, failed %d times and skipped %d, but was due %d times", s.Started, s.Failed, s.Skipped, due)
	}
	d.fires = int(s.Started)
}

// judgeSignals checks that each signal arrived once, in the order in which they were sent.
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
