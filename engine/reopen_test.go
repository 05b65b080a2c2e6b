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

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/engine/replay"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/starlark"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

// reopen reopens a run.
func reopen(t *testing.T, n *enginetest.Node, ref fsm.RunRef) {
	t.Helper()
	answer, _, err := n.Reopen(background, engine.Call{}, ref, "")
	if err != nil {
		t.Fatalf("reopen: %v", err)
	}
	if answer.Status != history.StatusRunning {
		t.Fatalf("reopened, it is %s", answer.Status)
	}
}

// flaky fails while it is broken.
type flaky struct{ broken, calls atomic.Int64 }

func (f *flaky) handle(context.Context, engine.WorkerTask) (string, error) {
	f.calls.Add(1)
	if f.broken.Load() > 0 {
		return "", errors.New("it broke")
	}
	return fmt.Sprintf("%d", f.calls.Load()), nil
}

func works(n *enginetest.Node, names ...string) map[string]*flaky {
	all, handlers := map[string]*flaky{}, map[string]enginetest.Handler{}
	for _, name := range names {
		all[name] = new(flaky)
		handlers[name] = all[name].handle
	}
	n.Work("default", handlers)
	return all
}

func TestReopenRunsTheFailedStepAgain(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		archive := enginetest.Pack(t, enginetest.Code{"w": `
def run(ctx, input):
    ctx.set_attributes({"stage": "charging"})
    a = ctx.activity("charge", 1)
    ctx.set_attributes({"stage": "shipping"})
    b = ctx.activity("ship", 2)
    return [a, b]
`}, enginetest.Activities("charge", "ship"))
		n.Deploy(archive)
		steps := works(n, "charge", "ship")
		steps["ship"].broken.Store(1)
		ref := n.Begin("w", "")
		if got := n.Outcome(ref); !strings.HasPrefix(got, "failed") || !strings.Contains(got, "it broke") {
			t.Fatal(got)
		}
		reopen(t, n, ref)
		if got := n.Outcome(ref); !strings.HasPrefix(got, "failed") {
			t.Fatal(got)
		}
		steps["ship"].broken.Store(0)
		reopen(t, n, ref)
		equal(t, "outcome", n.Outcome(ref), "completed [1,3]")
		equal(t, "charges", steps["charge"].calls.Load(), 1)
		equal(t, "events", n.Types(ref), "WorkflowStarted AttributesUpdated ActivityScheduled ActivityStarted ActivityCompleted AttributesUpdated "+
			"ActivityScheduled ActivityStarted ActivityFailed WorkflowFailed WorkflowReopened ActivityStarted ActivityFailed WorkflowFailed "+
			"WorkflowReopened ActivityStarted ActivityCompleted WorkflowCompleted")
		attempts := map[uint32]bool{}
		for _, e := range n.Events(ref) {
			if d, ok := e.Data.(*history.ActivityStarted); ok && d.ID == 2 {
				if attempts[d.Attempt] {
					t.Errorf("attempt %d was made twice", d.Attempt)
				}
				attempts[d.Attempt] = true
			}
		}
		_, _, err := n.Reopen(background, engine.Call{}, ref, "")
		refused(t, err, "invalid_state")
		replays(t, n, archive, ref)
	})
}

// A step whose failure code had not looked at runs again, whether it failed before the run closed
// or code did not learn of it in time.
func TestReopenForgetsWhatWasNotLookedAt(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		archive := enginetest.Pack(t, enginetest.Code{"w": `
def run(ctx, input):
    quiet = ctx.start_activity("ship", 1)
    told = ctx.try_activity("ship", 2)
    ctx.signal("go")
    ctx.activity("charge", 3)
    return [quiet.result(), told.ok]
`}, enginetest.Activities("charge", "ship"))
		n.Deploy(archive)
		steps := works(n, "charge", "ship")
		steps["ship"].broken.Store(1)
		steps["charge"].broken.Store(1)
		ref := n.Begin("w", "")
		synctest.Wait()
		n.Send(ref, "go", "")
		if got := n.Outcome(ref); !strings.HasPrefix(got, "failed") {
			t.Fatal(got)
		}
		steps["ship"].broken.Store(0)
		steps["charge"].broken.Store(0)
		reopen(t, n, ref)
		equal(t, "outcome", n.Outcome(ref), "completed [3,false]")
		replays(t, n, archive, ref)
	})
}

func TestReopenForgetsTheCancellation(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		archive := enginetest.Pack(t, enginetest.Code{"w": `
def run(ctx, input):
    soon = ctx.start_timer("1h")
    late = ctx.start_timer("3h")
    first = ctx.signal("go", timeout = "30m")
    soon.result()
    late.result()
    return [first, ctx.cancelled()]
`})
		n.Deploy(archive)
		ref := n.Begin("w", "")
		began := time.Now()
		synctest.Wait()
		if _, _, err := n.Cancel(background, engine.Call{}, ref, "oops"); err != nil {
			t.Fatal(err)
		}
		equal(t, "outcome", n.Outcome(ref), "cancelled cancelled: oops")
		time.Sleep(2 * time.Hour)
		reopen(t, n, ref)
		synctest.Wait()
		equal(t, "asked to cancel", n.Row(ref).CancelAsked, false)
		equal(t, "events", n.Types(ref), "WorkflowStarted TimerStarted TimerStarted TimerStarted CancelRequested TimerCancelled TimerCancelled TimerCancelled WorkflowCancelled "+
			"WorkflowReopened TimerFired TimerFired")
		equal(t, "outcome", n.Outcome(ref), "completed [null,false]")
		if took := time.Since(began); took < 3*time.Hour || took > 3*time.Hour+time.Minute {
			t.Errorf("took %s", took)
		}
		replays(t, n, archive, ref)
	})
}

func TestReopenTakesUpChildren(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		archive := enginetest.Pack(t, enginetest.Code{"w": `
def run(ctx, input):
    ends = ctx.start_child("kid", 1, id = "ends")
    cancels = ctx.start_child("kid", 1, id = "cancels", on_parent_close = "cancel")
    meanwhile = ctx.start_child("kid", 1, id = "meanwhile", on_parent_close = "abandon")
    stays = ctx.start_child("kid", 5, id = "stays", on_parent_close = "abandon")
    return [o.value for o in ctx.settled([ends, cancels, meanwhile, stays])]
`, "kid": `
def run(ctx, hours):
    ctx.sleep(str(hours) + "h")
    return [ctx.info.workflow_id, hours]
`})
		n.Deploy(archive)
		ref := n.Begin("w", "")
		time.Sleep(time.Minute)
		if _, _, err := n.Terminate(background, engine.Call{}, ref, ""); err != nil {
			t.Fatal(err)
		}
		first := map[string]history.RunID{}
		for _, id := range []string{"ends", "cancels", "meanwhile", "stays"} {
			first[id] = n.Row(fsm.RunRef{WorkflowID: id}).RunID
		}
		time.Sleep(2 * time.Hour)
		reopen(t, n, ref)
		equal(t, "outcome", n.Outcome(ref), `completed [["ends",1],["cancels",1],["meanwhile",1],["stays",5]]`)
		for id, anew := range map[string]bool{"ends": true, "cancels": true, "meanwhile": false, "stays": false} {
			if got := n.Row(fsm.RunRef{WorkflowID: id}).RunID != first[id]; got != anew {
				t.Errorf("%s started anew: %v", id, got)
			}
		}
		replays(t, n, archive, ref)
	})
}

// A failed child starts again from the beginning, and so do its own children.
func TestReopenStartsAFailedChildAgain(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		archive := enginetest.Pack(t, enginetest.Code{
			"w":        "def run(ctx, input):\n    return ctx.child(\"kid\", 1) + ctx.child(\"kid\", 2)\n",
			"kid":      "def run(ctx, input):\n    return ctx.child(\"grandkid\", input)\n",
			"grandkid": "def run(ctx, input):\n    return ctx.activity(\"ship\", input)\n",
		}, enginetest.Activities("ship"))
		n.Deploy(archive)
		steps := works(n, "ship")
		steps["ship"].broken.Store(1)
		ref := n.Begin("w", "")
		if got := n.Outcome(ref); !strings.Contains(got, "it broke") {
			t.Fatal(got)
		}
		steps["ship"].broken.Store(0)
		reopen(t, n, ref)
		equal(t, "outcome", n.Outcome(ref), "completed 5")
		replays(t, n, archive, ref)
	})
}

// Code that fails by itself fails again at the same place, and may end differently once the world
// has changed.
func TestReopenAPlainFailure(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		archive := enginetest.Pack(t, enginetest.Code{"w": `
def run(ctx, input):
    a = ctx.uuid()
    ctx.sleep("1s")
    said = ctx.start_signal("say")
    if not said.done:
        fail("nobody said a word")
    ctx.continue_as_new(input) if input == 1 else None
    return "done"
`})
		n.Deploy(archive)
		ref := n.Begin("w", "1")
		for range 3 {
			if got := n.Outcome(ref); !strings.Contains(got, "nobody said a word") {
				t.Fatal(got)
			}
			reopen(t, n, ref)
		}
		n.Outcome(ref)
		// A signal that arrives while the run is open is kept. Here it arrives before the turn that
		// follows the reopening.
		var once atomic.Bool
		n.Log.Inject(func(c fsm.Command) enginetest.Fault {
			if _, ok := c.(*fsm.RecordTurn); ok && !once.Swap(true) {
				n.Send(ref, "say", `"hello"`)
				return enginetest.NotLeader
			}
			return enginetest.None
		})
		reopen(t, n, ref)
		equal(t, "outcome", n.Outcome(ref), "continued_as_new")
		if got := n.Outcome(fsm.RunRef{WorkflowID: ref.WorkflowID}); !strings.Contains(got, "nobody said a word") {
			t.Error(got)
		}
		_, _, err := n.Reopen(background, engine.Call{}, ref, "")
		refused(t, err, "invalid_state")
		replays(t, n, archive, ref)
	})
}

func TestWhoIsNotReopened(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, enginetest.Code{"w": "def run(ctx, input):\n    ctx.signal(\"go\")\n    return 1\n"}))
		ask := func(ref fsm.RunRef) error {
			_, _, err := n.Reopen(background, engine.Call{}, ref, "please")
			return err
		}
		refused(t, ask(fsm.RunRef{WorkflowID: "nobody"}), "not_found")
		first := n.BeginWith(engine.StartRequest{Type: "w", WorkflowID: "x"})
		refused(t, ask(first), "invalid_state")
		n.Terminate(background, engine.Call{}, first, "")
		second := n.BeginWith(engine.StartRequest{Type: "w", WorkflowID: "x"})
		refused(t, ask(first), "already_running")
		n.Send(second, "go", "")
		equal(t, "outcome", n.Outcome(second), "completed 1")
		refused(t, ask(second), "invalid_state")
		if err := refused(t, ask(first), "invalid_state"); !strings.Contains(err.Error(), "not its newest") {
			t.Error(err)
		}
		_, _, err := n.Reopen(background, engine.Call{}, first, strings.Repeat("x", engine.MaxMessage+1))
		refused(t, err, "invalid_input")
	})
}

// swapped compiles different source than the archive's, like a build that interprets the language
// differently.
type swapped struct {
	starlark.Compiler
	source atomic.Pointer[[]byte]
}

func (s *swapped) Compile(ctx context.Context, a *catalog.Archive) (runtime.Program, error) {
	if source := s.source.Load(); source != nil {
		other := *a
		other.Modules = []catalog.Module{{Name: a.Modules[0].Name, Source: *source}}
		a = &other
	}
	return s.Compiler.Compile(ctx, a)
}

// A run whose code and history disagree is not reopened, because nobody can tell what it has acted
// on.
func TestReopenNeedsTheReplay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		programs := &swapped{}
		n := enginetest.New(t, func(c *engine.Config) { c.Compiler = programs })
		n.Deploy(enginetest.Pack(t, enginetest.Code{"w": "def run(ctx, input):\n    ctx.sleep(\"1h\")\n"}))
		ref := n.Begin("w", "")
		synctest.Wait()
		n.Terminate(background, engine.Call{}, ref, "")
		other := []byte("def run(ctx, input):\n    ctx.signal(\"x\")\n")
		programs.source.Store(&other)
		n.Restart()
		_, _, err := n.Reopen(background, engine.Call{}, ref, "")
		var mismatch *replay.Mismatch
		if !errors.As(err, &mismatch) {
			t.Errorf("got %v", err)
		}
		equal(t, "status", n.Row(ref).Status, history.StatusTerminated)
	})
}
