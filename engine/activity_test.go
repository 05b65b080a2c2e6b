package engine_test

import (
	"testing"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

const chargedLater = `
def run(ctx, input):
    o = ctx.try_activity("charge", input, timeout = "72h", heartbeat = input, retry = {"max_attempts": 1})
    return [o.ok, o.value if o.ok else o.error.kind]
`

// TestActivitiesEndLater: a worker lets go of an attempt, and days later somebody ends it by its
// ids, once.
func TestActivitiesEndLater(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, enginetest.Code{"approval": chargedLater}, enginetest.Activities("charge")))
		take := func(heartbeat string) (fsm.RunRef, engine.WorkerTask) {
			t.Helper()
			ref := n.Begin("approval", heartbeat)
			tasks, _, err := n.Poll(background, engine.PollRequest{Queue: "default", Worker: "w", Activities: []string{"charge"}, Max: 1}, time.Minute)
			if err != nil || len(tasks) != 1 {
				t.Fatalf("%d tasks, %v", len(tasks), err)
			}
			replies, _, err := n.DeferTasks(background, engine.Call{}, []engine.TaskResult{{Token: tasks[0].Token}})
			if err != nil || replies[0].Err != nil {
				t.Fatalf("%+v, %v", replies, err)
			}
			return ref, tasks[0]
		}
		report := func(task engine.WorkerTask, r engine.ActivityReport) (*fsm.ActivityAnswer, error) {
			r.RunID, r.ID = task.Leased.Token.RunID, task.Leased.Token.ID
			a, _, err := n.ReportActivity(background, engine.Call{}, r)
			return a, err
		}

		ref, task := take(`"48h"`)
		time.Sleep(47 * time.Hour) // of the bubble
		if a, err := report(task, engine.ActivityReport{GoesOn: true}); err != nil || a.Ended {
			t.Errorf("it goes on: %+v, %v", a, err)
		}
		time.Sleep(20 * time.Hour)
		if _, err := report(task, engine.ActivityReport{Attempt: 2, Output: history.Payload("1")}); enginetest.CodeOf(err) != "invalid_state" {
			t.Errorf("another attempt: %v", err)
		}
		if a, err := report(task, engine.ActivityReport{Attempt: 1, Output: history.Payload("7")}); err != nil || !a.Ended {
			t.Errorf("%+v, %v", a, err)
		}
		if got := n.Outcome(ref); got != "completed [true,7]" {
			t.Errorf("it came to %s", got)
		}
		if _, err := report(task, engine.ActivityReport{Output: history.Payload("8")}); enginetest.CodeOf(err) != "not_running" {
			t.Errorf("again: %v", err)
		}

		ref, task = take(`"1h"`) // nobody says that it goes on
		began := time.Now()
		if got := n.Outcome(ref); got != "completed [false,\"lease_lost\"]" || time.Since(began) < time.Hour {
			t.Errorf("it came to %s after %s", got, time.Since(began))
		}
	})
}
