package fsm

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

func activityOf(id uint64, activity string) *history.ActivityScheduled {
	return &history.ActivityScheduled{ID: id, Activity: activity, Queue: "default"}
}

// lease takes tasks of the default queue for a, b and c.
func (w *world) lease(n uint32) []Leased {
	w.t.Helper()
	return w.do(&LeaseTasks{Queue: "default", Activities: []string{"a", "b", "c"}, Worker: "w", Max: n}).(*LeaseAnswer).Tasks
}

// patient is a world that recounts everything only when asked to.
func patient(t *testing.T) *world {
	w := newWorld(t)
	w.s.cfg.Check = nil
	w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
	return w
}

// TestTaskLimits: every size that workers and workflow code control has a limit, and the refusal
// names the field.
func TestTaskLimits(t *testing.T) {
	w := newWorld(t)
	w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
	w.start("a", "order")
	long := strings.Repeat("x", maxTaskName+1)
	lease := func(change func(c *LeaseTasks)) *LeaseTasks {
		c := &LeaseTasks{Queue: "q", Activities: []string{"a"}, Worker: "w", Max: 1, Lease: 1e9}
		change(c)
		return c
	}
	for _, tt := range []struct {
		c     Command
		names string
	}{
		{lease(func(c *LeaseTasks) { c.Queue = "" }), "queue"},
		{lease(func(c *LeaseTasks) { c.Queue = long }), "queue"},
		{lease(func(c *LeaseTasks) { c.Worker = long }), "worker_id"},
		{lease(func(c *LeaseTasks) { c.Activities = nil }), "activities"},
		{lease(func(c *LeaseTasks) { c.Activities = make([]string, maxTaskBatch+1) }), "activities"},
		{lease(func(c *LeaseTasks) { c.Activities = []string{"a", long} }), "activities"},
		{lease(func(c *LeaseTasks) { c.Max = maxTaskBatch + 1 }), "max_tasks"},
		{lease(func(c *LeaseTasks) { c.Lease = -1 }), "lease"},
		{lease(func(c *LeaseTasks) { c.Lease = maxLease + 1 }), "lease"},
		{&CompleteTasks{Results: make([]TaskOutput, maxTaskBatch+1)}, "results"},
		{&FailTasks{Results: make([]TaskFailure, maxTaskBatch+1)}, "results"},
		{&BeatTasks{Beats: make([]TaskBeat, maxTaskBatch+1)}, "tokens"},
		{&ReleaseTasks{Tokens: make([]TaskToken, maxTaskBatch+1)}, "tokens"},
		{&LimitQueue{}, "queue"},
		{&LimitQueue{Queue: long}, "queue"},
		{w.turnOf("a", &history.ActivityScheduled{ID: 1, Activity: "a"}), "queue"},
		{w.turnOf("a", &history.ActivityScheduled{ID: 1, Activity: "a", Queue: long}), "queue"},
		{w.turnOf("a", &history.ActivityScheduled{ID: 1, Queue: "q"}), "activity"},
		{w.turnOf("a", &history.ActivityScheduled{ID: 1, Activity: long, Queue: "q"}), "activity"},
	} {
		if r := w.refused(tt.c, "invalid_input"); !strings.Contains(r.Error(), tt.names) {
			t.Errorf("%T: %.200s, which does not name %s", tt.c, r.Error(), tt.names)
		}
	}
	most := strings.Repeat("x", maxTaskName)
	w.turn("a", &history.ActivityScheduled{ID: 1, Activity: most, Queue: most})
	if got := w.do(&LeaseTasks{Queue: most, Activities: []string{most}, Worker: most, Max: maxTaskBatch, Lease: maxLease}).(*LeaseAnswer).Tasks; len(got) != 1 {
		t.Errorf("%d tasks with the longest names", len(got))
	}
}

// TestOldestFirst: offers go out in the order in which they came, over several activities and far
// more than memory keeps, also after the lane's beginning has been withdrawn and after a restart in
// between.
func TestOldestFirst(t *testing.T) {
	w := patient(t)
	w.start("x", "order")
	const n = 1200
	var asked, gone []history.Data
	for i := range uint64(n) {
		asked = append(asked, activityOf(i+1, string("aabbbc"[i%6])))
		if i < 500 && i%50 != 0 {
			gone = append(gone, &history.ActivityCancelled{ID: i + 1})
		}
	}
	w.turn("x", asked...)
	w.do(&SignalRun{Run: RunRef{WorkflowID: "x"}, Name: "go", MaxWaiting: 1})
	w.turn("x", gone...)
	var want, got []uint64
	for i := range uint64(n) {
		if i >= 500 || i%50 == 0 {
			want = append(want, i+1)
		}
	}
	for round := 0; ; round++ {
		tasks := w.lease(7)
		if len(tasks) == 0 {
			break
		}
		for _, l := range tasks {
			got = append(got, l.Token.ID)
		}
		if round%10 == 3 { // what a poller that went away had been given comes first again
			last := tasks[len(tasks)-1].Token
			w.do(&ReleaseTasks{Tokens: []TaskToken{last}})
			got = got[:len(got)-1]
		}
		if round == 50 {
			w.tinker("snapshot")
			w.s.cfg.Check = nil
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("given out: %v\nwant: %v", got, want)
	}
	w.checkReplays()
}

// TestFanOut: ten thousand activities of one run, half of them settled, the rest given up when it
// closes.
func TestFanOut(t *testing.T) {
	w := patient(t)
	w.start("x", "order")
	const n = 10_000
	var asked []history.Data
	for i := range uint64(n) {
		asked = append(asked, activityOf(i+1, string("abc"[i%3])))
	}
	w.turn("x", asked...)
	for range 6 {
		var c CompleteTasks
		for _, l := range w.lease(maxTaskBatch) {
			c.Results = append(c.Results, TaskOutput{Token: l.Token})
		}
		if len(c.Results) != maxTaskBatch {
			t.Fatalf("%d were given out", len(c.Results))
		}
		for _, reply := range w.do(&c).(*TaskAnswer).Replies {
			if reply.Lost != "" {
				t.Fatal(reply.Lost)
			}
		}
	}
	w.lease(500)
	w.do(&TerminateRun{Run: RunRef{WorkflowID: "x"}})
	w.view(func(v View) {
		if q, _ := v.Queue("default"); q.Offered != 0 || q.Leased != 500 {
			t.Errorf("left in the queue: %+v", q)
		}
	})
	w.now = w.now.Add(time.Hour)
	w.do(&FireTimers{Timers: w.due()})
	w.view(func(v View) {
		if _, ok := v.Queue("default"); ok {
			t.Error("the queue is still there")
		}
	})
	w.checkReplays()
}

func (w *world) due() (refs []TimerRef) {
	w.view(func(v View) { refs = v.DueTimers(w.now, maxFired) })
	return refs
}

// TestUncountedAttempts: of a step's attempts the first hundred are told, and as many again after a
// reopening; none is ever numbered twice.
func TestUncountedAttempts(t *testing.T) {
	w := patient(t)
	run := w.start("x", "order")
	e := activityOf(1, "a")
	e.Retry = &history.Retry{MaxAttempts: 130, Backoff: 1, MaxBackoff: 1}
	w.turn("x", e)
	tries := func(n int) (attempts []uint32) {
		for range n {
			w.now = w.now.Add(time.Second)
			w.do(&FireTimers{Timers: w.due()})
			for _, l := range w.lease(1) {
				attempts = append(attempts, l.Token.Attempt)
				w.do(&FailTasks{Results: []TaskFailure{{Token: l.Token, Error: history.RunError{Kind: "broken", Retryable: true}}}})
			}
		}
		return attempts
	}
	started := func() (n int) {
		for _, e := range w.history(run) {
			if e.Data.Type() == history.TypeActivityStarted {
				n++
			}
		}
		return n
	}
	if got := tries(140); len(got) != 130 || got[129] != 130 || started() != maxRecordedOf {
		t.Errorf("%d attempts up to %d, %d of them told", len(got), got[len(got)-1], started())
	}
	w.do(&TerminateRun{Run: RunRef{WorkflowID: "x"}})
	w.do(w.reopenOf(RunRef{WorkflowID: "x"}, 1))
	if got := tries(140); len(got) != 130 || got[0] != 131 || started() != 2*maxRecordedOf {
		t.Errorf("%d attempts from %d on, %d told in all", len(got), got[0], started())
	}
	w.checkReplays()
}

// TestLargeFailures: what a failed attempt says at length is kept once, in the outcome, and not
// with every attempt.
func TestLargeFailures(t *testing.T) {
	w := patient(t)
	run := w.start("x", "order")
	e := activityOf(1, "a")
	e.Retry = &history.Retry{MaxAttempts: 3, Backoff: 1, MaxBackoff: 1}
	w.turn("x", e)
	failure := history.RunError{Kind: "broken", Message: strings.Repeat("m", 1<<20), Details: history.Payload(`"` + strings.Repeat("d", 1<<20) + `"`), Retryable: true}
	for range 3 {
		w.now = w.now.Add(time.Second)
		w.do(&FireTimers{Timers: w.due()})
		for _, l := range w.lease(1) {
			w.do(&FailTasks{Results: []TaskFailure{{Token: l.Token, Error: failure}}})
		}
	}
	r := w.latest("x")
	if r.Bytes > 2<<20+1<<14 {
		t.Errorf("the history has %d bytes", r.Bytes)
	}
	events := w.history(run)
	last, ok := events[len(events)-1].Data.(*history.ActivityFailed)
	if !ok || len(last.Error.Message) != len(failure.Message) || len(last.Error.Details) != len(failure.Details) {
		t.Errorf("the outcome is %T", events[len(events)-1].Data)
	}
	w.checkReplays()
}

// TestDamagedLane: a state on disk that contradicts itself stops the node instead of giving out
// what is not there.
func TestDamagedLane(t *testing.T) {
	for name, missing := range map[string]func(task rows.Task) []byte{
		"an offer is missing": func(task rows.Task) []byte {
			return task.Place().Key(rows.LaneKey(rows.FamilyOffer, task.Queue, task.Activity))
		},
		"a task is missing": func(task rows.Task) []byte { return rows.TaskKey(1, task.ID) },
	} {
		t.Run(name, func(t *testing.T) {
			w := patient(t)
			run := w.start("x", "order")
			w.turn("x", activityOf(1, "a"))
			w.view(func(v View) {
				task, _ := v.Task(run, 1)
				damage := w.s.db.Overlay()
				damage.Del(missing(task))
				if err := damage.Commit(w.s.meta); err != nil {
					t.Fatal(err)
				}
			})
			w.s.tasks, w.s.lanes = newTasks(), newHot[lane]()
			b, err := EncodeEntry(Entry{At: w.now, Commands: []Envelope{{Command: &LeaseTasks{Queue: "default", Activities: []string{"a"}, Max: 1}}}})
			if err != nil {
				t.Fatal(err)
			}
			if _, err = w.s.Apply(w.s.Applied()+1, b); err == nil || !strings.Contains(err.Error(), "apply entry 4") {
				t.Errorf("applied: %v", err)
			}
		})
	}
}
