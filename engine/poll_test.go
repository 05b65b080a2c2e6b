package engine_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
)

func TestAPollEndsWithItsWait(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(does(t, `return ctx.activity("x")`, "x"))
		began := time.Now()
		equal(t, "tasks", len(poll(t, n, 30*time.Second, 1, "x")), 0)
		equal(t, "took", time.Since(began), 30*time.Second)
		equal(t, "tasks", len(poll(t, n, 0, 1, "x")), 0)
		equal(t, "took", time.Since(began), 30*time.Second)
		n.Begin("w", "")
		synctest.Wait()
		equal(t, "tasks for others", len(poll(t, n, 0, 1, "y")), 0)
		equal(t, "tasks", len(poll(t, n, 0, 1, "w", "x", "x", "y")), 1)
	})
}

// However many polls wait, each offer is asked for once, by the first poll that can carry it out.
func TestPollsAreServedInTurn(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, enginetest.Code{"w": `
def run(ctx, input):
    return ctx.all([ctx.start_activity(name) for name in input])
`}, enginetest.Activities("x", "y", "z")))
		n.Begin("w", `["z","z","z","z","z"]`) // offers that nobody polls for
		var leases, empty atomic.Int64
		n.Log.Inject(func(c fsm.Command) enginetest.Fault {
			if _, ok := c.(*fsm.LeaseTasks); ok {
				leases.Add(1)
			}
			return enginetest.None
		})
		served := make(chan string, 400)
		for i := range 300 {
			activity := []string{"x", "y"}[i%2]
			name := fmt.Sprint(i, activity)
			go func() {
				tasks, _, err := n.Poll(background, engine.PollRequest{Queue: "default", Worker: name, Activities: []string{activity}}, time.Minute)
				if err != nil || len(tasks) > 1 {
					t.Errorf("got %d tasks, %v", len(tasks), err)
				}
				if len(tasks) == 1 {
					served <- name + " " + tasks[0].Activity
				} else {
					empty.Add(1)
				}
			}()
			synctest.Wait()
		}
		n.Begin("w", `["y"]`)
		equal(t, "first", <-served, "1y y")
		n.Begin("w", `["x","y","y"]`)
		got := map[string]bool{<-served: true, <-served: true, <-served: true}
		for _, want := range []string{"0x x", "3y y", "5y y"} {
			if !got[want] {
				t.Errorf("%s was not served; served were %v", want, got)
			}
		}
		time.Sleep(2 * time.Minute)
		equal(t, "leases", leases.Load(), 4)
		equal(t, "empty answers", empty.Load(), 296)
	})
}

// Tasks that a poll was given while its worker disconnected are offered to others at once.
func TestTasksOfAPollThatWentAwayAreGivenBack(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(does(t, `return ctx.activity("x")`, "x"))
		n.Begin("w", "")
		synctest.Wait()
		ctx, leave := context.WithCancel(background)
		n.Log.Inject(func(c fsm.Command) enginetest.Fault {
			if _, ok := c.(*fsm.LeaseTasks); ok {
				leave()
			}
			return enginetest.None
		})
		tasks, _, err := n.Poll(ctx, engine.PollRequest{Queue: "default", Worker: "gone", Activities: []string{"x"}}, time.Minute)
		if len(tasks) > 0 || err != nil {
			t.Fatalf("got %v, %v", tasks, err)
		}
		n.Log.Inject(nil)
		began := time.Now()
		task := poll(t, n, time.Minute, 1, "x")[0]
		equal(t, "waited", time.Since(began), 0)
		equal(t, "attempt", task.Leased.Token.Attempt, 2)
	})
}

func TestPollsOfALeaderThatLostAreToldSo(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(does(t, `return ctx.activity("x")`, "x"))
		errs := make(chan error, 10)
		for range 10 {
			go func() {
				_, _, err := n.Poll(background, engine.PollRequest{Queue: "default", Worker: "w", Activities: []string{"x"}}, time.Minute)
				errs <- err
			}()
		}
		synctest.Wait()
		n.Depose()
		for range 10 {
			refused(t, <-errs, "no_leader")
		}
		_, _, err := n.Poll(background, engine.PollRequest{Queue: "default", Worker: "w", Activities: []string{"x"}}, time.Minute)
		refused(t, err, "no_leader")
		n.Elect()
		ref := n.Begin("w", "")
		equal(t, "result", complete(t, n, poll(t, n, time.Minute, 1, "x")[0], "1"), "")
		equal(t, "outcome", n.Outcome(ref), "completed 1")
	})
}

func TestARepeatedPollAnswersTheSameTasks(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(does(t, `return ctx.all([ctx.start_activity("x", i) for i in range(5)])`, "x"))
		n.Begin("w", "")
		request := engine.PollRequest{Queue: "default", Worker: "w1", Activities: []string{"x"}, Max: 3,
			Call: engine.Call{Request: &fsm.Request{ID: "poll-1"}}}
		n.Log.Inject(func(c fsm.Command) enginetest.Fault {
			if _, ok := c.(*fsm.LeaseTasks); ok {
				return enginetest.UnknownDone
			}
			return enginetest.None
		})
		_, _, err := n.Poll(background, request, time.Minute)
		refused(t, err, "outcome_unknown")
		n.Log.Inject(nil)
		tasks, index, err := n.Poll(background, request, time.Minute)
		if err != nil || len(tasks) != 3 || index == 0 {
			t.Fatalf("got %v at %d, %v", tasks, index, err)
		}
		equal(t, "input", string(tasks[1].Input), "1")
		equal(t, "others", len(poll(t, n, 0, 10, "x")), 2)
		equal(t, "result", complete(t, n, tasks[1], "1"), "")
		if tasks, _, err = n.Poll(background, request, time.Minute); err != nil || len(tasks) != 2 {
			t.Errorf("got %v, %v", tasks, err)
		}
		request.Request = &fsm.Request{ID: "poll-1", Print: [32]byte{1}}
		_, _, err = n.Poll(background, request, time.Minute)
		refused(t, err, "request_mismatch")
	})
}

// A poll whose task went to another worker meanwhile goes on waiting. With a request id, which
// stands for one answer, it returns no tasks.
func TestAPollThatCameTooLateWaitsOn(t *testing.T) {
	for _, id := range []string{"", "poll-1"} {
		bubble(t, func(t *testing.T, n *enginetest.Node) {
			n.Deploy(does(t, `return ctx.activity("x")`, "x"))
			n.Begin("w", "")
			synctest.Wait()
			var thief *fsm.LeaseAnswer
			n.Log.Inject(func(c fsm.Command) enginetest.Fault {
				if lease, ok := c.(*fsm.LeaseTasks); ok && lease.Worker != "thief" && thief == nil {
					stolen := *lease
					stolen.Worker = "thief"
					res, err := n.Log.Propose(background, fsm.Envelope{Command: &stolen})
					if err != nil {
						t.Error(err)
					}
					thief = res.Answer.(*fsm.LeaseAnswer)
				}
				return enginetest.None
			})
			time.AfterFunc(10*time.Second, func() {
				n.Log.Propose(background, fsm.Envelope{Command: &fsm.ReleaseTasks{Tokens: []fsm.TaskToken{thief.Tasks[0].Token}}})
			})
			request := engine.PollRequest{Queue: "default", Worker: "w1", Activities: []string{"x"}}
			if id != "" {
				request.Request = &fsm.Request{ID: id}
			}
			began := time.Now()
			tasks, _, err := n.Poll(background, request, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			if id != "" {
				equal(t, "tasks", len(tasks), 0)
				equal(t, "waited", time.Since(began), 0)
				return
			}
			equal(t, "tasks", len(tasks), 1)
			equal(t, "waited", time.Since(began), 10*time.Second)
		})
	}
}

// One answer carries a bounded amount of input; the other tasks go at once to other polls, or to
// the next one.
func TestOneAnswerIsBounded(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(does(t, `return len(ctx.all([ctx.start_activity("x", input) for i in range(7)]))`, "x"))
		input := `"` + strings.Repeat("x", 1<<20) + `"`
		refs := []fsm.RunRef{n.Begin("w", input), n.Begin("w", input)}
		synctest.Wait()
		for got := 0; got < 14; {
			tasks := poll(t, n, 0, 100, "x")
			if len(tasks) < 1 || len(tasks) > 7 {
				t.Fatalf("got %d tasks in one answer", len(tasks))
			}
			for _, task := range tasks {
				equal(t, "result", complete(t, n, task, "1"), "")
			}
			got += len(tasks)
		}
		for _, ref := range refs {
			equal(t, "outcome", n.Outcome(ref), "completed 7")
		}
	})
}
