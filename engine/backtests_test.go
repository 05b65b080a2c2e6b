package engine_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine"
	"aion.dev/aion/engine/backtest"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/await"
)

// tried backtests runs on an archive that is stored and not loaded, and returns the report.
func tried(t *testing.T, n *enginetest.Node, archive []byte, r engine.BacktestRequest) backtest.Report {
	t.Helper()
	stored, _, err := n.StoreArchive(background, engine.Call{}, archive)
	if err != nil {
		t.Fatal(err)
	}
	r.Archive = stored.Digest.String()
	id, _, err := n.StartBacktest(background, engine.Read{}, r)
	if err != nil {
		t.Fatal(err)
	}
	report, next, err := n.Backtest(background, id, time.Minute, engine.MaxPage, "")
	if err != nil || next != "" {
		t.Fatalf("next page %q, %v", next, err)
	}
	return report
}

const recordedCode = `def run(ctx, input):
    ctx.sleep("1s")
    ctx.activity("charge", input)
    if input["n"] == 2:
        fail("no stock")
    ctx.signal("go")
    return {"n": input["n"]}
`

// Each candidate is shown two histories: one of a run that waits for its signal, and one of a run
// that failed.
func TestBacktestsFindTheFirstDifference(t *testing.T) {
	replace := func(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(recordedCode) }
	for name, c := range map[string]struct {
		code         string
		open, failed backtest.Result
	}{
		"the same code, further down": {"# a comment\n" + recordedCode, backtest.Result{Verdict: backtest.Same}, backtest.Result{Verdict: backtest.Same}},
		"another timer": {replace(`"1s"`, `"2s"`),
			backtest.Result{Verdict: backtest.Diverged, Seq: 2, Recorded: `"1s"`, Asked: `"2s"`, Where: "w.star:2"},
			backtest.Result{Verdict: backtest.Diverged, Seq: 2, Recorded: `"1s"`, Asked: `"2s"`, Where: "w.star:2"}},
		"another input": {replace(`"charge", input`, `"charge", [input]`),
			backtest.Result{Verdict: backtest.Diverged, Seq: 4, Recorded: "ActivityScheduled", Asked: `[{"n":1}]`, Where: "w.star:3"},
			backtest.Result{Verdict: backtest.Diverged, Seq: 4, Recorded: "ActivityScheduled", Asked: `[{"n":2}]`, Where: "w.star:3"}},
		"a wait where nothing was waited for": {replace("ctx.activity", "ctx.signal(\"ok\")\n    ctx.activity"),
			backtest.Result{Verdict: backtest.Diverged, Seq: 4, Recorded: "ActivityScheduled", Where: "w.star:3"},
			backtest.Result{Verdict: backtest.Diverged, Seq: 4, Recorded: "ActivityScheduled", Where: "w.star:3"}},
		"an end where nothing had ended": {replace(`ctx.activity("charge", input)`, "return 1"),
			backtest.Result{Verdict: backtest.Diverged, Seq: 4, Recorded: "ActivityScheduled", Asked: "WorkflowCompleted"},
			backtest.Result{Verdict: backtest.Diverged, Seq: 4, Recorded: "ActivityScheduled", Asked: "WorkflowCompleted"}},
		"more than was asked for": {replace(`ctx.signal("go")`, `ctx.signal("go", timeout = "1h")`),
			backtest.Result{Verdict: backtest.Diverged, Asked: `TimerStarted`, Where: "w.star:6"}, backtest.Result{Verdict: backtest.Same}},
		"another error":       {replace("no stock", "sold out"), backtest.Result{Verdict: backtest.Same}, backtest.Result{Verdict: backtest.Differed, Seq: 7, Recorded: "no stock", Asked: "sold out"}},
		"a result instead":    {replace(`fail("no stock")`, "return 7"), backtest.Result{Verdict: backtest.Same}, backtest.Result{Verdict: backtest.Differed, Seq: 7, Recorded: "no stock", Asked: "7"}},
		"what is still to do": {replace(`{"n": input["n"]}`, "[]"), backtest.Result{Verdict: backtest.Same}, backtest.Result{Verdict: backtest.Same}},
	} {
		bubble(t, func(t *testing.T, n *enginetest.Node) {
			pack := func(code string) []byte {
				return enginetest.Pack(t, enginetest.Code{"w": code}, enginetest.Activities("charge"))
			}
			n.Deploy(pack(recordedCode))
			n.Work("default", map[string]enginetest.Handler{"charge": func(context.Context, engine.WorkerTask) (string, error) { return "1", nil }})
			for _, input := range []string{`{"n":1}`, `{"n":2}`} {
				n.Begin("w", input)
			}
			time.Sleep(time.Minute)
			synctest.Wait()
			index, digest := n.State.Digest()
			r := tried(t, n, pack(c.code), engine.BacktestRequest{})
			if r.Done != 2 || r.Total != 2 || r.Status != backtest.Completed || len(r.Results) != 2 {
				t.Fatalf("%s: %+v", name, r)
			}
			checkResult(t, name, r.Results[1], c.open) // the newest comes first
			checkResult(t, name, r.Results[0], c.failed)
			if i, d := n.State.Digest(); i != index || d != digest {
				t.Errorf("%s: a backtest changed the state", name)
			}
		})
	}
}

func checkResult(t *testing.T, name string, got, want backtest.Result) {
	t.Helper()
	if got.Verdict != want.Verdict || got.Seq != want.Seq || got.Where != want.Where || !strings.Contains(got.Recorded, want.Recorded) || !strings.Contains(got.Asked, want.Asked) ||
		(want.Asked == "") != (got.Asked == "") || (want.Recorded == "") != (got.Recorded == "") {
		t.Errorf("%s: got %+v, want %+v", name, got, want)
	}
}

func TestBacktestsTakeWhatIsAskedFor(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		code := enginetest.Code{"w": "def run(ctx, input):\n    if input: return ctx.signal(\"go\")\n", "other": "def run(ctx, input): ctx.signal(\"go\")"}
		archive := enginetest.Pack(t, code)
		n.Deploy(archive)
		old := n.Begin("w", "1")
		time.Sleep(time.Hour)
		n.BeginWith(engine.StartRequest{Type: "w", WorkflowID: "bern", Attributes: history.Attributes{"city": history.Payload(`"Bern"`)}}) // completes
		n.Begin("w", "1")
		n.Begin("other", "1")
		synctest.Wait()
		n.Depose() // a node that does not lead serves as well
		count := func(what string, r engine.BacktestRequest, want uint64) {
			t.Helper()
			if r.Archive == "" && r.Version == "" {
				r.Version = n.Row(old).Version.String()[:8]
			}
			id, _, err := n.StartBacktest(background, engine.Read{}, r)
			if err != nil {
				t.Fatal(err)
			}
			got, _, err := n.Backtest(background, id, time.Minute, 0, "")
			if err != nil || got.Done != want || got.Total != want || got.Counted[backtest.Same] != want {
				t.Errorf("%s: %+v, %v, want %d", what, got, err, want)
			}
		}
		count("all", engine.BacktestRequest{}, 4)
		count("open", engine.BacktestRequest{Runs: "open"}, 3)
		count("closed", engine.BacktestRequest{Runs: "closed"}, 1)
		count("a type", engine.BacktestRequest{Types: []string{"w", "w"}}, 3)
		count("since half an hour", engine.BacktestRequest{Ago: 30 * time.Minute}, 3)
		count("since a time", engine.BacktestRequest{Since: n.Row(old).StartedAt + 1}, 3)
		count("the newest two", engine.BacktestRequest{Limit: 2}, 2)
		count("an attribute", engine.BacktestRequest{Where: []rows.Condition{{Field: rows.OfAttribute, Op: rows.Equal, Name: "city", Value: history.Payload(`"Bern"`)}}}, 1)
	})
}

func TestWhatACandidateDoesNotCarryIsSkipped(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		workflow(t, n, `def run(ctx, input): ctx.signal("go")`)
		synctest.Wait()
		other := enginetest.Pack(t, enginetest.Code{"other": "def run(ctx, input): pass"})
		if r := tried(t, n, other, engine.BacktestRequest{}); r.Total != 0 {
			t.Errorf("all types of the candidate: %+v", r)
		}
		r := tried(t, n, other, engine.BacktestRequest{Types: []string{"w"}})
		if r.Counted[backtest.Skipped] != 1 || !strings.Contains(r.Results[0].Why, `does not carry "w"`) {
			t.Errorf("got %+v", r)
		}
	})
}

func TestBacktestsAreBounded(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		ref := workflow(t, n, `def run(ctx, input): ctx.signal("go")`)
		synctest.Wait()
		for _, r := range []engine.BacktestRequest{
			{}, {Version: "abcdef", Archive: strings.Repeat("a", 64)}, {Archive: "x"}, {Version: "abcdef", Runs: "some"}, {Version: "abcdef", Ago: -1},
			{Version: "abcdef", Types: []string{""}}, {Version: "abcdef", Types: []string{}}, {Version: "abcdef", Where: []rows.Condition{{Field: rows.OfAttribute, Op: rows.Equal, Value: history.Payload("1")}}},
		} {
			_, _, err := n.StartBacktest(background, engine.Read{}, r)
			refused(t, err, "invalid_input")
		}
		_, _, err := n.StartBacktest(background, engine.Read{}, engine.BacktestRequest{Archive: strings.Repeat("a", 64)})
		refused(t, err, "not_found")
		_, _, err = n.StartBacktest(background, engine.Read{}, engine.BacktestRequest{Version: "abcdef"})
		refused(t, err, "unknown_version")
		_, _, err = n.Backtest(background, "nobody", 0, 0, "")
		refused(t, err, "not_found")
		_, err = n.StopBacktest(background, "nobody")
		refused(t, err, "not_found")

		r := engine.BacktestRequest{Version: n.Row(ref).Version.String(), Request: &fsm.Request{ID: "k"}}
		first, _, err := n.StartBacktest(background, engine.Read{}, r)
		if err != nil {
			t.Fatal(err)
		}
		if again, begun, err := n.StartBacktest(background, engine.Read{}, r); err != nil || again != first || !begun.Repeated {
			t.Errorf("a repeated call began %s, %+v, %v, the first %s", again, begun, err, first)
		}
		other := r
		other.Limit, other.Request = 1, &fsm.Request{ID: "k", Print: catalog.Digest{1}}
		_, _, err = n.StartBacktest(background, engine.Read{}, other)
		refused(t, err, "request_mismatch")
		r.Request = nil
		for range 40 { // more than are kept
			id, _, err := n.StartBacktest(background, engine.Read{}, r)
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := n.Backtest(background, id, time.Minute, 0, ""); err != nil {
				t.Fatal(err)
			}
		}
		_, _, err = n.Backtest(background, first, 0, 0, "")
		refused(t, err, "not_found")
		_, _, err = n.Backtest(background, first, 0, 0, "x")
		refused(t, err, "invalid_input")
	})
}

// In a bubble no time passes while code computes, so these run in real time.
func TestACandidateThatNeverWaits(t *testing.T) {
	n := enginetest.New(t, func(c *engine.Config) { c.Limits.TurnTimeout, c.Limits.BacktestCPU = time.Second, 1 })
	workflow(t, n, `def run(ctx, input): ctx.signal("go")`)
	await.Poll(t, "the first turn", func() bool { return haveTurns(n) })
	r := tried(t, n, enginetest.Pack(t, enginetest.Code{"w": "def run(ctx, input):\n    while True: pass\n"}), engine.BacktestRequest{})
	if r.Counted[backtest.Diverged] != 1 || !strings.Contains(r.Results[0].Asked, "come to no wait") {
		t.Errorf("got %+v", r)
	}
}

func haveTurns(n *enginetest.Node) (all bool) {
	n.Log.View(func(v fsm.View) {
		runs, _ := v.ListRuns(fsm.RunFilter{}, 100, "")
		all = true
		for _, run := range runs {
			all = all && run.Turns > 0
		}
	})
	return all
}

func TestBacktestsEnd(t *testing.T) {
	n := enginetest.New(t)
	workflow(t, n, `def run(ctx, input): ctx.signal("go")`)
	await.Poll(t, "the first turn", func() bool { return haveTurns(n) })
	stored, _, err := n.StoreArchive(background, engine.Call{}, enginetest.Pack(t, enginetest.Code{"w": "def run(ctx, input):\n    while True: pass\n"}))
	if err != nil {
		t.Fatal(err)
	}
	begin := func() string {
		t.Helper()
		id, _, err := n.StartBacktest(background, engine.Read{}, engine.BacktestRequest{Archive: stored.Digest.String()})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	ids := []string{begin(), begin(), begin(), begin()}
	_, _, err = n.StartBacktest(background, engine.Read{}, engine.BacktestRequest{Archive: stored.Digest.String()})
	refused(t, err, "resource_exhausted")
	if r, err := n.StopBacktest(background, ids[0]); err != nil || r.Status != backtest.Stopped || r.Done != 0 {
		t.Errorf("stopped: %+v, %v", r, err)
	}
	n.State.View(func(v fsm.View) {
		select {
		case <-v.Ends():
			t.Error("a view ends although nothing replaces the state")
		default:
		}
	})
	engineBefore := n.Engine
	n.Crash() // returns only when they have ended
	r, _, err := engineBefore.Backtest(context.Background(), ids[1], 0, 0, "")
	if err != nil || r.Status != backtest.Failed || !strings.Contains(r.Why, "shutting down") {
		t.Errorf("on a node that shuts down: %+v, %v", r, err)
	}
	_, _, err = engineBefore.StartBacktest(background, engine.Read{Stale: true}, engine.BacktestRequest{Archive: stored.Digest.String()})
	refused(t, err, "unavailable")
}
