package engine_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// ahead plays with turns made ahead of what they follow from, whatever the test machine's load;
// late, without.
func ahead(c *engine.Config) { c.Limits.Foresight = time.Second }
func late(c *engine.Config)  { c.Limits.Foresight = -1 }

// untimed describes a history without times.
func untimed(n *enginetest.Node, ref fsm.RunRef) (all string) {
	for _, e := range n.Events(ref) {
		switch d := e.Data.(type) {
		case *history.ChildWorkflowStarted:
			all += fmt.Sprintf("%d ChildWorkflowStarted %d %s %s\n", e.Seq, d.ID, d.WorkflowType, d.Version)
			if !d.RunID.IsZero() {
				all += "{\n" + untimed(n, fsm.RunRef{WorkflowID: d.WorkflowID, RunID: d.RunID}) + "}\n"
			}
		case *history.ChildWorkflowFailed: // its message may name a run
			all += fmt.Sprintf("%d ChildWorkflowFailed %d %s\n", e.Seq, d.ID, d.Error.Kind)
		case *history.TimerStarted:
			all += fmt.Sprintf("%d TimerStarted %d %s\n", e.Seq, d.ID, d.Duration)
		case *history.WorkflowStarted:
			all += fmt.Sprintf("%d WorkflowStarted %s %s %v %s %d", e.Seq, d.Version, d.Input, d.Attributes, d.Timeout, d.Attempt)
			if d.Parent != nil {
				all += fmt.Sprintf(" below %s %d %d, %s", d.Parent.WorkflowID, d.Parent.ID, d.Parent.OnClose, d.Root.WorkflowID)
			}
			all += "\n"
		default:
			all += fmt.Sprintf("%d %s %+v\n", e.Seq, e.Data.Type(), d)
		}
	}
	return all
}

// TestForesightChangesNoHistory: runs have the same histories whether their turns are made ahead or
// not, with fewer entries.
func TestForesightChangesNoHistory(t *testing.T) {
	for _, c := range []struct {
		name, code string
		play       func(*testing.T, *enginetest.Node, fsm.RunRef)
		entries    uint64 // with turns made ahead, from the start to the end
	}{
		{"no-op", "def run(ctx, input):\n    return input\n", nil, 1},
		{"one activity", `
def run(ctx, input):
    return ctx.activity("a", input)
`, nil, 2},
		{"ten activities", `
def run(ctx, input):
    for i in range(10):
        input = ctx.activity("a", input)
    return input
`, nil, 11},
		{"signal", `
def run(ctx, input):
    return ctx.signal("s")
`, func(t *testing.T, n *enginetest.Node, ref fsm.RunRef) { n.Send(ref, "s", "7") }, 2},
		{"timers", `
def run(ctx, input):
    ctx.sleep("1h")
    ctx.sleep("1h")
    return 1
`, nil, 3},
		{"messages and attributes", `
def run(ctx, input):
    ctx.log("first")
    ctx.set_attributes({"a": "b"})
    return [ctx.signal("s"), ctx.signal("s")]
`, func(t *testing.T, n *enginetest.Node, ref fsm.RunRef) { n.Send(ref, "s", "1"); n.Send(ref, "s", "2") }, 3},
		{"child that does nothing", `
def run(ctx, input):
    return ctx.child("returns", input)
`, nil, 2},
		{"child with an activity", `
def run(ctx, input):
    return ctx.child("pays", input)
`, nil, 2},
		{"children one after another", `
def run(ctx, input):
    ctx.child("pays", 1, timeout = "1h", attributes = {"a": "b"}, id = "first")
    return ctx.child("pays", 2)
`, nil, 4},
		{"child of a child", `
def run(ctx, input):
    return ctx.child("asks", input, id = "asks")
`, nil, 4},
		{"child that fails", `
def run(ctx, input):
    return ctx.try_child("fails").error.kind
`, nil, 2},
		{"child that cannot be", `
def run(ctx, input):
    return [ctx.try_child("nothing").error.kind, ctx.try_child("pays", id = "a").error.kind]
`, nil, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			play := func(configure func(*engine.Config)) (story string, entries uint64) {
				synctest.Test(t, func(t *testing.T) {
					n := enginetest.New(t, configure)
					n.Work("default", handlers{"a": func(_ context.Context, task engine.WorkerTask) (string, error) { return string(task.Input), nil }},
						func(w *enginetest.Worker) { w.Max = 1 })
					n.Work("default", handlers{"a": func(_ context.Context, task engine.WorkerTask) (string, error) { return string(task.Input), nil }},
						func(w *enginetest.Worker) { w.Max = 1 })
					n.Deploy(enginetest.Pack(t, enginetest.Code{"w": c.code,
						"returns": "def run(ctx, input):\n    return [input, ctx.info.parent.workflow_id, ctx.info.root.workflow_id]\n",
						"pays":    "def run(ctx, input):\n    return ctx.activity('a', input)\n",
						"asks":    "def run(ctx, input):\n    return [ctx.info.root.workflow_id, ctx.child('pays', input)]\n",
						"fails":   "def run(ctx, input):\n    fail('no')\n",
					}, enginetest.Activities("a")))
					time.Sleep(time.Minute + time.Second) // reports of readiness; and no poll ends in this moment
					synctest.Wait()
					before := n.Log.Entries()
					ref := n.BeginWith(engine.StartRequest{Type: "w", WorkflowID: "a", Input: history.Payload(`{"n":1}`)})
					synctest.Wait()
					if c.play != nil {
						c.play(t, n, ref)
					}
					outcome := n.Outcome(ref)
					entries = n.Log.Entries() - before
					story = outcome + "\n" + untimed(n, ref)
				})
				return story, entries
			}
			want, slow := play(late)
			got, fast := play(ahead)
			if got != want {
				t.Errorf("made ahead:\n%s\nwithout:\n%s", got, want)
			}
			t.Logf("%d entries; without, %d", fast, slow)
			if fast != c.entries || slow <= fast {
				t.Errorf("%d entries, want %d; without, %d", fast, c.entries, slow)
			}
		})
	}
}

// TestForesightFails: what happens in between, or what the code asks, leaves the run to its visits.
func TestForesightFails(t *testing.T) {
	t.Run("another event comes first", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			n := enginetest.New(t, ahead)
			ref := workflow(t, n, `
def run(ctx, input):
    return [ctx.signal("s"), ctx.signal("s")]
`)
			synctest.Wait()
			struck := false
			n.Log.Inject(func(c fsm.Command) enginetest.Fault {
				if s, ok := c.(*fsm.SignalRun); ok && string(s.Payload) == "2" && !struck {
					struck = true
					n.Send(ref, "s", "1") // between the guess and its entry
				}
				return enginetest.None
			})
			n.Send(ref, "s", "2")
			equal(t, "outcome", n.Outcome(ref), "completed [1,2]")
		})
	})
	t.Run("the route moves", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			n := enginetest.New(t, ahead)
			n.Deploy(enginetest.Pack(t, enginetest.Code{"w": "def run(ctx, input):\n    return 1\n"}))
			next := enginetest.Pack(t, enginetest.Code{"w": "def run(ctx, input):\n    return 2\n"})
			struck := false
			n.Log.Inject(func(c fsm.Command) enginetest.Fault {
				if _, ok := c.(*fsm.StartRun); ok && !struck {
					struck = true
					n.Deploy(next)
				}
				return enginetest.None
			})
			equal(t, "outcome", n.Outcome(n.Begin("w", "")), "completed 2")
		})
	})
	t.Run("the code asks for the time", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			n := enginetest.New(t, ahead)
			ref := workflow(t, n, `
def run(ctx, input):
    began = ctx.now()
    ctx.signal("s")
    return ctx.now() - began
`)
			time.Sleep(time.Hour)
			n.Send(ref, "s", "1")
			equal(t, "outcome", n.Outcome(ref), `completed "1h0m0s"`)
		})
	})
	t.Run("the child fails at a limit", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			n := enginetest.New(t, ahead)
			n.Deploy(enginetest.Pack(t, enginetest.Code{
				"w": "def run(ctx, input):\n    return ctx.try_child('c', id = 'c').error.kind\n",
				"c": "def run(ctx, input):\n    ctx.signal('s')\n    ctx.workflow('w').signal('last')\n",
			}))
			ref := n.Begin("w", "")
			synctest.Wait()
			n.Log.Inject(func(c fsm.Command) enginetest.Fault {
				if turn, ok := c.(*fsm.RecordTurn); ok && turn.RunID != ref.RunID { // the signal's turn, which completes the child
					turn.Limits = rows.RunLimits{Events: 1}
				}
				return enginetest.None
			})
			n.Send(fsm.RunRef{WorkflowID: "c"}, "s", "1")
			equal(t, "outcome", n.Outcome(ref), `completed "limit_exceeded"`)
		})
	})
	t.Run("the start is refused", func(t *testing.T) {
		said := 0
		synctest.Test(t, func(t *testing.T) {
			n := enginetest.New(t, ahead, func(c *engine.Config) { c.Says = func(rows.Run, string) { said++ } })
			n.Deploy(enginetest.Pack(t, enginetest.Code{"w": "def run(ctx, input):\n    ctx.log('hello')\n    ctx.signal('s')\n"}))
			start := engine.StartRequest{Type: "w", WorkflowID: "a"}
			n.BeginWith(start)
			_, _, err := n.Start(background, start)
			refused(t, err, "already_running")
			synctest.Wait()
		})
		equal(t, "lines said by runs that never were, and by the one that is", said, 1)
	})
}

// TestAPollIsServedWithTheTurn: the poll that waits longest gets the task from the entry that
// schedules it; one that does not wait any more is not counted on.
func TestAPollIsServedWithTheTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := enginetest.New(t, ahead)
		n.Deploy(enginetest.Pack(t, enginetest.Code{"w": "def run(ctx, input):\n    return ctx.activity('a')\n"}, enginetest.Activities("a")))
		gone, hangUp := context.WithCancel(background)
		request := engine.PollRequest{Queue: "default", Worker: "first", Activities: []string{"a"}}
		over := make(chan struct{})
		go func() {
			defer close(over)
			n.Poll(gone, request, engine.MaxWait)
		}()
		synctest.Wait()
		hangUp()
		<-over
		got := make(chan []engine.WorkerTask, 2)
		for _, name := range []string{"second", "third"} {
			request.Worker = name
			r := request
			go func() {
				tasks, _, _ := n.Poll(background, r, 10*time.Second)
				got <- tasks
			}()
			synctest.Wait()
		}
		before := n.Log.Entries()
		ref := n.Begin("w", "")
		synctest.Wait()
		equal(t, "entries", n.Log.Entries()-before, 1)
		tasks := <-got
		if len(tasks) != 1 {
			t.Fatalf("got %+v", tasks)
		}
		if started := n.Events(ref)[2].Data.(*history.ActivityStarted); started.Worker != "second" {
			t.Errorf("given to %s", started.Worker)
		}
		if others := <-got; len(others) != 0 {
			t.Errorf("the other poll got %+v", others)
		}
		complete(t, n, tasks[0], "5")
		equal(t, "outcome", n.Outcome(ref), "completed 5")
	})
}

// TestAPollBookedWithTooMuch: if the turn and the lease that it was booked with do not fit into one
// entry, the poll goes on waiting and gets its task from an entry of its own.
func TestAPollBookedWithTooMuch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := enginetest.New(t, ahead)
		n.Deploy(enginetest.Pack(t, enginetest.Code{"w": "def run(ctx, input):\n    return ctx.activity('a')\n"}, enginetest.Activities("a")))
		n.Log.Inject(func(c fsm.Command) enginetest.Fault {
			if _, lease := c.(*fsm.LeaseTasks); lease {
				return enginetest.Apart
			}
			return enginetest.None
		})
		got := make(chan []engine.WorkerTask)
		go func() {
			tasks, _, err := n.Poll(background, engine.PollRequest{Queue: "default", Worker: "w", Activities: []string{"a"}}, engine.MaxWait)
			equal(t, "error", err, nil)
			got <- tasks
		}()
		synctest.Wait()
		ref := n.Begin("w", "")
		tasks := <-got
		equal(t, "tasks", len(tasks), 1)
		complete(t, n, tasks[0], "5")
		equal(t, "outcome", n.Outcome(ref), "completed 5")
	})
}

// TestManyReportsAtOnce: the turns that follow from the reports of one call, and the lease of what
// all of them schedule to one poll, are one entry.
func TestManyReportsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const runs = 100
		n := enginetest.New(t, ahead)
		n.Deploy(enginetest.Pack(t, enginetest.Code{"w": "def run(ctx, input):\n    return ctx.activity('a', ctx.activity('a'))\n"}, enginetest.Activities("a")))
		poll := func() []engine.WorkerTask {
			tasks, _, err := n.Poll(background, engine.PollRequest{Queue: "default", Worker: "w", Activities: []string{"a"}, Max: runs}, engine.MaxWait)
			equal(t, "error", err, nil)
			return tasks
		}
		var refs []fsm.RunRef
		for range runs {
			refs = append(refs, n.Begin("w", ""))
		}
		synctest.Wait()
		tasks := poll()
		equal(t, "tasks", len(tasks), runs)
		got := make(chan []engine.WorkerTask)
		go func() { got <- poll() }()
		synctest.Wait()
		for _, next := range []int{runs, 0} {
			results := make([]engine.TaskResult, len(tasks))
			for i, task := range tasks {
				results[i] = engine.TaskResult{Token: task.Token, Output: history.Payload("5")}
			}
			before := n.Log.Entries()
			_, _, err := n.CompleteTasks(background, engine.Call{}, results)
			equal(t, "error", err, nil)
			synctest.Wait()
			equal(t, "entries", n.Log.Entries()-before, 1)
			if next > 0 {
				tasks = <-got
				equal(t, "tasks", len(tasks), next)
			}
		}
		for _, ref := range refs {
			equal(t, "outcome", n.Outcome(ref), "completed 5")
		}
	})
}
