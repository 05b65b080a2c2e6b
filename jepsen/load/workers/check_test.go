package workers

import (
	"testing"

	"aion.dev/aion/jepsen/load/loadtest"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/jepsen/worker"
	"aion.dev/aion/transport/wire"
)

// story is runs of one activity each, and the ledger of their workers, for tests to corrupt. Times
// are milliseconds from the epoch, in log time and by the workers' clock.
type story struct {
	limits map[string]wire.QueueLimits
	runs   []*choreStory
	cancel bool
	more   []op.Op
}

type choreStory struct {
	queue  string
	order  worker.Order
	terms  choreTerms
	events []loadtest.Made // after WorkflowStarted and ActivityScheduled
	result any
	ledger []worker.Line
	status string
	began  int // when it was started
	end    uint64
}

func (c *choreStory) line(at int, e string, attempt uint32, change func(l *worker.Line)) {
	l := worker.Line{At: loadtest.After(at).UnixNano(), E: e, Worker: "w1", Step: 1, Attempt: attempt}
	if change != nil {
		change(&l)
	}
	c.ledger = append(c.ledger, l)
}

// beat is a heartbeat and its answer.
func (c *choreStory) beat(at int, attempt uint32, n int, ok bool) {
	p := loadtest.JSON(worker.Progress{Attempt: attempt, Beat: n})
	c.line(at, worker.Beat, attempt, func(l *worker.Line) { l.Value = p })
	c.line(at+1, worker.Beaten, attempt, func(l *worker.Line) { l.Value, l.OK, l.Index = p, ok, uint64(at) })
}

func choreOutput(attempt uint32) map[string]any {
	return map[string]any{"run": "?", "step": 1, "attempt": attempt, "worker": "w1", "pid": 7}
}

// newStory has three runs on three queues: one whose first attempt sends heartbeats and is lost
// with its worker, who answers late; one that fails twice and completes; and one that is given up.
func newStory() *story {
	lost := &choreStory{queue: "free", order: worker.Order{Plan: []string{worker.Do}, Beat: 100}, status: "completed", end: 9000}
	lost.events = []loadtest.Made{
		{At: 10, Type: "ActivityStarted", Data: map[string]any{"id": 1, "attempt": 1}}, {At: 1250, Type: "ActivityStarted", Data: map[string]any{"id": 1, "attempt": 2}},
		{At: 1300, Type: "ActivityCompleted", Data: map[string]any{"id": 1, "attempt": 2, "result": choreOutput(2)}},
	}
	lost.result = map[string]any{"value": choreOutput(2)}
	lost.line(20, worker.Took, 1, nil)
	lost.beat(100, 1, 1, true)
	lost.beat(200, 1, 2, true)
	lost.line(1260, worker.Took, 2, func(l *worker.Line) { l.Value = loadtest.JSON(worker.Progress{Attempt: 1, Beat: 2}) })
	lost.line(1290, worker.Effect, 2, func(l *worker.Line) { l.Value = loadtest.JSON(choreOutput(2)) })
	lost.line(1310, worker.Told, 2, func(l *worker.Line) { l.OK = true })
	lost.beat(1500, 1, 3, false)
	lost.line(1600, worker.Effect, 1, func(l *worker.Line) { l.Value = loadtest.JSON(choreOutput(1)) })
	lost.line(1610, worker.Told, 1, func(l *worker.Line) { l.Code = "lease_lost" })

	fails := &choreStory{queue: "tight", order: worker.Order{Plan: []string{worker.Fail, worker.Fail, worker.Do}}, status: "completed", end: 9000}
	fails.terms.Retry = &choreRetry{MaxAttempts: 3, Backoff: "100ms", Factor: 2, MaxBackoff: "500ms", NonRetryable: []string{worker.Fatal}}
	fails.events = []loadtest.Made{
		{At: 10, Type: "ActivityStarted", Data: map[string]any{"id": 1, "attempt": 1}}, {At: 130, Type: "ActivityStarted", Data: map[string]any{"id": 1, "attempt": 2}},
		{At: 350, Type: "ActivityStarted", Data: map[string]any{"id": 1, "attempt": 3}}, {At: 400, Type: "ActivityCompleted", Data: map[string]any{"id": 1, "attempt": 3, "result": choreOutput(3)}},
	}
	fails.result = map[string]any{"value": choreOutput(3)}
	for i, at := range []int{20, 140, 360} {
		n := uint32(i + 1)
		fails.line(at, worker.Took, n, nil)
		fails.line(at+5, worker.Effect, n, func(l *worker.Line) {
			if l.Failed, l.Code = n < 3, worker.Fail; n == 3 {
				l.Value = loadtest.JSON(choreOutput(3))
			}
		})
		fails.line(at+9, worker.Told, n, func(l *worker.Line) { l.OK, l.Failed = true, n < 3 })
	}

	given := &choreStory{queue: "rated", order: worker.Order{Plan: []string{worker.Linger}, Beat: 100}, status: "completed", end: 9000}
	given.events = []loadtest.Made{{At: 10, Type: "ActivityStarted", Data: map[string]any{"id": 1, "attempt": 1}}, {At: 300, Type: "ActivityCancelled", Data: map[string]any{"id": 1}}}
	given.result = map[string]any{"kind": "cancelled"}
	given.line(20, worker.Took, 1, nil)
	given.beat(100, 1, 1, true)
	given.line(400, worker.Beaten, 1, func(l *worker.Line) { l.OK, l.Cancel, l.Index = true, true, 400 })
	given.line(401, worker.Left, 1, func(l *worker.Line) { l.Code = "cancelled" })
	return &story{
		limits: map[string]wire.QueueLimits{"free": {}, "tight": {Concurrency: new(uint64(1))}, "rated": {Rate: "10/s", Burst: 1}},
		runs:   []*choreStory{lost, fails, given},
	}
}

// lostTwice makes the first run fail with its second attempt, lost like the first, under a policy.
func (s *story) lostTwice(maxAttempts int) {
	c := s.runs[0]
	c.order.Plan, c.terms.Retry = []string{worker.Drop}, &choreRetry{MaxAttempts: maxAttempts, Backoff: "100ms", Factor: 2, MaxBackoff: "500ms"}
	c.events[1].Data["last_failure"] = map[string]any{"kind": "lease_lost"}
	c.events[2] = loadtest.Made{At: 2300, Type: "ActivityFailed", Data: map[string]any{"id": 1, "attempt": 2, "error": map[string]any{"kind": "lease_lost"}}}
	c.result, c.ledger = map[string]any{"kind": "lease_lost"}, nil
	c.line(20, worker.Took, 1, nil)
	c.line(1260, worker.Took, 2, nil)
}

func (s *story) ops() []op.Op {
	ops := []op.Op{{Workload: "workers", F: "terms", Value: loadtest.JSON(conditions{Lease: "1s", Queues: s.limits, Began: loadtest.Epoch.UnixNano()})}}
	var lines []worker.Line
	for i, c := range s.runs {
		id, run := string(rune('a'+i)), "r"+string(rune('a'+i))
		events := append([]loadtest.Made{
			{At: c.began, Type: "WorkflowStarted", Data: map[string]any{"run_id": run}},
			{At: c.began, Type: "ActivityScheduled", Data: map[string]any{"id": 1, "queue": c.queue, "input": c.order, "retry": c.terms.Retry, "timeout": c.terms.Timeout, "heartbeat": c.terms.Heartbeat}},
		}, c.events...)
		last := loadtest.Made{At: events[len(events)-1].At + 1, Type: "WorkflowCompleted", Data: map[string]any{"result": []any{c.result}}}
		if c.status != "completed" {
			last = loadtest.Made{At: last.At, Type: "WorkflowCancelled", Data: map[string]any{}}
		}
		events = append(events, last)
		ops = append(ops, op.Op{Workload: "workers", F: "start", Key: id, Outcome: op.OK, Invoke: int64(c.began) * 1e6, Return: int64(c.began+1) * 1e6},
			op.Op{Workload: "workers", F: "result", Key: id, Outcome: op.OK, Index: c.end, Answer: loadtest.JSON(wire.Result{Status: c.status, RunID: run})},
			op.Op{Workload: "workers", F: "history", Key: id, Outcome: op.OK, Answer: loadtest.JSON(loadtest.MadeHistory(events))})
		if s.cancel {
			ops = append(ops, op.Op{Workload: "workers", F: "cancel", Key: id, Outcome: op.OK})
		}
		for _, l := range c.ledger {
			if l.Run == "" {
				l.Run = run
			}
			lines = append(lines, l)
		}
	}
	ops = append(ops, s.more...)
	return append(ops, op.Op{Workload: "workers", F: "ledger", Outcome: op.OK, Answer: loadtest.JSON(lines)})
}

func TestCheck(t *testing.T) {
	const lost, fails, given = 0, 1, 2
	data := func(s *story, run, event int) map[string]any { return s.runs[run].events[event].Data }
	for _, c := range []struct {
		name  string
		spoil func(s *story)
		want  string
	}{
		{"right", func(*story) {}, ""},
		{"cancelled by a caller", func(s *story) { s.cancel, s.runs[given].status = true, "cancelled" }, ""},
		{"cancelled by nobody", func(s *story) { s.runs[given].status = "cancelled" }, "ended with WorkflowCancelled"},
		{"not found", func(s *story) {
			s.more = []op.Op{{Workload: "workers", F: "wait", Key: "a", Outcome: op.Refused, Code: "not_found", Invoke: 1e9}}
		}, "though the start had been acknowledged"},
		{"lost", func(s *story) {
			s.more = []op.Op{{Workload: "workers", F: "start", Key: "z", Outcome: op.OK}}
		}, "there is no such run"},
		{"open", func(s *story) { s.runs[lost].status = "running" }, "after the healed cluster"},
		{"no outcome", func(s *story) { s.runs[given].events = s.runs[given].events[:1] }, "has no outcome"},
		{"two outcomes", func(s *story) {
			s.runs[given].events = append(s.runs[given].events, loadtest.Made{At: 301, Type: "ActivityFailed", Data: map[string]any{"id": 1}})
		}, "there is an outcome already"},
		{"given up while the outcome was on its way", func(s *story) {
			s.runs[lost].events = append(s.runs[lost].events, loadtest.Made{At: 2000, Type: "ActivityCancelled", Data: map[string]any{"id": 1}})
			s.runs[lost].result = map[string]any{"kind": "cancelled"}
		}, ""},
		{"given up, and seen all the same", func(s *story) {
			s.runs[lost].events = append(s.runs[lost].events, loadtest.Made{At: 2000, Type: "ActivityCancelled", Data: map[string]any{"id": 1}})
		}, "which it had given up"},
		{"an outcome of nothing", func(s *story) { data(s, given, 1)["id"] = 2 }, "never scheduled"},
		{"an attempt after the outcome", func(s *story) {
			s.runs[given].events = append(s.runs[given].events, loadtest.Made{At: 301, Type: "ActivityStarted", Data: map[string]any{"id": 1, "attempt": 2}})
		}, "began after the outcome"},
		{"an attempt number again", func(s *story) { data(s, fails, 1)["attempt"] = 1 }, "attempt 1 began after attempt 1"},
		{"the outcome of an old attempt", func(s *story) { data(s, lost, 2)["attempt"] = 1 }, "not the newest"},
		{"another result", func(s *story) { data(s, lost, 2)["result"] = choreOutput(1) }, "the ledger says"},
		{"another result for the code", func(s *story) { s.runs[lost].result = map[string]any{"value": 1} }, "its code saw"},
		{"another kind for the code", func(s *story) { s.runs[given].result = map[string]any{"kind": "failed"} }, "which was cancelled"},
		{"a late answer that counted", func(s *story) { s.runs[lost].ledger[len(s.runs[lost].ledger)-1].OK = true }, "it is not the recorded one"},
		{"lease_lost, and recorded", func(s *story) { s.runs[lost].ledger[7].OK, s.runs[lost].ledger[7].Code = false, "lease_lost" }, "is the recorded outcome"},
		{"a failure that counted, and completed", func(s *story) { s.runs[lost].ledger[7].Failed = true }, "recorded as completed"},
		{"refused otherwise", func(s *story) { s.runs[lost].ledger[len(s.runs[lost].ledger)-1].Code = "internal" }, `refused with "internal"`},
		{"given out twice", func(s *story) { s.runs[lost].line(1270, worker.Took, 2, nil) }, "was given out twice"},
		{"the lease cut short", func(s *story) { s.runs[lost].events[1].At = 900 }, "which was leased for 1s at least"},
		{"the lease not renewed", func(s *story) {
			s.runs[lost].ledger = nil
			s.runs[lost].line(20, worker.Took, 1, nil)
			s.runs[lost].beat(900, 1, 2, true)
			s.runs[lost].line(1260, worker.Took, 2, func(l *worker.Line) { l.Value = loadtest.JSON(worker.Progress{Attempt: 1, Beat: 2}) })
			s.runs[lost].line(1290, worker.Effect, 2, func(l *worker.Line) { l.Value = loadtest.JSON(choreOutput(2)) })
		}, "though a heartbeat of attempt 1"},
		{"a shorter heartbeat", func(s *story) { s.runs[lost].terms.Heartbeat, s.runs[lost].events[1].At = "800ms", 1100 }, ""},
		{"never handed over", func(s *story) {
			s.runs[lost].ledger = s.runs[lost].ledger[5:8]
			s.runs[lost].ledger[0].Value = nil
			s.runs[lost].events[1].At = 20
		}, ""},
		{"details lost", func(s *story) { s.runs[lost].ledger[5].Value = nil }, "was accepted before"},
		{"old details", func(s *story) { s.runs[lost].ledger[5].Value = loadtest.JSON(worker.Progress{Attempt: 1, Beat: 1}) }, "was accepted before"},
		{"details from nowhere", func(s *story) { s.runs[lost].ledger[5].Value = loadtest.JSON(worker.Progress{Attempt: 1, Beat: 7}) }, "which no earlier attempt sent"},
		{"refused details", func(s *story) { s.runs[lost].ledger[5].Value = loadtest.JSON(worker.Progress{Attempt: 1, Beat: 3}) }, "which were refused"},
		{"the back-off cut short", func(s *story) { s.runs[fails].events[1].At = 100 }, "the back-off is 100ms"},
		{"the back-off does not grow", func(s *story) { s.runs[fails].events[2].At = 300 }, "the back-off is 200ms"},
		{"too many attempts", func(s *story) { s.runs[fails].terms.Retry.MaxAttempts = 2 }, "max_attempts is 2"},
		{"tried again without a policy", func(s *story) { s.runs[fails].terms.Retry = nil }, "max_attempts is 1"},
		{"tried again in vain", func(s *story) { s.runs[fails].ledger[1].Code = worker.Fatal }, "after a failure of kind fatal"},
		{"given up too early", func(s *story) {
			f := s.runs[fails]
			f.events, f.ledger = f.events[:3], f.ledger[:6]
			f.events[2] = loadtest.Made{At: 150, Type: "ActivityFailed", Data: map[string]any{"id": 1, "attempt": 2, "error": map[string]any{"kind": worker.Fail}}}
			f.result = map[string]any{"kind": worker.Fail}
		}, "after at most 2 failures"},
		{"failed for good", func(s *story) {
			f := s.runs[fails]
			f.terms.Retry.MaxAttempts = 2
			f.events, f.ledger = f.events[:3], f.ledger[:6]
			f.events[2] = loadtest.Made{At: 150, Type: "ActivityFailed", Data: map[string]any{"id": 1, "attempt": 2, "error": map[string]any{"kind": worker.Fail}}}
			f.result = map[string]any{"kind": worker.Fail}
		}, ""},
		{"lost as often as it may be", func(s *story) { s.lostTwice(2) }, ""},
		{"lost once more than it may be", func(s *story) { s.lostTwice(1) }, "after 1 attempts that failed or were lost; max_attempts is 1"},
		{"lost, and nothing says how often it may be", func(s *story) { s.lostTwice(0) }, "though nothing says how often"},
		{"given up before it was lost often enough", func(s *story) { s.lostTwice(3) }, "after at most 2 failures"},
		{"lost, and told that it counted", func(s *story) {
			s.lostTwice(2)
			s.runs[lost].line(1290, worker.Told, 2, func(l *worker.Line) { l.OK, l.Failed = true, true })
		}, "which was told that its word counted"},
		{"given back, which does not count", func(s *story) {
			f := s.runs[fails]
			f.order.Plan, f.terms.Retry.MaxAttempts = []string{worker.Fail, worker.Return, worker.Do}, 2
			f.ledger = append(f.ledger[:4:4], f.ledger[6:]...)
			f.events[2].Data["last_failure"] = map[string]any{"kind": "lease_lost"}
		}, ""},
		{"lost, and lost again by a worker that never heard that it was given back", func(s *story) {
			s.lostTwice(2)
			c := s.runs[lost]
			c.order.Plan = []string{worker.Drop, worker.Return}
			c.line(2290, worker.Left, 2, func(l *worker.Line) { l.Code = "returned untold" })
		}, ""},
		{"lost, given back, and failed for good", func(s *story) {
			s.lostTwice(2)
			c := s.runs[lost]
			c.order.Plan = []string{worker.Drop, worker.Return}
			c.line(2290, worker.Left, 2, func(l *worker.Line) { l.Code, l.OK = "returned ok", true })
		}, "after at most 1 failures"},
		{"a time-out without one", func(s *story) {
			f := s.runs[lost]
			f.events[2] = loadtest.Made{At: 1300, Type: "ActivityFailed", Data: map[string]any{"id": 1, "attempt": 2, "error": map[string]any{"kind": "timeout"}}}
		}, "and has none"},
		{"failed with another kind", func(s *story) {
			f := s.runs[lost]
			f.events[2] = loadtest.Made{At: 1300, Type: "ActivityFailed", Data: map[string]any{"id": 1, "attempt": 2, "error": map[string]any{"kind": "x"}}}
		}, "failed with kind x"},
		{"never hears of the end", func(s *story) { s.runs[given].end = 399; s.runs[given].ledger[3].Cancel = false }, "without a word"},
		{"a run of nobody", func(s *story) {
			s.runs[lost].line(5, worker.Took, 9, func(l *worker.Line) { l.Run = "nobody's" })
		}, "none that was started"},
		{"more than the queue allows", func(s *story) { s.runs[lost].queue = "tight" }, "its limit is 1"},
		{"faster than the queue allows", func(s *story) { s.runs[fails].queue, s.runs[given].queue = "rated", "rated" }, "one too many"},
	} {
		s := newStory()
		c.spoil(s)
		loadtest.Expect(t, c.name, new(Workload).Check(s.ops()), c.want)
	}
}

// Nothing is concluded from the workers' clock once log time did not follow it.
func TestWallClock(t *testing.T) {
	s := newStory()
	s.runs[0].ledger = nil
	s.runs[0].line(20, worker.Took, 1, nil)
	s.runs[0].beat(900, 1, 2, true)
	s.runs[0].line(1260, worker.Took, 2, func(l *worker.Line) { l.Value = loadtest.JSON(worker.Progress{Attempt: 1, Beat: 2}) })
	s.runs[0].line(1290, worker.Effect, 2, func(l *worker.Line) { l.Value = loadtest.JSON(choreOutput(2)) })
	s.runs[2].ledger[0].At -= 1e9 // delivered a second before it was leased
	loadtest.Expect(t, "clocks apart", new(Workload).Check(s.ops()), "")
}
