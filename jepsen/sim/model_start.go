package sim

import (
	"fmt"
	"math/rand/v2"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

// drawOptions draws what a start asks for beside a run. Below level 5 it draws nothing.
func (w *World) drawOptions(rng *rand.Rand) *fsm.StartOptions {
	if w.model.level < 5 || odds(rng, 2) {
		return nil
	}
	o := &fsm.StartOptions{IfOpen: fsm.IfOpen(rng.IntN(4)), IfClosed: fsm.IfClosed(rng.IntN(8))}
	if o.IfClosed > fsm.ClosedRefuse {
		o.IfClosed = fsm.ClosedAllow
	}
	if odds(rng, 2) || o.IfOpen == fsm.OpenSignal && !odds(rng, 8) {
		o.Signal = &fsm.StartSignal{Name: "go", Payload: payload(rng), MaxWaiting: 6}
	}
	if odds(rng, 3) {
		o.Delay = history.Duration(1+rng.IntN(30)) * 1e9
	}
	o.Retry, o.ChainTimeout = drawChain(rng)
	return o
}

// drawChain draws what a run has of those that go on from it.
func drawChain(rng *rand.Rand) (retry *history.Retry, timeout history.Duration) {
	if odds(rng, 2) {
		retry = &history.Retry{MaxAttempts: uint32(rng.IntN(4))}
		if odds(rng, 4) {
			retry.NonRetryable = []string{one(rng, []string{"failed", "timed_out"})}
		}
	}
	if odds(rng, 4) {
		timeout = history.Duration(1+rng.IntN(60)) * 1e9
	}
	return retry, timeout
}

// meet predicts what a start does without starting a run. done is false if it may start one.
func (m *Model) meet(c *fsm.StartRun, res *fsm.Result) (code, why string, done bool) {
	o, r := c.Options, m.runs[m.latest[c.WorkflowID]]
	if o == nil {
		return "", "", false
	}
	if m.level < 5 || o.IfOpen == fsm.OpenSignal && o.Signal == nil {
		return "invalid_input", "", true
	}
	if r == nil || !r.status.Open() || o.IfOpen == fsm.OpenRefuse {
		return "", "", false
	}
	if r.typ != c.Type || !m.touches(r.typ) {
		return "already_running", "", true
	}
	want := fsm.StartAnswer{WorkflowID: c.WorkflowID, RunID: r.id, Version: r.version, Outcome: fsm.OutcomeUsed, BeginsAt: r.beginsAt}
	switch {
	case o.IfOpen == fsm.OpenTerminate:
		return "", "", false
	case m.doomed(r):
		return "not_running", "", true
	case o.IfOpen == fsm.OpenSignal:
		if code := m.signal(r, &fsm.SignalRun{Payload: o.Signal.Payload, MaxWaiting: o.Signal.MaxWaiting}); code != ok {
			return code, "", true
		}
		want.Outcome = fsm.OutcomeSignalled
	}
	return ok, answersStart(res, want), true
}

// inTheWay predicts why a start may not follow the newest run of its workflow id. gives is that run
// if it is terminated first.
func (m *Model) inTheWay(c *fsm.StartRun) (gives *run, code string) {
	o, r := c.Options, m.runs[m.latest[c.WorkflowID]]
	if o == nil {
		o = &fsm.StartOptions{}
	}
	switch {
	case r == nil:
	case r.status.Open() && o.IfOpen == fsm.OpenTerminate:
		return r, ""
	case r.status.Open():
		return nil, "already_running"
	case o.IfClosed == fsm.ClosedRefuse, o.IfClosed == fsm.ClosedFailedOnly && r.status == history.StatusCompleted:
		return nil, "already_closed"
	}
	return nil, ""
}

// startWith carries out a start that nothing refuses.
func (m *Model) startWith(c *fsm.StartRun, r *run) fsm.StartAnswer {
	want := fsm.StartAnswer{WorkflowID: r.workflowID, RunID: r.id, Version: r.version}
	if gives, _ := m.inTheWay(c); gives != nil {
		want.Terminated = gives.id
		m.shut(closing{gives, new(history.WorkflowTerminated), false})
	}
	if o := c.Options; o != nil {
		if o.Delay > 0 {
			r.beginsAt = m.now + history.Time(o.Delay)
		}
		r.chain = firstOfChain(o.Retry, o.ChainTimeout)
	}
	m.start(r)
	if c.Options != nil && c.Options.Signal != nil {
		m.append(r, &history.SignalReceived{Payload: c.Options.Signal.Payload})
	}
	want.BeginsAt = r.beginsAt
	return want
}

func answersStart(res *fsm.Result, want fsm.StartAnswer) string {
	a, is := res.Answer.(*fsm.StartAnswer)
	if p, came := res.Answer.(*fsm.PackageStarted); came {
		a, is = &p.Run, true
	}
	if is && *a != want {
		return fmt.Sprintf("answered %+v, want %+v", *a, want)
	}
	return ""
}

// beginRun ends the delay of a run: its time limit counts from now on.
func (m *Model) beginRun(r *run) {
	r.beginsAt, r.deadline = 0, 0
	m.append(r, new(history.WorkflowBegan))
	if r.status == history.StatusPaused {
		r.timeLeft = history.Time(r.limit)
	} else {
		m.limitTime(r)
	}
}
