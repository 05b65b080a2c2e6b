package fsm

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"pgregory.net/rapid"
)

// TestTasksAgainstModel draws what workers, clocks and workflow code do to activities, several
// commands to an entry, and holds the state machine against taskModel after every entry: every task
// with its clock, every count, every reply, every event. At the end the log is replayed in other
// ways.
func TestTasksAgainstModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		defer w.s.Close()
		p := &player{w: w, t: rt, m: &taskModel{runs: map[history.RunID]*modelRun{}, limit: map[string]uint64{}}}
		w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
		for _, id := range []string{"a", "b"} {
			p.m.start(w.start(id, "order"))
		}
		for range rapid.IntRange(10, 80).Draw(rt, "entries") {
			p.entry()
			p.compare()
		}
		w.checkReplay(rapid.SampledFrom(replays).Draw(rt, "replay"))
		w.checkReplay("plain")
	})
}

// player draws entries and plays them to both.
type player struct {
	w       *world
	t       *rapid.T
	m       *taskModel
	tokens  []TaskToken // that were ever given out
	clocks  []TimerRef  // that were ever seen
	ordinal uint64
}

func (p *player) number(what string, least, most int) int {
	return rapid.IntRange(least, most).Draw(p.t, what)
}
func (p *player) coin(what string) bool { return rapid.Bool().Draw(p.t, what) }
func (p *player) one(what string, of ...string) string {
	return rapid.SampledFrom(of).Draw(p.t, what)
}
func (p *player) span(what string, of ...time.Duration) history.Duration {
	return history.Duration(rapid.SampledFrom(of).Draw(p.t, what))
}

func (p *player) run() rows.Run { return p.w.latest(p.one("run", "a", "b")) }

func (p *player) entry() {
	p.w.now = p.w.now.Add(time.Duration(p.span("passes", 0, 0, 10*time.Millisecond, time.Second, 3*time.Second, 20*time.Second, 30*time.Hour)))
	p.m.now = p.w.now
	p.w.view(func(v View) { p.clocks = append(p.clocks, v.DueTimers(1<<62, 100)...) })
	var commands []Envelope
	var model []func(Result)
	turned := map[history.RunID]bool{}
	for range p.number("commands", 1, 3) {
		c, do := p.command(turned)
		if c != nil {
			commands, model = append(commands, Envelope{Command: c}), append(model, do)
		}
	}
	if len(commands) == 0 {
		return
	}
	for i, r := range p.w.propose(commands...) {
		if r.Refusal != nil {
			p.t.Fatalf("%T %+v: %v", commands[i].Command, commands[i].Command, r.Refusal)
		}
		model[i](r)
	}
}

// command draws one, and what it does to the model. Commands on a run's own state are drawn once an
// entry: they depend on what was seen of it.
func (p *player) command(turned map[history.RunID]bool) (Command, func(Result)) {
	switch p.number("command", 0, 12) {
	case 0, 1, 2:
		return p.lease()
	case 3, 4, 5, 6:
		return p.reportOutcome()
	case 7:
		c := &FireTimers{Jitter: rapid.Uint32().Draw(p.t, "jitter")}
		for range p.number("stale clocks", 0, 2) {
			if len(p.clocks) > 0 {
				c.Timers = append(c.Timers, rapid.SampledFrom(p.clocks).Draw(p.t, "clock"))
			}
		}
		p.w.view(func(v View) { c.Timers = append(c.Timers, v.DueTimers(p.w.now, 3)...) })
		return c, func(Result) { p.m.fire(c) }
	case 8:
		c := &LimitQueue{Queue: p.one("queue", "q", "r"), Limits: rows.QueueLimits{Concurrency: uint64(p.number("concurrency", 0, 3))}}
		return c, func(Result) { p.m.limit[c.Queue] = c.Limits.Concurrency }
	}
	r := p.run()
	if turned[r.RunID] {
		return nil, nil
	}
	turned[r.RunID] = true
	return p.control(r)
}

func (p *player) control(r rows.Run) (Command, func(Result)) {
	ref := RunRef{RunID: r.RunID}
	switch {
	case !r.Status.Open() && r.Status != history.StatusCompleted:
		return p.reopen(r)
	case !r.Status.Open():
		c := &StartRun{WorkflowID: r.WorkflowID, RunID: p.w.mint(), Type: "order"}
		return c, func(Result) { p.m.start(c.RunID) }
	case r.Status == history.StatusPaused:
		return &ResumeRun{Run: ref}, func(Result) { p.m.note(r.RunID, "") }
	}
	switch p.number("control", 0, 11) {
	case 0:
		return &TerminateRun{Run: ref}, func(Result) { p.m.close(r.RunID) }
	case 1:
		return &PauseRun{Run: ref}, func(Result) { p.m.note(r.RunID, "") }
	case 2:
		return &SignalRun{Run: ref, Name: "go", MaxWaiting: 100_000}, func(Result) { p.m.note(r.RunID, "") }
	}
	if r.Events == r.Through {
		return &SignalRun{Run: ref, Name: "go", MaxWaiting: 100_000}, func(Result) { p.m.note(r.RunID, "") }
	}
	return p.turn(r)
}

func (p *player) turn(r rows.Run) (Command, func(Result)) {
	c := &RecordTurn{RunID: r.RunID, N: r.Turns + 1, Through: r.Events}
	for range p.number("asked", 0, 4) {
		var d history.Data = p.activity()
		if ids := p.m.runs[r.RunID].ids(); len(ids) > 0 && p.number("cancel", 0, 3) == 0 {
			d = &history.ActivityCancelled{ID: rapid.SampledFrom(ids).Draw(p.t, "cancelled")}
		}
		c.Asked = append(c.Asked, history.Event{Data: d})
	}
	if p.number("completes", 0, 9) == 0 {
		c.Asked = append(c.Asked, history.Event{Data: &history.WorkflowCompleted{}})
	}
	return c, func(Result) { p.m.turn(r.RunID, c.Asked) }
}

func (p *player) activity() *history.ActivityScheduled {
	p.ordinal++
	e := &history.ActivityScheduled{
		ID: p.ordinal, Activity: p.one("activity", "x", "y", "z"), Queue: p.one("queue", "q", "q", "r"), Timeout: p.span("timeout", 0, 5*time.Second, 20*time.Second),
		Heartbeat: p.span("heartbeat", 0, 2*time.Second, time.Hour), ScheduleTimeout: p.span("schedule", 0, 0, 4*time.Second),
	}
	if p.coin("retry") {
		e.Retry = &history.Retry{
			MaxAttempts: uint32(p.number("attempts", 0, 4)), Backoff: p.span("backoff", 1, time.Second, 7*time.Second), Factor: float64(p.number("factor", 1, 3)),
			MaxBackoff: p.span("most", time.Second, 10*time.Second), NonRetryable: []string{"declined"},
		}
	}
	return e
}

// reopen takes up again what was pending when the run was terminated, and some of what had failed.
func (p *player) reopen(r rows.Run) (Command, func(Result)) {
	c := &ReopenRun{Run: RunRef{RunID: r.RunID}, Events: r.Events}
	known := p.m.runs[r.RunID]
	waiting := map[uint64]bool{}
	for _, e := range p.w.history(r.RunID) {
		switch d := e.Data.(type) {
		case *history.ActivityScheduled:
			waiting[d.ID] = true
		case *history.ActivityFailed:
			waiting[d.ID] = false
		case *history.WorkflowReopened:
			for _, id := range d.Forget {
				waiting[id] = true
			}
		}
	}
	var ids []uint64
	for id := range known.failed {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		if !waiting[id] {
			if !p.coin("forget") {
				continue
			}
			c.Forget = append(c.Forget, id)
		}
		c.Again = append(c.Again, Again{ID: id, Seq: known.seqs[id]})
	}
	return c, func(Result) { p.m.reopen(r.RunID, c.Forget, c.Again) }
}

func (p *player) lease() (Command, func(Result)) {
	c := &LeaseTasks{Queue: p.one("queue", "q", "q", "r"), Activities: []string{"y", "x", "x"}, Worker: "w", Max: uint32(p.number("max", 0, 5)), Lease: history.Duration(300 * time.Second)}
	if p.coin("z") {
		c.Activities = []string{"z"}
	}
	if c.Named = p.coin("named"); c.Named {
		c.Lease = p.span("lease", time.Second, 5*time.Second, time.Hour)
	}
	return c, func(r Result) {
		var got []string
		for _, l := range r.Answer.(*LeaseAnswer).Tasks {
			p.tokens = append(p.tokens, l.Token)
			got = append(got, fmt.Sprintf("%s:%d.%d %s", l.Token.RunID, l.Token.ID, l.Token.Attempt, l.Details))
		}
		if want := p.m.lease(c); !slices.Equal(got, want) {
			p.t.Fatalf("%+v gave %q, want %q", c, got, want)
		}
	}
}

// reportOutcome draws what a worker reports: mostly of new attempts, at times of old ones or of
// some that never were.
func (p *player) reportOutcome() (Command, func(Result)) {
	var tokens []TaskToken
	for range p.number("tokens", 1, 4) {
		if len(p.tokens) == 0 {
			return nil, nil
		}
		token := p.tokens[max(0, len(p.tokens)-1-p.number("ago", 0, 12))]
		if p.number("wrong", 0, 19) == 0 {
			token.Attempt++
		}
		tokens = append(tokens, token)
	}
	details := p.one("details", "", "1", "2")
	switch p.number("says", 0, 5) {
	case 0, 1:
		c := new(CompleteTasks)
		for _, token := range tokens {
			c.Results = append(c.Results, TaskOutput{Token: token})
		}
		return c, p.replies(tokens, p.m.complete)
	case 2, 3:
		c, i := new(FailTasks), 0
		for _, token := range tokens {
			e := history.RunError{Kind: p.one("kind", "oops", "oops", "declined"), Retryable: p.number("final", 0, 5) > 0}
			c.Results = append(c.Results, TaskFailure{Token: token, Error: e, Jitter: rapid.Uint32().Draw(p.t, "jitter")})
		}
		return c, p.replies(tokens, func(token TaskToken) string {
			f := c.Results[i]
			i++
			return p.m.withAttempt(token, func(_ *modelRun, task *modelTask) {
				p.m.fail(token.RunID, task, f.Error.Kind, f.Error.Retryable, f.Jitter)
			})
		})
	case 4:
		c := new(BeatTasks)
		for _, token := range tokens {
			c.Beats = append(c.Beats, TaskBeat{Token: token, Details: history.Payload(details)})
		}
		return c, p.replies(tokens, func(token TaskToken) string {
			return p.m.withAttempt(token, func(_ *modelRun, task *modelTask) {
				if p.m.live(task); details != "" {
					task.details = details
				}
			})
		})
	}
	c := &ReleaseTasks{Tokens: tokens}
	return c, p.replies(tokens, func(token TaskToken) string {
		return p.m.withAttempt(token, func(_ *modelRun, task *modelTask) {
			task.state = rows.TaskOffered
			p.m.wait(task)
		})
	})
}

func (p *player) replies(tokens []TaskToken, want func(TaskToken) string) func(Result) {
	return func(r Result) {
		for i, reply := range r.Answer.(*TaskAnswer).Replies {
			got := "ok"
			if reply.Cancel {
				got = "cancel"
			} else if reply.Lost != "" {
				got = "lost"
			}
			if want := want(tokens[i]); got != want {
				p.t.Fatalf("%+v: %+v, want %s", tokens[i], reply, want)
			}
		}
	}
}

// compare holds what the state machine shows against what the model knows.
func (p *player) compare() {
	var got, clocks []string
	p.w.view(func(v View) {
		for _, run := range p.m.order {
			for _, task := range v.Tasks(run, 0, maxRows) {
				got = append(got, fmt.Sprintf("%s %d: state %d attempt %d failures %d due %d details %s", run, task.ID, task.State, task.Attempt, task.Failures, task.Due, task.Details))
			}
			r, _ := v.Run(run)
			var events []string
			for _, e := range v.Events(run, 1, maxRows) {
				if s := onActivity(e.Data); s != "" {
					events = append(events, s)
				}
			}
			got = append(got, fmt.Sprintf("%s has %d events: %s", run, r.Events, strings.Join(events, ", ")))
		}
		for _, q := range v.Queues("", maxRows) {
			got = append(got, fmt.Sprintf("queue %s %v at most %d", q.Name, [3]uint64{q.Offered, q.Backoff, q.Leased}, q.Limits.Concurrency))
		}
		for _, ref := range v.DueTimers(1<<62, maxRows) {
			clocks = append(clocks, fmt.Sprintf("%d %s %d", ref.FireAt, ref.RunID, ref.ID))
		}
	})
	sort.Strings(got)
	sort.Strings(clocks)
	if want := p.m.told(); !slices.Equal(got, want) {
		p.t.Fatalf("the state machine shows\n%s\nthe model\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if want := p.m.clocks(); !slices.Equal(clocks, want) {
		p.t.Fatalf("clocks are set for\n%s\nnot for\n%s", strings.Join(clocks, "\n"), strings.Join(want, "\n"))
	}
}

func onActivity(d history.Data) string {
	switch d := d.(type) {
	case *history.ActivityScheduled:
		return fmt.Sprintf("scheduled %d", d.ID)
	case *history.ActivityStarted:
		return fmt.Sprintf("started %d.%d", d.ID, d.Attempt)
	case *history.ActivityCompleted:
		return fmt.Sprintf("completed %d.%d", d.ID, d.Attempt)
	case *history.ActivityFailed:
		return fmt.Sprintf("failed %d.%d %s", d.ID, d.Attempt, d.Error.Kind)
	case *history.ActivityCancelled:
		return fmt.Sprintf("cancelled %d", d.ID)
	}
	return ""
}
