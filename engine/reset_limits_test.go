package engine_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
)

// TestResetLimits: what a reset keeps is bounded by the limits of the node, in events and turns
// with the signals that are delivered again, and in bytes; what it drops does not count.
func TestResetLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := enginetest.New(t, func(c *engine.Config) { c.Limits.ResetEvents, c.Limits.ResetBytes = 6, 1<<10 })
		n.Deploy(enginetest.Pack(t, enginetest.Code{"w": `
def run(ctx, input):
    for i in range(input):
        ctx.sleep("1m")
    ctx.signal("end")
`}))
		resets := func(id string, drop bool, to string) error {
			_, _, err := n.Reset(background, engine.ResetRequest{Run: fsm.RunRef{WorkflowID: id}, Point: engine.Point{To: to}, DropSignals: drop, DryRun: true})
			return err
		}
		ref := n.BeginWith(engine.StartRequest{Type: "w", WorkflowID: "it", Input: []byte("2")})
		synctest.Wait()
		for range 4 {
			n.Send(ref, "note", "1")
		}
		if err := resets("it", false, "1"); err == nil || !strings.Contains(err.Error(), "events and turns that a reset keeps") {
			t.Errorf("two events, a turn and four signals: %v", err)
		}
		for _, c := range []struct {
			drop bool
			to   string
		}{{true, "1"}, {false, "start"}} {
			if err := resets("it", c.drop, c.to); err != nil {
				t.Errorf("%+v: %v", c, err)
			}
		}
		large := n.BeginWith(engine.StartRequest{Type: "w", WorkflowID: "large", Input: []byte("0")})
		synctest.Wait()
		n.Send(large, "note", `"`+strings.Repeat("x", 2000)+`"`)
		err := resets("large", false, "start")
		refused(t, err, "resource_exhausted")
		if err := resets("large", true, "start"); err != nil {
			t.Error(err)
		}
	})
}
