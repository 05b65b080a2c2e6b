package engine_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
)

// A worker whose connection broke repeats its poll while the node still handles the first one,
// which has no caller left to give tasks to. The tasks that the repeat gets are its own.
func TestARepeatedPollKeepsWhatItIsHanded(t *testing.T) {
	for name, meets := range map[string]func(fsm.Command) bool{
		"before the lease":        func(c fsm.Command) bool { _, ok := c.(*fsm.LeaseTasks); return ok },
		"before it is given back": func(c fsm.Command) bool { _, ok := c.(*fsm.ReleaseTasks); return ok },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *enginetest.Node) {
				n.Deploy(does(t, `return ctx.activity("x")`, "x"))
				ref := n.Begin("w", "")
				synctest.Wait()
				request := engine.PollRequest{Queue: "default", Worker: "w1", Activities: []string{"x"}, Call: engine.Call{Request: &fsm.Request{ID: "poll-1"}}}
				first, breaks := context.WithCancel(background)
				var handed []engine.WorkerTask
				met := false
				n.Log.Inject(func(c fsm.Command) enginetest.Fault {
					if _, lease := c.(*fsm.LeaseTasks); lease {
						breaks()
					}
					if !met && meets(c) {
						met = true
						var err error
						if handed, _, err = n.Poll(background, request, time.Second); err != nil {
							t.Error(err)
						}
					}
					return enginetest.None
				})
				if tasks, _, err := n.Poll(first, request, time.Minute); err != nil || len(tasks) > 0 {
					t.Errorf("the first poll got %v, %v", tasks, err)
				}
				n.Log.Inject(nil)
				if !met {
					t.Fatal("the polls did not meet")
				}
				if len(handed) == 0 {
					handed = poll(t, n, time.Second, 1, "x")
				}
				if why := complete(t, n, handed[0], "1"); why != "" { // otherwise the run would never end
					t.Fatalf("what the repeat was handed is not its own: %s", why)
				}
				equal(t, "outcome", n.Outcome(ref), "completed 1")
			})
		})
	}
}
