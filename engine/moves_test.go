package engine_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/backtest"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

const movedCode = `def step(ctx, input):
    ctx.on_query("version", lambda: ctx.info.version)
    ctx.sleep("1s")
    return ctx.signal("go")

def run(ctx, input):
    got = step(ctx, input)
    ctx.child("helper", None)
    ctx.sleep("1s")
    return "OLD"
`

const helperCode = "def run(ctx, input): return ctx.info.version\n"

func packed(t *testing.T, code string) []byte {
	return enginetest.Pack(t, enginetest.Code{"w": code, "helper": helperCode})
}

// moved moves runs of w, and returns the report.
func moved(t *testing.T, n *enginetest.Node, r engine.MoveRequest) backtest.Report {
	t.Helper()
	r.Type = "w"
	id, _, err := n.StartMove(background, r)
	if err != nil {
		t.Fatal(err)
	}
	report, next, err := n.Move(background, id, time.Minute, engine.MaxPage, "")
	if err != nil || next != "" || report.Status != backtest.Completed {
		t.Fatalf("next page %q, %+v, %v", next, report, err)
	}
	return report
}

// A run that is moved goes on with the new code, through restarts, queries and new leaders; one
// that does not replay on it stays and says where.
func TestRunsMoveWithProof(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		v1 := n.Deploy(packed(t, movedCode)).Package.Version
		v2 := n.Deploy(packed(t, strings.ReplaceAll(movedCode, "OLD", "new"))).Package.Version
		v3 := n.Deploy(packed(t, strings.Replace(movedCode, `"1s"`, `"2s"`, 1))).Package.Version
		start := func(id string) fsm.RunRef {
			return n.BeginWith(engine.StartRequest{Type: "w", WorkflowID: id, Version: v1.String()})
		}
		waits, parked, other := start("waits"), start("parked"), start("other")
		time.Sleep(time.Minute)
		equal(t, "the version that code sees", n.Ask(waits, "version"), `"`+v1.String()+`"`)

		dry := moved(t, n, engine.MoveRequest{From: v1.String(), To: v2.String(), DryRun: true})
		if dry.Counted[backtest.Same] != 3 || n.Row(waits).Version != v1 {
			t.Errorf("a dry run: %+v", dry)
		}
		stays := moved(t, n, engine.MoveRequest{From: v1.String()[:10], To: v3.String()[:10]})
		if stays.Counted[backtest.Diverged] != 3 || stays.Results[0].Seq != 2 || stays.Results[0].Where != "w.star:3" || n.Row(waits).Version != v1 {
			t.Errorf("on code that asks for something else: %+v", stays)
		}
		one := moved(t, n, engine.MoveRequest{From: v1.String(), To: v2.String(), IDs: []string{"waits", "nobody"}})
		if one.Counted[backtest.Moved] != 1 || one.Counted[backtest.Skipped] != 1 || one.Total != 2 {
			t.Errorf("by id: %+v", one)
		}
		equal(t, "a query", n.Ask(waits, "version"), `"`+v2.String()+`"`)
		if rest := moved(t, n, engine.MoveRequest{From: v1.String(), To: v2.String()}); rest.Counted[backtest.Moved] != 2 {
			t.Errorf("the rest: %+v", rest)
		}
		if again := moved(t, n, engine.MoveRequest{From: v1.String(), To: v2.String()}); again.Done != 0 {
			t.Errorf("once more: %+v", again)
		}
		if got := n.Types(waits); got != "WorkflowStarted TimerStarted TimerFired WorkflowMoved" {
			t.Errorf("history: %s", got)
		}
		if _, _, err := n.Unload(background, engine.Call{}, fsm.UnloadVersion{Type: "w", Version: v1.String()}); err != nil {
			t.Errorf("nothing pins the old version: %v", err)
		}
		n.Send(parked, "go", "1") // its execution was parked on the old code
		n.Restart()
		n.Send(waits, "go", "1")
		time.Sleep(time.Minute)
		n.Restart()
		n.Send(other, "go", "1")
		for _, ref := range []fsm.RunRef{waits, parked, other} {
			equal(t, ref.WorkflowID, n.Outcome(ref), `completed "new"`)
			for _, e := range n.Events(ref) {
				if d, ok := e.Data.(*history.ChildWorkflowStarted); ok && d.Version != v2 {
					t.Errorf("%s: a child started on version %s", ref.WorkflowID, d.Version.Short())
				}
			}
		}
	})
}

// A run that takes a turn between its proof and its move is proven again.
func TestAMoveIsFenced(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		v1 := n.Deploy(packed(t, movedCode)).Package.Version
		v2 := n.Deploy(packed(t, strings.ReplaceAll(movedCode, "OLD", "new"))).Package.Version
		ref := n.BeginWith(engine.StartRequest{Type: "w", WorkflowID: "a", Version: v1.String()})
		synctest.Wait()
		tries := 0
		n.Log.Inject(func(c fsm.Command) enginetest.Fault {
			if _, moves := c.(*fsm.MoveRun); moves {
				if tries++; tries == 1 {
					time.Sleep(2 * time.Second) // the timer fires, and the run takes a turn
				}
			}
			return enginetest.None
		})
		r := moved(t, n, engine.MoveRequest{From: v1.String(), To: v2.String()})
		n.Log.Inject(nil)
		if r.Counted[backtest.Moved] != 1 || tries != 2 {
			t.Errorf("after %d tries: %+v", tries, r)
		}
		n.Send(ref, "go", "1")
		equal(t, "outcome", n.Outcome(ref), `completed "new"`)
	})
}

func TestRunsThatAreStuckOrFailedGoOnElsewhere(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		broken := "def run(ctx, input):\n    ctx.sleep(\"1s\")\n    fail(\"not yet\")\n"
		v1 := n.Deploy(packed(t, broken)).Package.Version
		failed := n.BeginWith(engine.StartRequest{Type: "w", WorkflowID: "failed", Version: v1.String()})
		n.Outcome(failed)
		v2 := n.Deploy(packed(t, strings.Replace(broken, `fail("not yet")`, `return "mended"`, 1))).Package.Version
		paused := n.BeginWith(engine.StartRequest{Type: "w", WorkflowID: "paused", Version: v1.String()})
		if _, _, err := n.Pause(background, engine.Call{}, paused, ""); err != nil {
			t.Fatal(err)
		}
		if _, _, err := n.ResumeOn(background, engine.Call{}, paused, v2.String()); err != nil {
			t.Fatal(err)
		}
		if _, _, err := n.ReopenOn(background, engine.Call{}, failed, "mended", v2.String()); err != nil {
			t.Fatal(err)
		}
		for _, ref := range []fsm.RunRef{failed, paused} {
			equal(t, ref.WorkflowID, n.Outcome(ref), `completed "mended"`)
			equal(t, ref.WorkflowID, n.Row(ref).Version, v2)
		}
		again := n.BeginWith(engine.StartRequest{Type: "w", WorkflowID: "again", Version: v1.String()})
		n.Outcome(again)
		v3 := n.Deploy(packed(t, "def run(ctx, input): ctx.sleep(\"5s\")\n")).Package.Version
		_, _, err := n.ReopenOn(background, engine.Call{}, again, "", v3.String())
		refused(t, err, "invalid_state")
		equal(t, "a run that does not replay", n.Row(again).Version, v1)
	})
}

// A run that was moved has one history: a backtest replays all of it, its result is judged by the
// schema of its new version, it is opened again on it, and goes on as new.
func TestAMovedRunIsLikeAnyOther(t *testing.T) {
	code := `def run(ctx, input):
    ctx.sleep("1s")
    if input == "more":
        ctx.continue_as_new("last")
    ctx.signal("go")
    return "text"
`
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		pack := func(code, schema string) []byte {
			return enginetest.Pack(t, enginetest.Code{"w": code}, enginetest.OutputSchema("w", schema))
		}
		v1 := n.Deploy(pack(code, `{"type":"string"}`)).Package.Version
		start := func(id, input string) fsm.RunRef {
			return n.BeginWith(engine.StartRequest{Type: "w", WorkflowID: id, Input: history.Payload(input)})
		}
		judged, goesOn := start("judged", `"all"`), start("goes-on", `"more"`)
		synctest.Wait()
		v2 := n.Deploy(pack(strings.Replace(code, `"1s"`, `"1000ms"`, 1), `{"type":"integer"}`)).Package.Version
		if r := moved(t, n, engine.MoveRequest{From: v1.String(), To: v2.String()}); r.Counted[backtest.Moved] != 2 {
			t.Fatalf("moved: %+v", r)
		}
		time.Sleep(time.Minute)
		on := fsm.RunRef{WorkflowID: "goes-on"}
		equal(t, "the run that goes on", n.Row(on).Version, v2)
		equal(t, "the run that went on", n.Row(goesOn).Status, history.StatusContinuedAsNew)
		n.Send(judged, "go", "1")
		if got := n.Outcome(judged); !strings.HasPrefix(got, "failed invalid_output") {
			t.Errorf("judged by the schema of the new version: %s", got)
		}
		tells := func(what, code string, verdict backtest.Verdict) {
			t.Helper()
			r := tried(t, n, pack(code, `{"type":"integer"}`), engine.BacktestRequest{})
			if r.Done != 3 || r.Counted[verdict] != 3 {
				t.Errorf("%s: %+v", what, r)
			}
		}
		tells("other code that asks for the same", "# the same\n"+code, backtest.Same)
		tells("other code", strings.Replace(code, `"1s"`, `"2s"`, 1), backtest.Diverged)

		if _, _, err := n.Reopen(background, engine.Call{}, judged, ""); err != nil {
			t.Fatal(err)
		}
		if got := n.Outcome(judged); !strings.HasPrefix(got, "failed invalid_output") {
			t.Errorf("reopened on the same version: %s", got)
		}
		v3 := n.Deploy(pack(code, `true`)).Package.Version
		if _, _, err := n.ReopenOn(background, engine.Call{}, judged, "", v3.String()); err != nil {
			t.Fatal(err)
		}
		n.Restart()
		if r := moved(t, n, engine.MoveRequest{From: v2.String(), To: v3.String()}); r.Counted[backtest.Moved] != 1 {
			t.Errorf("moved again: %+v", r)
		}
		n.Restart()
		n.Send(on, "go", "1")
		equal(t, "reopened and moved", n.Outcome(judged), `completed "text"`)
		equal(t, "went on and moved", n.Outcome(on), `completed "text"`)
		if got, want := n.Types(judged), "WorkflowStarted TimerStarted WorkflowMoved TimerFired SignalReceived WorkflowFailed WorkflowReopened WorkflowFailed WorkflowReopened WorkflowMoved WorkflowCompleted"; got != want {
			t.Errorf("history %s, want %s", got, want)
		}
	})
}

func TestMovesAreChecked(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		v1 := n.Deploy(packed(t, movedCode)).Package.Version.String()
		v2 := n.Deploy(enginetest.Pack(t, enginetest.Code{"other": helperCode})).Package.Version.String()
		for name, r := range map[string]engine.MoveRequest{
			"nothing": {}, "no versions": {Type: "w"}, "the same": {Type: "w", From: v1, To: v1}, "not carried": {Type: "w", From: v1, To: v2},
			"ids and where": {Type: "w", From: v1, To: v2, IDs: []string{"a"}, Where: []rows.Condition{{Field: rows.OfAttribute, Op: rows.Equal, Name: "a", Value: history.Payload("1")}}}, "a bad id": {Type: "w", From: v1, To: v2, IDs: []string{""}}, "no ids": {Type: "w", From: v1, To: v2, IDs: []string{}},
		} {
			if _, _, err := n.StartMove(background, r); enginetest.CodeOf(err) != "invalid_input" {
				t.Errorf("%s: %v", name, err)
			}
		}
		_, _, err := n.StartMove(background, engine.MoveRequest{Type: "w", From: v1, To: "abcdef"})
		refused(t, err, "unknown_version")
		n.Depose()
		_, _, err = n.StartMove(context.Background(), engine.MoveRequest{Type: "w", From: v1, To: v2})
		refused(t, err, "no_leader")
	})
}
