package engine_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// handlers maps activities to the handlers of a worker.
type handlers = map[string]enginetest.Handler

// does packs a one-line workflow with activities.
func does(t testing.TB, body string, activities ...string) []byte {
	t.Helper()
	return enginetest.Pack(t, enginetest.Code{"w": "def run(ctx, input):\n    " + body + "\n"}, enginetest.Activities(activities...))
}

func says42(context.Context, engine.WorkerTask) (string, error) { return "42", nil }

// poll asks once for tasks of the default queue.
func poll(t *testing.T, n *enginetest.Node, wait time.Duration, most int, activities ...string) []engine.WorkerTask {
	t.Helper()
	tasks, _, err := n.Poll(background, engine.PollRequest{Queue: "default", Worker: "w1", Activities: activities, Max: most}, wait)
	if err != nil {
		t.Fatalf("poll: %v", err)
	}
	return tasks
}

// complete completes an attempt and returns the code of the refusal, if any.
func complete(t *testing.T, n *enginetest.Node, task engine.WorkerTask, output string) string {
	t.Helper()
	replies, _, err := n.CompleteTasks(background, engine.Call{}, []engine.TaskResult{{Token: task.Token, Output: history.Payload(output)}})
	if err != nil {
		t.Fatalf("complete: %v", err)
	}
	return enginetest.CodeOf(replies[0].Err)
}

func fail(t *testing.T, n *enginetest.Node, task engine.WorkerTask, failure history.RunError) string {
	t.Helper()
	replies, _, err := n.FailTasks(background, engine.Call{}, []engine.TaskResult{{Token: task.Token, Error: failure}})
	if err != nil {
		t.Fatalf("fail: %v", err)
	}
	return enginetest.CodeOf(replies[0].Err)
}

func beat(t *testing.T, n *enginetest.Node, task engine.WorkerTask, details string) engine.TaskReply {
	t.Helper()
	replies, _, err := n.BeatTasks(background, engine.Call{}, []engine.TaskResult{{Token: task.Token, Details: history.Payload(details)}})
	if err != nil {
		t.Fatalf("heartbeat: %v", err)
	}
	return replies[0]
}

func TestAnActivityIsCarriedOutByAWorker(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(does(t, `return ctx.activity("double", input)`, "double"))
		n.Work("default", handlers{"double": func(_ context.Context, t engine.WorkerTask) (string, error) {
			return fmt.Sprintf(`{"of":%s,"workflow":%q,"type":%q,"activity":%q,"attempt":%d}`, t.Input, t.WorkflowID, t.Type, t.Activity, t.Leased.Token.Attempt), nil
		}})
		ref := n.BeginWith(engine.StartRequest{Type: "w", WorkflowID: "one", Input: history.Payload("21")})
		equal(t, "outcome", n.Outcome(ref), `completed {"of":21,"workflow":"one","type":"w","activity":"double","attempt":1}`)
		equal(t, "events", n.Types(ref), "WorkflowStarted ActivityScheduled ActivityStarted ActivityCompleted WorkflowCompleted")
	})
}

func TestFailedAttemptsAreRetried(t *testing.T) {
	for name, c := range map[string]struct {
		options, failures string // options of the call; failure kinds of the attempts, "!" = not retryable
		want              string
		attempts          int32
		took              time.Duration // without jitter, which adds up to a tenth
	}{
		"no retry":         {``, "a", "failed a: attempt 1", 1, 0},
		"until it works":   {`, retry = {"max_attempts": 5, "backoff": "2s"}`, "a a a", "completed 42", 4, 14 * time.Second},
		"at most":          {`, retry = {"max_attempts": 3}`, "a b c d", "failed c: attempt 3", 3, 3 * time.Second},
		"capped":           {`, retry = {"backoff": "10s", "factor": 10, "max_backoff": "20s"}`, "a a a", "completed 42", 4, 50 * time.Second},
		"not this kind":    {`, retry = {"non_retryable": ["fatal"]}`, "a fatal", "failed fatal: attempt 2", 2, time.Second},
		"said by a worker": {`, retry = {}`, "a b!", "failed b: attempt 2", 2, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *enginetest.Node) {
				n.Deploy(does(t, `return ctx.activity("x", None`+c.options+`)`, "x"))
				kinds := strings.Fields(c.failures)
				var attempts atomic.Int32
				n.Work("default", handlers{"x": func(_ context.Context, task engine.WorkerTask) (string, error) {
					i := int(attempts.Add(1)) - 1
					if i >= len(kinds) {
						return "42", nil
					}
					kind, final := strings.CutSuffix(kinds[i], "!")
					return "", &history.RunError{Kind: kind, Message: fmt.Sprint("attempt ", task.Leased.Token.Attempt), Retryable: !final}
				}})
				began := time.Now()
				ref := n.Begin("w", "")
				equal(t, "outcome", n.Outcome(ref), c.want)
				equal(t, "attempts", attempts.Load(), c.attempts)
				if took := time.Since(began); took < c.took || took > c.took*11/10+time.Second {
					t.Errorf("took %s, want %s and up to a tenth more", took, c.took)
				}
				last := history.Data(nil)
				for _, e := range n.Events(ref) {
					if started, ok := e.Data.(*history.ActivityStarted); ok && started.Attempt > 1 {
						if started.Failure == nil || started.Failure.Kind != kinds[started.Attempt-2] {
							t.Errorf("attempt %d tells of the one before: %+v", started.Attempt, started.Failure)
						}
						last = started
					}
				}
				if c.attempts > 1 && last == nil {
					t.Error("history tells of no second attempt")
				}
			})
		})
	}
}

func TestTimeLimitsOfAnActivity(t *testing.T) {
	for name, c := range map[string]struct {
		options string
		works   time.Duration // how long the first attempt takes; later ones are fast
		want    string
		took    time.Duration
	}{
		"timeout":              {`timeout = "5s"`, time.Hour, `failed timeout: attempt 1 took longer than its time limit of 5s`, 5 * time.Second},
		"timeout, retried":     {`timeout = "5s", retry = {"backoff": "1ms"}`, time.Hour, "completed 42", 5 * time.Second},
		"silence":              {`heartbeat = "3s"`, time.Hour, "completed 42", 3 * time.Second},
		"silence, default":     {``, time.Hour, "completed 42", 5 * time.Minute},
		"deadline, no silence": {`timeout = "1h"`, 30 * time.Minute, "completed 42", 30 * time.Minute},
		"no worker":            {`queue = "nobody", schedule_timeout = "7s"`, 0, `failed timeout: no worker took it from queue "nobody" within 7s`, 7 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *enginetest.Node) {
				n.Deploy(does(t, `return ctx.activity("x", None, `+c.options+`)`, "x"))
				n.Work("default", handlers{"x": func(ctx context.Context, task engine.WorkerTask) (string, error) {
					if task.Leased.Token.Attempt == 1 {
						select {
						case <-time.After(c.works):
						case <-ctx.Done():
						}
					}
					return "42", nil
				}})
				began := time.Now()
				equal(t, "outcome", n.Outcome(n.Begin("w", "")), c.want)
				if took := time.Since(began); took < c.took || took > c.took*11/10+time.Second {
					t.Errorf("took %s, want %s", took, c.took)
				}
			})
		})
	}
}

// A worker that falls silent loses its task to another worker, which gets its details. Later
// reports of the first one are refused and change nothing.
func TestALostLeaseIsFenced(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(does(t, `return ctx.activity("x", None, heartbeat = "10s")`, "x"))
		ref := n.Begin("w", "")
		first := poll(t, n, time.Minute, 1, "x")[0]
		equal(t, "lease", first.Lease.Std(), 10*time.Second)
		for i := range 5 {
			time.Sleep(9 * time.Second)
			if r := beat(t, n, first, fmt.Sprintf(`{"done":%d}`, i)); r.Err != nil || r.CancelRequested {
				t.Fatalf("heartbeat %d: %+v", i, r)
			}
		}
		second := poll(t, n, time.Minute, 1, "x")[0]
		equal(t, "attempt", second.Leased.Token.Attempt, 2)
		equal(t, "details", string(second.Details), `{"done":4}`)
		equal(t, "late result", complete(t, n, first, "1"), "lease_lost")
		equal(t, "late failure", fail(t, n, first, history.RunError{Message: "no"}), "lease_lost")
		equal(t, "late heartbeat", enginetest.CodeOf(beat(t, n, first, "").Err), "lease_lost")
		equal(t, "result", complete(t, n, second, "2"), "")
		equal(t, "again", complete(t, n, second, "3"), "lease_lost")
		equal(t, "outcome", n.Outcome(ref), "completed 2")
		equal(t, "after the end", complete(t, n, second, "3"), "lease_lost")
		equal(t, "events", n.Types(ref), "WorkflowStarted ActivityScheduled ActivityStarted ActivityStarted ActivityCompleted WorkflowCompleted")
	})
}

// A heartbeat tells its worker when the step is to end: when code cancels it, or the run's
// cancellation has come to its code; and when nobody waits for it any more. An outcome counts as
// long as it is waited for.
func TestCancellationIsDeliveredWithTheHeartbeat(t *testing.T) {
	for name, c := range map[string]struct {
		body    string
		happens func(n *enginetest.Node, ref fsm.RunRef)
		want    bool
		result  string // the code of its refusal; empty = it counts
	}{
		"lost a race": {`ctx.race([ctx.start_activity("x"), ctx.start_timer("5s")]); ctx.sleep("1h")`, nil, true, ""},
		"abandoned":   {`ctx.race([ctx.start_activity("x", on_cancel="abandon"), ctx.start_timer("5s")]); ctx.sleep("1h")`, nil, true, "lease_lost"},
		"shielded":    {`ctx.race([ctx.start_activity("x", on_cancel="ignore"), ctx.start_timer("5s")]); ctx.sleep("1h")`, nil, false, ""},
		"terminated":  {`ctx.activity("x")`, func(n *enginetest.Node, ref fsm.RunRef) { n.Terminate(background, engine.Call{}, ref, "") }, true, "lease_lost"},
		"cancelled":   {`ctx.activity("x")`, func(n *enginetest.Node, ref fsm.RunRef) { n.Cancel(background, engine.Call{}, ref, "") }, true, ""},
		"cancelled, while paused": {`ctx.activity("x")`, func(n *enginetest.Node, ref fsm.RunRef) {
			n.Pause(background, engine.Call{}, ref, "")
			n.Cancel(background, engine.Call{}, ref, "")
		}, false, ""},
		"nothing": {`ctx.activity("x")`, nil, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *enginetest.Node) {
				n.Deploy(does(t, c.body, "x"))
				ref := n.Begin("w", "")
				task := poll(t, n, time.Minute, 1, "x")[0]
				if r := beat(t, n, task, ""); r.Err != nil || r.CancelRequested {
					t.Fatalf("at first: %+v", r)
				}
				if c.happens != nil {
					c.happens(n, ref)
				}
				time.Sleep(10 * time.Second)
				r := beat(t, n, task, "")
				equal(t, "cancel requested", r.CancelRequested, c.want)
				if r.Err != nil {
					t.Errorf("heartbeat: %v", r.Err)
				}
				equal(t, "result", complete(t, n, task, "1"), c.result)
			})
		})
	}
}

// A new leader finds leases, backoffs and limits unchanged.
func TestAnotherLeaderGoesOnWithTheTasks(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(does(t, `return ctx.all([ctx.start_activity("x", i, retry = {"backoff": "10s"}, timeout = "1m") for i in range(3)])`, "x"))
		ref := n.Begin("w", "")
		synctest.Wait()
		tasks := poll(t, n, 0, 2, "x")
		equal(t, "failure", fail(t, n, tasks[0], history.RunError{Message: "no", Retryable: true}), "")
		n.Restart()
		equal(t, "result", complete(t, n, tasks[1], "1"), "")
		third := poll(t, n, time.Second, 5, "x")
		equal(t, "offered", len(third), 1)
		n.Restart()
		again := poll(t, n, time.Minute, 5, "x")
		equal(t, "offered", len(again), 1)
		equal(t, "attempt", again[0].Leased.Token.Attempt, 2)
		equal(t, "result", complete(t, n, again[0], "0"), "")
		equal(t, "result", complete(t, n, third[0], "2"), "")
		equal(t, "outcome", n.Outcome(ref), "completed [0,1,2]")
	})
}

func TestReleasedTasksAreOfferedAgain(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(does(t, `return ctx.activity("x")`, "x"))
		ref := n.Begin("w", "")
		task := poll(t, n, time.Minute, 1, "x")[0]
		replies, _, err := n.ReleaseTasks(background, engine.Call{}, []engine.TaskResult{{Token: task.Token}, {Token: task.Token}})
		if err != nil || replies[0].Err != nil || enginetest.CodeOf(replies[1].Err) != "lease_lost" {
			t.Fatalf("got %+v, %v", replies, err)
		}
		n.Work("default", handlers{"x": says42})
		equal(t, "outcome", n.Outcome(ref), "completed 42")
	})
}

func TestTasksAndQueuesAreShown(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(does(t, `return ctx.all([ctx.start_activity("x", i, queue = q, retry = {"backoff": "1h"}) for i in range(3) for q in ("a", "b")])`, "x"))
		ref := n.Begin("w", "")
		synctest.Wait()
		taken, _, err := n.Poll(background, engine.PollRequest{Queue: "a", Worker: "w7", Activities: []string{"x"}, Max: 2}, 0)
		if err != nil || len(taken) != 2 {
			t.Fatalf("got %v, %v", taken, err)
		}
		equal(t, "failure", fail(t, n, taken[0], history.RunError{Kind: "oops", Retryable: true}), "")
		d, err := n.Describe(background, engine.Read{}, ref, 0)
		if err != nil || d.Index == 0 || len(d.Pending) != 6 || d.Total != 6 {
			t.Fatalf("got %+v, %v", d, err)
		}
		if few, err := n.Describe(background, engine.Read{}, ref, 4); err != nil || len(few.Pending) != 4 || few.Total != 6 {
			t.Errorf("of 6, at most 4: %+v, %v", few, err)
		}
		told := ""
		for _, task := range d.Pending {
			told += fmt.Sprintf("%d %s %d %d %s; ", task.ID, task.Queue, task.State, task.Attempt, task.Worker)
		}
		equal(t, "tasks", told, "1 a 2 1 w7; 2 b 1 0 ; 3 a 3 1 w7; 4 b 1 0 ; 5 a 1 0 ; 6 b 1 0 ; ")
		queues, next, _, err := n.Queues(background, engine.Read{}, 1, "")
		if err != nil || len(queues) != 1 || next != "a" {
			t.Fatalf("got %v next %q, %v", queues, next, err)
		}
		a := queues[0]
		equal(t, "a", fmt.Sprint(a.Name, a.Offered, a.Backoff, a.Leased), "a1 1 1")
		if queues, next, _, err = n.Queues(background, engine.Read{}, 1, next); err != nil || len(queues) != 1 || queues[0].Name != "b" || next != "" {
			t.Errorf("got %v next %q, %v", queues, next, err)
		}
		q, _, err := n.Queue(background, engine.Read{}, "c")
		if err != nil || q != (rows.Queue{Name: "c"}) {
			t.Errorf("got %+v, %v", q, err)
		}
		_, err = n.Describe(background, engine.Read{}, fsm.RunRef{WorkflowID: "nobody"}, 0)
		refused(t, err, "not_found")
		_, _, _, err = n.Queues(background, engine.Read{}, -1, "")
		refused(t, err, "invalid_input")
		_, _, err = n.Queue(background, engine.Read{}, "")
		refused(t, err, "invalid_input")
	})
}

// An attempt whose lease was recorded, but whose poll never got it, is offered again when its lease
// expires.
func TestALeaseThatNobodyHeardOfEnds(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(does(t, `return ctx.activity("x")`, "x"))
		ref := n.Begin("w", "")
		var once atomic.Bool
		n.Log.Inject(func(c fsm.Command) enginetest.Fault {
			if _, ok := c.(*fsm.LeaseTasks); ok && once.CompareAndSwap(false, true) {
				return enginetest.UnknownDone
			}
			return enginetest.None
		})
		_, _, err := n.Poll(background, engine.PollRequest{Queue: "default", Worker: "w", Activities: []string{"x"}, Lease: 20 * time.Second}, time.Minute)
		var unknown *engine.Unknown
		if !errors.As(err, &unknown) {
			t.Fatalf("got %v", err)
		}
		began := time.Now()
		task := poll(t, n, time.Minute, 1, "x")[0]
		const back = 21 * time.Second // the lease, then the backoff, with up to a tenth of jitter
		if waited := time.Since(began); waited < back || waited > back+time.Second/10 {
			t.Errorf("waited %s, want %s", waited, back)
		}
		equal(t, "result", complete(t, n, task, "1"), "")
		equal(t, "outcome", n.Outcome(ref), "completed 1")
	})
}
