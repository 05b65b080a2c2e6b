package engine_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/backtest"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
)

const gatedCode = `def run(ctx, input):
    ctx.sleep("1s")
    ctx.signal("go")
    ctx.sleep("1s")
    return "OLD"
`

func gated(n *enginetest.Node, archive []byte) (*fsm.LoadAnswer, error) {
	answer, _, err := n.LoadPackage(background, engine.LoadRequest{Archive: archive, Route: true, Gate: engine.GateOpen})
	return answer, err
}

// A version is routed behind a gate if every open run replays on it, and else nothing happens.
func TestGate(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		v1 := n.Deploy(packed(t, gatedCode)).Package.Version
		for i := range 12 {
			n.BeginWith(engine.StartRequest{Type: "w", WorkflowID: fmt.Sprint("run", i)})
		}
		time.Sleep(time.Minute)
		n.Send(fsm.RunRef{WorkflowID: "run0"}, "go", "1")
		synctest.Wait() // it sleeps again
		index, digest := n.State.Digest()

		_, err := gated(n, packed(t, strings.Replace(gatedCode, `sleep("1s")`, `sleep("2s")`, 1)))
		var failed *engine.GateFailed
		if !errors.As(err, &failed) || len(failed.Runs) == 0 || failed.Runs[0].Verdict != backtest.Diverged || failed.Runs[0].Where != "w.star:2" || !strings.Contains(failed.Runs[0].Asked, `"2s"`) {
			t.Fatalf("%+v, %v", failed, err)
		}
		later := packed(t, gatedCode[:strings.LastIndex(gatedCode, `"1s"`)]+strings.ReplaceAll(gatedCode[strings.LastIndex(gatedCode, `"1s"`):], "1s", "3s"))
		_, err = gated(n, later)
		if !errors.As(err, &failed) || len(failed.Runs) != 1 || failed.Runs[0].WorkflowID != "run0" {
			t.Fatalf("%+v, %v", failed, err)
		}
		if i, d := n.State.Digest(); i != index || d != digest {
			t.Error("a gate that was shut changed the state")
		}
		_, _, _, err = n.DeployTogether(background, engine.DeployRequest{Changes: []engine.ChangeRequest{{Op: engine.OpLoad, Archive: stored(t, n, later), Route: true, Gate: engine.GateOpen}}})
		refused(t, err, "gate_failed")
		n.Outcome(fsm.RunRef{WorkflowID: "run0"})
		answer, err := gated(n, later)
		if err != nil || len(answer.Routes) != 2 || !answer.Routes[0].Changed {
			t.Fatalf("once the run has ended: %+v, %v", answer, err)
		}
		good := packed(t, strings.ReplaceAll(gatedCode, "OLD", "new"))
		d, _, _, err := n.DeployTogether(background, engine.DeployRequest{Changes: []engine.ChangeRequest{{Op: engine.OpLoad, Archive: stored(t, n, good), Route: true, Gate: engine.GateOpen}}})
		if err != nil || len(d.Changes) != 1 {
			t.Fatalf("%+v, %v", d, err)
		}
		if run := n.Row(fsm.RunRef{WorkflowID: "run1"}); run.Version != v1 {
			t.Errorf("a gate moved run1 to version %s", run.Version.Short())
		}
	})
}

// Under traffic that never ends turns of the type wait, and the gate opens.
func TestGateUnderTraffic(t *testing.T) {
	code := `def run(ctx, input):
    for i in range(100000):
        ctx.sleep("100ms")
`
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(packed(t, code))
		for i := range 5 {
			n.BeginWith(engine.StartRequest{Type: "w", WorkflowID: fmt.Sprint("run", i)})
		}
		time.Sleep(time.Second)
		if _, err := gated(n, packed(t, "# the same\n"+code)); err != nil {
			t.Fatal(err)
		}
		turns := n.Row(fsm.RunRef{WorkflowID: "run0"}).Turns
		time.Sleep(time.Second)
		if now := n.Row(fsm.RunRef{WorkflowID: "run0"}).Turns; now <= turns {
			t.Errorf("after the gate run0 has %d turns, as before", now)
		}
	})
}

// What cannot be checked while turns wait is refused, and turns go on.
func TestGateIsContended(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(packed(t, gatedCode))
		ref := n.BeginWith(engine.StartRequest{Type: "w", WorkflowID: "a"})
		time.Sleep(time.Minute)
		var mu sync.Mutex
		n.Log.Inject(func(c fsm.Command) enginetest.Fault {
			if load, is := c.(*fsm.LoadPackage); is && len(load.Gate) > 0 { // somebody is always faster
				mu.Lock()
				defer mu.Unlock()
				load.Gate[0].Fingerprint.Low++
				time.Sleep(50 * time.Millisecond)
			}
			return enginetest.None
		})
		good := packed(t, strings.ReplaceAll(gatedCode, "OLD", "new"))
		_, err := gated(n, good)
		refused(t, err, "gate_contended")
		n.Log.Inject(nil)
		n.Send(ref, "go", "1")
		equal(t, "outcome", n.Outcome(ref), `completed "OLD"`)
		if _, err := gated(n, good); err != nil {
			t.Error(err)
		}
	})
}

func TestGatesAreChecked(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		archive := packed(t, gatedCode)
		for _, r := range []engine.LoadRequest{{Archive: archive, Route: true, Gate: "shut"}, {Archive: archive, Gate: engine.GateOpen}} {
			_, _, err := n.LoadPackage(background, r)
			refused(t, err, "invalid_input")
		}
		if _, _, err := n.LoadPackage(background, engine.LoadRequest{Archive: archive, Route: true, Gate: engine.GateOpen, DryRun: true}); err != nil {
			t.Error(err)
		}
	})
}
