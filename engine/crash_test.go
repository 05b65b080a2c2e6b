package engine_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/starlark"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

// fragile is the Starlark runtime with a defect: executions of runs whose input is "fragile" crash
// the given number of times.
type fragile struct {
	runtime.Compiler
	crashes atomic.Int64
	panics  bool // instead of returning the crash
	hangs   bool // instead, until it is interrupted
}

type fragileProgram struct {
	runtime.Program
	of *fragile
}

type fragileExecution struct {
	runtime.Execution
	of          *fragile
	interrupted chan error
}

func (f *fragile) Compile(ctx context.Context, a *catalog.Archive) (runtime.Program, error) {
	p, err := f.Compiler.Compile(ctx, a)
	return fragileProgram{p, f}, err
}

func (p fragileProgram) Start(m catalog.Member, input history.Payload, h runtime.Host, l runtime.Limits) runtime.Execution {
	x := p.Program.Start(m, input, h, l)
	if string(input) != `"fragile"` {
		return x
	}
	return fragileExecution{x, p.of, make(chan error, 1)}
}

func (x fragileExecution) Interrupt(cause error) {
	select {
	case x.interrupted <- cause:
	default:
	}
	x.Execution.Interrupt(cause)
}

func (x fragileExecution) Resume(bound bool) (*runtime.End, error) {
	if x.of.crashes.Add(-1) >= 0 {
		switch {
		case x.of.panics:
			panic("index out of range")
		case x.of.hangs:
			return nil, <-x.interrupted
		}
		return nil, &runtime.Crash{Value: "index out of range"}
	}
	return x.Execution.Resume(bound)
}

func crashing(t *testing.T, times int64, f func(t *testing.T, n *enginetest.Node, defect *fragile)) {
	synctest.Test(t, func(t *testing.T) {
		defect := &fragile{Compiler: starlark.Compiler{}}
		defect.crashes.Store(times)
		f(t, enginetest.New(t, late, func(c *engine.Config) { c.Compiler = defect }), defect)
	})
}

func TestACrashIsTriedAgain(t *testing.T) {
	crashing(t, 2, func(t *testing.T, n *enginetest.Node, defect *fragile) {
		n.Deploy(enginetest.Pack(t, enginetest.Code{"w": echo}))
		equal(t, "outcome", n.Outcome(n.Begin("w", `"fragile"`)), `completed "fragile"`)
	})
}

func TestARunThatCrashesAgainAndAgainIsQuarantined(t *testing.T) {
	t.Run("reported", func(t *testing.T) { quarantined(t, "index out of range", func(*fragile) {}) })
	t.Run("panicking", func(t *testing.T) { quarantined(t, "index out of range", func(f *fragile) { f.panics = true }) })
	t.Run("hanging", func(t *testing.T) { quarantined(t, "takes longer than 30s", func(f *fragile) { f.hangs = true }) })
}

func quarantined(t *testing.T, reason string, configure func(*fragile)) {
	crashing(t, 1000, func(t *testing.T, n *enginetest.Node, defect *fragile) {
		configure(defect)
		n.Deploy(enginetest.Pack(t, enginetest.Code{"w": echo}))
		ref := n.Begin("w", `"fragile"`)
		equal(t, "others", n.Outcome(n.Begin("w", "1")), "completed 1")
		time.Sleep(5 * time.Minute)
		row := n.Row(ref)
		equal(t, "status", row.Status, history.StatusPaused)
		equal(t, "quarantined", row.Quarantined, true)
		equal(t, "tries", 1000-defect.crashes.Load(), 3)
		pins, err := n.Pins(background, engine.Read{}, "w", row.Version.String(), 0, "")
		if err != nil || pins.Counts.RecoverableRun != 1 || len(pins.Holders) != 1 {
			t.Errorf("got %+v, %v", pins, err)
		}
		paused, ok := n.Events(ref)[1].Data.(*history.WorkflowPaused)
		if !ok || !paused.Quarantined || !strings.Contains(paused.Reason, reason) {
			t.Errorf("got %+v", paused)
		}
		n.Restart()
		time.Sleep(time.Minute)
		equal(t, "tries", 1000-defect.crashes.Load(), 3)

		defect.crashes.Store(0)
		if _, _, err := n.Resume(background, engine.Call{}, ref); err != nil {
			t.Fatal(err)
		}
		equal(t, "outcome", n.Outcome(ref), `completed "fragile"`)
	})
}

// A leader without the code of a run neither fails the run nor blocks other runs.
func TestALeaderWithoutTheCodeWaitsAndOffersLeadership(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, enginetest.Code{"w": approval}))
		ref := n.Begin("w", "")
		synctest.Wait()
		n.Blobs.Hide(true)
		n.Restart() // with no compiled program, and no way to compile it
		n.Send(ref, "approval", "1")
		version := n.Row(ref).Version
		if _, err := n.Log.Propose(background, fsm.Envelope{Command: &fsm.ReportReady{Node: "n2", Version: version, Ready: true}}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		row := n.Row(ref)
		equal(t, "status", row.Status, history.StatusRunning)
		equal(t, "turns", row.Turns, 1)
		offers := n.Log.HandOvers()
		if len(offers) != 1 || strings.Join(offers[0], " ") != "n2" {
			t.Errorf("got offers %v", offers)
		}
		rows, _, _ := n.Versions(background, engine.Read{}, "w")
		equal(t, "ready on", strings.Join(rows[0].ReadyNodes, " "), "n2")

		n.Blobs.Hide(false)
		equal(t, "outcome", n.Outcome(ref), "completed 1")
		time.Sleep(time.Minute)
		rows, _, _ = n.Versions(background, engine.Read{}, "w")
		equal(t, "ready on", strings.Join(rows[0].ReadyNodes, " "), "n1 n2")
	})
}

func TestProposalsThatFailAreMadeAgain(t *testing.T) {
	for name, fault := range map[string]enginetest.Fault{"not leader": enginetest.NotLeader, "applied, answer lost": enginetest.UnknownDone, "lost": enginetest.UnknownLost} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *enginetest.Node) {
				n.Deploy(enginetest.Pack(t, enginetest.Code{"w": "def run(ctx, input):\n    for i in range(3):\n        ctx.sleep(\"1s\")\n    return input\n"}))
				var faults atomic.Int64
				faulty := true
				n.Log.Inject(func(c fsm.Command) enginetest.Fault {
					switch c.(type) {
					case *fsm.RecordTurn, *fsm.FireTimers:
						if faulty = !faulty; !faulty {
							faults.Add(1)
							return fault
						}
					}
					return enginetest.None
				})
				ref := fsm.RunRef{WorkflowID: "a"}
				start := engine.StartRequest{Call: engine.Call{Request: &fsm.Request{ID: "start"}}, Type: "w", WorkflowID: "a", Input: history.Payload("9")}
				for range 3 { // its first turn may travel with it, and then it has that turn's faults
					if _, _, err := n.Start(background, start); err == nil {
						break
					}
				}
				equal(t, "outcome", n.Outcome(ref), "completed 9")
				equal(t, "events", n.Types(ref), "WorkflowStarted TimerStarted TimerFired TimerStarted TimerFired TimerStarted TimerFired WorkflowCompleted")
				if faults.Load() < 4 {
					t.Errorf("only %d faults happened", faults.Load())
				}
			})
		})
	}
}

func TestConfigIsChecked(t *testing.T) {
	for field, c := range map[string]engine.Config{
		"Node": {}, "Log": {Node: "x"}, "Blobs": {Node: "x", Log: &enginetest.Log{}},
		"Compiler": {Node: "x", Log: &enginetest.Log{}, Blobs: &enginetest.Blobs{}},
		"InFlight": {Node: "x", Log: &enginetest.Log{}, Blobs: &enginetest.Blobs{}, Compiler: starlark.Compiler{}, Limits: engine.Limits{InFlight: -1}},
	} {
		if _, err := engine.New(c); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: got %v", field, err)
		}
	}
}
