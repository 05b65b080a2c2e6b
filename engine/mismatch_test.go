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
	"aion.dev/aion/fsm/history"
)

// fickle is the Starlark runtime with a defect: once it is changed, it reports another time for
// past turns.
type fickle struct {
	runtime.Compiler
	changed atomic.Bool
}

type fickleProgram struct {
	runtime.Program
	of *fickle
}

type fickleHost struct {
	runtime.Host
	of *fickle
}

func (c *fickle) Compile(ctx context.Context, a *catalog.Archive) (runtime.Program, error) {
	p, err := c.Compiler.Compile(ctx, a)
	return fickleProgram{p, c}, err
}

func (p fickleProgram) Start(m catalog.Member, input history.Payload, h runtime.Host, l runtime.Limits) runtime.Execution {
	return p.Program.Start(m, input, fickleHost{h, p.of}, l)
}

func (h fickleHost) Now() history.Time {
	if h.of.changed.Load() {
		return history.At(time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC))
	}
	return h.Host.Now()
}

const oldOrNew = `
def run(ctx, input):
    ctx.sleep(naps(ctx))
    return "ok"

def naps(ctx):
    return "1h" if ctx.now().year == 1999 else "2h"
`

// A run whose code does not follow its history is quarantined. The reason shows the recorded and
// the requested event, and the line.
func TestTheReasonOfAMismatchShowsBothAndTheLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		defect := &fickle{Compiler: starlark.Compiler{}}
		n := enginetest.New(t, func(c *engine.Config) { c.Compiler = defect })
		n.Deploy(enginetest.Pack(t, enginetest.Code{"w": oldOrNew}))
		ref := n.Begin("w", "")
		synctest.Wait()
		defect.changed.Store(true)
		n.Restart()
		time.Sleep(3 * time.Hour)
		row := n.Row(ref)
		equal(t, "quarantined", row.Quarantined, true)
		events := n.Events(ref)
		paused, ok := events[len(events)-1].Data.(*history.WorkflowPaused)
		if !ok {
			t.Fatalf("the last event is %T", events[len(events)-1].Data)
		}
		for _, want := range []string{
			"replay of turn 1 differs at its event 1, at w.star:3:14\n    ctx.sleep(naps(ctx))\n",
			`recorded: TimerStarted {"id":1,"duration":"2h0m0s"`, `asked:    TimerStarted {"id":1,"duration":"1h0m0s"`,
		} {
			if !strings.Contains(paused.Reason, want) {
				t.Errorf("got\n%s\nwithout\n%s", paused.Reason, want)
			}
		}
		defect.changed.Store(false)
		if _, _, err := n.Resume(background, engine.Call{}, ref); err != nil {
			t.Fatal(err)
		}
		equal(t, "outcome", n.Outcome(ref), `completed "ok"`)
	})
}
