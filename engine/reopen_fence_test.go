package engine_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
)

// A reopened run pins its version again; without the version it cannot be reopened. Whichever of
// unload and reopen comes first wins.
func TestReopenAndUnload(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		code := enginetest.Code{"w": "def run(ctx, input):\n    ctx.signal(\"go\")\n    return 1\n"}
		old := n.Deploy(enginetest.Pack(t, code))
		a, b := n.Begin("w", ""), n.Begin("w", "")
		synctest.Wait()
		for _, ref := range []fsm.RunRef{a, b} {
			n.Terminate(background, engine.Call{}, ref, "")
		}
		n.Deploy(enginetest.Pack(t, code, enginetest.Module("other.star", "x = 1\n")))
		unload := func() error {
			_, _, err := n.Unload(background, engine.Call{}, fsm.UnloadVersion{Type: "w", Version: old.Package.Version.String()})
			return err
		}
		reopen(t, n, a)
		refused(t, unload(), "version_pinned")
		n.Terminate(background, engine.Call{}, a, "")
		// The version is unloaded between the read and the entry.
		n.Log.Inject(func(c fsm.Command) enginetest.Fault {
			if _, ok := c.(*fsm.ReopenRun); ok {
				n.Log.Inject(nil)
				if err := unload(); err != nil {
					t.Error(err)
				}
			}
			return enginetest.None
		})
		_, _, err := n.Reopen(background, engine.Call{}, b, "")
		refused(t, err, "version_unavailable")
		_, _, err = n.Reopen(background, engine.Call{}, a, "")
		refused(t, err, "version_unavailable")
	})
}

// If two callers reopen a run concurrently, one succeeds and the other learns that it is open. A
// repeated request has one effect.
func TestReopenIsFencedAndRepeated(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, enginetest.Code{"w": "def run(ctx, input):\n    ctx.signal(\"go\")\n    fail(\"no\")\n"}))
		ref := n.Begin("w", "")
		n.Send(ref, "go", "")
		n.Outcome(ref)
		call := engine.Call{Request: &fsm.Request{ID: "r1", Print: catalog.Digest{1}}}
		n.Log.Inject(func(c fsm.Command) enginetest.Fault {
			if _, ok := c.(*fsm.ReopenRun); ok {
				n.Log.Inject(nil)
				reopen(t, n, ref) // it fails again, so that the first caller finds a longer history
				n.Outcome(ref)
			}
			return enginetest.None
		})
		_, first, err := n.Reopen(background, call, ref, "")
		if err != nil {
			t.Fatal(err)
		}
		n.Outcome(ref)
		_, again, err := n.Reopen(background, call, ref, "")
		if err != nil || !again.Deduplicated || again.Index != first.Index {
			t.Errorf("repeated: %+v after %+v, %v", again, first, err)
		}
		equal(t, "reopenings", len(n.Row(ref).Reopened), 2)
	})
}

// A turn that was made before the run was terminated and reopened is not recorded afterwards: it
// may have seen what the reopening forgets.
func TestATurnFromBeforeTheReopening(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		archive := enginetest.Pack(t, enginetest.Code{"w": `
def run(ctx, input):
    out = ctx.try_activity("ship", 1)
    ctx.sleep("1m")
    return out.ok
`}, enginetest.Activities("ship"))
		n.Deploy(archive)
		steps := works(n, "ship")
		steps["ship"].broken.Store(1)
		ref, reopened := fsm.RunRef{WorkflowID: "w"}, make(chan struct{})
		var turns atomic.Int64
		n.Log.Inject(func(c fsm.Command) enginetest.Fault {
			if _, ok := c.(*fsm.RecordTurn); ok && turns.Add(1) == 2 {
				steps["ship"].broken.Store(0)
				n.Terminate(background, engine.Call{}, ref, "")
				reopen(t, n, ref)
				close(reopened)
			}
			return enginetest.None
		})
		n.BeginWith(engine.StartRequest{Type: "w", WorkflowID: "w"})
		<-reopened
		equal(t, "outcome", n.Outcome(ref), "completed true")
		equal(t, "calls", steps["ship"].calls.Load(), 2)
		replays(t, n, archive, ref)
	})
}
