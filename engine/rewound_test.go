package engine_test

import (
	"strings"
	"testing"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
)

// A run is shown turn by turn, page by page, with the code and the variables of each, while it is
// open and afterwards, and nothing happens to it.
func TestRewind(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		ref := workflow(t, n, staged)
		time.Sleep(time.Minute)
		events := n.Types(ref)
		whole, err := n.Rewind(background, engine.Read{}, ref, "", 0, 0)
		if err != nil || whole.Turns != 2 || len(whole.Steps) != 2 || whole.Next != 0 || whole.Version != n.Row(ref).Version {
			t.Fatalf("%v: %+v", err, whole)
		}
		inner := func(step int) (source, locals string) {
			frames := whole.Steps[step].Stacks[0].Frames
			last := frames[len(frames)-1]
			for _, l := range last.Locals {
				locals += l.Name + "=" + l.Value + " "
			}
			return last.Source, locals
		}
		if source, locals := inner(0); source != `ctx.sleep("10s")` || !strings.Contains(locals, `"charging"`) {
			t.Errorf("turn 1 waits at %s with %s", source, locals)
		}
		if source, locals := inner(1); source != `ctx.signal("approval")` || !strings.Contains(locals, `"awaiting approval"`) {
			t.Errorf("turn 2 waits at %s with %s", source, locals)
		}
		first, err := n.Rewind(background, engine.Read{}, ref, "", 1, 1)
		if err != nil || len(first.Steps) != 1 || first.Next != 2 {
			t.Fatalf("%v: %+v", err, first)
		}
		second, err := n.Rewind(background, engine.Read{}, ref, "", first.Next, 1)
		if err != nil || len(second.Steps) != 1 || second.Steps[0].Turn != 2 || second.Next != 0 || second.Steps[0].Stacks[0].Frames[0].At != whole.Steps[1].Stacks[0].Frames[0].At {
			t.Fatalf("%v: %+v", err, second)
		}
		if end, err := n.Rewind(background, engine.Read{}, ref, "", 3, 1); err != nil || len(end.Steps) != 0 {
			t.Errorf("behind the newest turn: %v, %+v", err, end)
		}
		for _, c := range []struct {
			ref   fsm.RunRef
			from  uint64
			limit int
			code  string
		}{{ref, 4, 1, "invalid_input"}, {ref, 1, 101, "invalid_input"}, {ref, 1, -1, "invalid_input"}, {fsm.RunRef{WorkflowID: "nobody"}, 1, 1, "not_found"}} {
			if _, err := n.Rewind(background, engine.Read{}, c.ref, "", c.from, c.limit); enginetest.CodeOf(err) != c.code {
				t.Errorf("from %d, limit %d: got %v, want %s", c.from, c.limit, err, c.code)
			}
		}
		other := n.Deploy(enginetest.Pack(t, enginetest.Code{"w": strings.Replace(staged, `"10s"`, `"11s"`, 1)})).Package.Version
		beyond, err := n.Rewind(background, engine.Read{}, ref, other.String()[:12], 1, 1)
		if err != nil || beyond.Version != other || len(beyond.Steps) != 1 || !strings.Contains(beyond.Steps[0].Problem, "11s") {
			t.Errorf("on another version: %v, %+v", err, beyond)
		}
		stranger := n.Deploy(enginetest.Pack(t, enginetest.Code{"other": staged})).Package.Version
		for on, code := range map[string]string{stranger.String(): "invalid_input", "0123456789": "unknown_version"} {
			if _, err := n.Rewind(background, engine.Read{}, ref, on, 1, 1); enginetest.CodeOf(err) != code {
				t.Errorf("on %s: got %v, want %s", on, err, code)
			}
		}
		equal(t, "history", n.Types(ref), events)
		n.Send(ref, "approval", "")
		n.Await(ref)
		if closed, err := n.Rewind(background, engine.Read{}, ref, "", 3, 1); err != nil || len(closed.Steps) != 1 || !closed.Steps[0].Ended {
			t.Errorf("closed: %v, %+v", err, closed)
		}
	})
}
