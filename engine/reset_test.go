package engine_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

// reset resets a run, or forks it.
func reset(t *testing.T, n *enginetest.Node, r engine.ResetRequest) *engine.Reset {
	t.Helper()
	done, _, err := n.Reset(background, r)
	if err != nil {
		t.Fatalf("reset to %+v: %v", r.Point, err)
	}
	return done
}

// resetCodes are programs that end by themselves, with what they need from outside.
var resetCodes = map[string]struct {
	code string
	send []string // signals, one after the other
}{
	"steps": {code: `
def run(ctx, input):
    x = ctx.random()
    a = ctx.activity("charge", x)
    ctx.set_attributes({"stage": "paid"})
    b = ctx.activity("ship", a)
    return [x, a, b, ctx.random(), ctx.uuid(), ctx.info.run_id, ctx.info.workflow_id]
`},
	"together": {code: `
def run(ctx, input):
    all = [ctx.start_activity("charge", i) for i in range(3)]
    t = ctx.start_timer("1h")
    first = ctx.all(all)
    t.result()
    return [first, ctx.try_activity("ship", 7).ok, ctx.random()]
`},
	"children": {code: `
def kid(ctx, input):
    ctx.sleep("1m")
    return ctx.activity("charge", input)

def run(ctx, input):
    a = ctx.start_child("kid", 1)
    b = ctx.start_child("kid", 2, id = "named-kid")
    x = a.result()
    c = ctx.child("kid", 3)
    return [x, b.result(), c, ctx.random()]
`},
	"signals": {code: `
def run(ctx, input):
    a = ctx.signal("go")
    b = ctx.activity("charge", a)
    c = ctx.signal("go", timeout = "100h")
    d = ctx.signal("other", timeout = "1h")
    return [a, b, c, d]
`, send: []string{"go", "go"}},
	"mail": {code: `
def run(ctx, input):
    got = {}
    ctx.on_signal("go", lambda p: got.update([(str(p), ctx.activity("charge", p))]))
    ctx.until(lambda: len(got) == 3)
    return [got[str(i)] for i in range(3)]
`, send: []string{"go", "go", "go"}},
}

// TestResetAtEveryTurn: a run that is reset to any of its turns, and hears the same again, ends
// with the same result as one that was never reset.
func TestResetAtEveryTurn(t *testing.T) {
	for name, c := range resetCodes {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, n *enginetest.Node) {
				code := enginetest.Code{"w": c.code}
				if name == "children" {
					code["kid"] = c.code[:strings.Index(c.code, "def run")]
					code["kid"] = strings.Replace(code["kid"], "def kid", "def run", 1)
					code["w"] = c.code[strings.Index(c.code, "def run"):]
				}
				archive := enginetest.Pack(t, code, enginetest.Activities("charge", "ship"))
				n.Deploy(archive)
				n.Work("default", map[string]enginetest.Handler{
					"charge": func(_ context.Context, task engine.WorkerTask) (string, error) {
						return fmt.Sprintf(`["charged",%s]`, task.Input), nil
					},
					"ship": func(_ context.Context, task engine.WorkerTask) (string, error) {
						return fmt.Sprintf(`["shipped",%s]`, task.Input), nil
					},
				})
				ref := n.BeginWith(engine.StartRequest{Type: "w", WorkflowID: "it"})
				for i, signal := range c.send {
					synctest.Wait()
					n.Send(ref, signal, strconv.Itoa(i))
				}
				want := n.Outcome(ref)
				if !strings.HasPrefix(want, "completed") {
					t.Fatal(want)
				}
				turns, last := n.Row(ref).Turns, ref
				for to := range turns {
					done := reset(t, n, engine.ResetRequest{Run: ref, Point: engine.Point{To: strconv.FormatUint(to, 10)}})
					last = fsm.RunRef{WorkflowID: "it", RunID: done.RunID}
					equal(t, fmt.Sprintf("outcome after turn %d of %d", to, turns), n.Outcome(last), want)
					replays(t, n, archive, last)
				}
				// a copy of a copy
				done := reset(t, n, engine.ResetRequest{Run: last, Point: engine.Point{To: "1"}})
				last.RunID = done.RunID
				equal(t, "outcome of a copy of a copy", n.Outcome(last), want)
				fork := reset(t, n, engine.ResetRequest{Run: last, As: "fork", Point: engine.Point{To: "1"}})
				equal(t, "outcome of a fork", n.Outcome(fsm.RunRef{WorkflowID: "fork", RunID: fork.RunID}), want)
			})
		})
	}
}

// TestResetOfAnOpenRun: who waits for the result of the workflow id hears of the new run, who waits
// for that of the run id of the old one's end.
func TestResetOfAnOpenRun(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, enginetest.Code{"w": `
def run(ctx, input):
    a = ctx.activity("charge", 1)
    ctx.on_query("a", lambda: a)
    ctx.signal("go")
    return [a, ctx.signal("go")]
`}, enginetest.Activities("charge")))
		steps := works(n, "charge")
		ref := n.BeginWith(engine.StartRequest{Type: "w", WorkflowID: "it"})
		synctest.Wait()
		n.Send(ref, "go", "5")
		synctest.Wait()
		equal(t, "query", n.Ask(ref, "a"), "1")
		outcome := make(chan string, 1)
		go func() { outcome <- n.Outcome(fsm.RunRef{WorkflowID: "it"}) }()
		synctest.Wait()

		plan := reset(t, n, engine.ResetRequest{Run: ref, Point: engine.Point{To: "1"}, DryRun: true})
		if len(plan.Again) != 1 || plan.Again[0] != (engine.Redone{Kind: "activity", ID: 1, Name: "charge"}) || plan.Signals != 1 || !plan.Ended {
			t.Errorf("the plan is %+v", plan)
		}
		done := reset(t, n, engine.ResetRequest{Run: fsm.RunRef{WorkflowID: "it"}, Point: engine.Point{To: "start"}, Reason: "again"})
		equal(t, "the old run", n.Outcome(ref), "terminated terminated: reset as run "+done.RunID.String()+": again")
		synctest.Wait()
		equal(t, "query of the new run", n.Ask(fsm.RunRef{WorkflowID: "it"}, "a"), "2")
		n.Send(fsm.RunRef{WorkflowID: "it"}, "go", "6")
		equal(t, "the outcome", <-outcome, "completed [2,6]")
		equal(t, "charges", steps["charge"].calls.Load(), 2)
		row := n.Row(fsm.RunRef{WorkflowID: "it"})
		if row.Origin == nil || row.Origin.RunID != ref.RunID || n.Row(ref).ResetAs != row.RunID {
			t.Errorf("the rows are %+v and %+v", row, n.Row(ref))
		}
	})
}

// TestResetPoints: words, events and versions that name a point.
func TestResetPoints(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, enginetest.Code{"w": `
def run(ctx, input):
    a = ctx.activity("charge", 1)
    b = ctx.activity("ship", a)
    ctx.sleep("1h")
    c = ctx.activity("charge", b)
    return [a, b, c]
`}, enginetest.Activities("charge", "ship")))
		steps := works(n, "charge", "ship")
		steps["ship"].broken.Store(1)
		ref := n.Begin("w", "")
		if got := n.Outcome(ref); !strings.HasPrefix(got, "failed") {
			t.Fatal(got)
		}
		for _, c := range []struct {
			point engine.Point
			turn  uint64
			event uint64
			round bool
		}{
			{engine.Point{To: "start"}, 0, 1, false}, {engine.Point{To: "1"}, 1, 2, false}, {engine.Point{To: "last"}, 2, 5, false}, {engine.Point{To: "failure"}, 2, 5, false},
			{engine.Point{Event: 1}, 0, 1, false}, {engine.Point{Event: 3}, 1, 3, false}, {engine.Point{Event: 4}, 1, 4, false}, {engine.Point{Event: 5}, 2, 5, false}, {engine.Point{Event: 7}, 2, 7, false},
		} {
			plan := reset(t, n, engine.ResetRequest{Run: ref, Point: c.point, DryRun: true})
			if plan.Turn != c.turn || plan.Event != c.event || plan.Rounded != c.round {
				t.Errorf("%+v is turn %d, event %d, rounded %v", c.point, plan.Turn, plan.Event, plan.Rounded)
			}
		}
		for name, point := range map[string]engine.Point{
			"nothing": {}, "two": {To: "1", Event: 3}, "a word": {To: "end"}, "a sign": {To: "+1"}, "too many turns": {To: "9"}, "too many events": {Event: 99}, "the closing turn": {To: "3"},
			"the closing event": {Event: 8}, "another version": {Version: strings.Repeat("a", 64)},
		} {
			if _, _, err := n.Reset(background, engine.ResetRequest{Run: ref, Point: point}); enginetest.CodeOf(err) != "invalid_input" {
				t.Errorf("%s: %v", name, err)
			}
		}
		steps["ship"].broken.Store(0)
		done := reset(t, n, engine.ResetRequest{Run: ref, Point: engine.Point{To: "failure"}})
		ref.RunID = done.RunID
		time.Sleep(2 * time.Hour)
		equal(t, "the outcome", n.Outcome(ref), "completed [1,2,2]")
		_, _, err := n.Reset(background, engine.ResetRequest{Run: ref, Point: engine.Point{To: "failure"}})
		refused(t, err, "invalid_state")
	})
}

// TestResetOn: the run goes on with another version, if the turns that are kept replay on it.
func TestResetOn(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		code := func(second, third string) []byte {
			return enginetest.Pack(t, enginetest.Code{"w": `
def run(ctx, input):
    ctx.sleep("1h")
    ` + second + `
    return ` + third + `
`}, enginetest.Activities("charge"))
		}
		n.Deploy(code(`ctx.sleep("2h")`, `fail("it broke")`))
		ref := n.Begin("w", "")
		if got := n.Outcome(ref); !strings.HasPrefix(got, "failed") {
			t.Fatal(got)
		}
		other := n.Deploy(code(`ctx.sleep("3h")`, `"mended"`)).Package.Version.String()
		_, _, err := n.Reset(background, engine.ResetRequest{Run: ref, Point: engine.Point{To: "2"}, On: other})
		refused(t, err, "invalid_state")
		done := reset(t, n, engine.ResetRequest{Run: ref, Point: engine.Point{To: "1"}, On: other[:8]})
		ref.RunID = done.RunID
		equal(t, "the outcome", n.Outcome(ref), `completed "mended"`)
		if got := n.Types(ref); !strings.Contains(got, "WorkflowReset WorkflowMoved") {
			t.Errorf("the history is %s", got)
		}
		var moved history.Data
		for _, e := range n.Events(ref) {
			if d, ok := e.Data.(*history.WorkflowMoved); ok {
				moved = d
			}
		}
		if d := moved.(*history.WorkflowMoved); d.To.String() != other || d.Turn != 1 {
			t.Errorf("it was moved: %+v", d)
		}
		plan := reset(t, n, engine.ResetRequest{Run: ref, Point: engine.Point{Version: other}, DryRun: true})
		equal(t, "the last turn before the version", plan.Turn, 1)
	})
}
