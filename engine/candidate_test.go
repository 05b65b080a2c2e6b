package engine_test

import (
	"testing"
	"testing/synctest"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/backtest"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm/history"
)

// TestBacktestsCheckResults: a result that another output schema takes or refuses is another end,
// on code that is stored as on code that is loaded.
func TestBacktestsCheckResults(t *testing.T) {
	const code, number, text = "def run(ctx, input):\n    return input\n", `{"type":"integer"}`, `{"type":"string"}`
	pack := func(output string) []byte {
		if output == "" {
			return enginetest.Pack(t, enginetest.Code{"w": code})
		}
		return enginetest.Pack(t, enginetest.Code{"w": code}, enginetest.OutputSchema("w", output))
	}
	for name, c := range map[string]struct {
		recorded, candidate string
		want                backtest.Result
	}{
		"the schema comes":       {"", text, backtest.Result{Verdict: backtest.Differed, Seq: 2, Recorded: "WorkflowCompleted", Asked: "does not fit the output schema"}},
		"the schema goes":        {text, "", backtest.Result{Verdict: backtest.Differed, Seq: 2, Recorded: "does not fit the output schema", Asked: "WorkflowCompleted"}},
		"the schema takes it":    {text, number, backtest.Result{Verdict: backtest.Differed, Seq: 2, Recorded: "does not fit the output schema", Asked: "WorkflowCompleted"}},
		"both schemas take it":   {"", number, backtest.Result{Verdict: backtest.Same}},
		"both schemas refuse it": {text, `{"type":"array"}`, backtest.Result{Verdict: backtest.Same}},
	} {
		bubble(t, func(t *testing.T, n *enginetest.Node) {
			n.Deploy(pack(c.recorded))
			ref := n.Begin("w", "1")
			synctest.Wait()
			if events := n.Events(ref); len(events) != 2 || !history.Closes(events[1].Data) {
				t.Fatalf("%s: %+v", name, events)
			}
			stored := tried(t, n, pack(c.candidate), engine.BacktestRequest{})
			if len(stored.Results) != 1 {
				t.Fatalf("%s: %+v", name, stored)
			}
			checkResult(t, name+", stored", stored.Results[0], c.want)
			id, _, err := n.StartBacktest(background, engine.Read{}, engine.BacktestRequest{Version: n.Deploy(pack(c.candidate)).Package.Version.String()})
			if err != nil {
				t.Fatal(err)
			}
			loaded, _, err := n.Backtest(background, id, engine.MaxWait, engine.MaxPage, "")
			if err != nil || len(loaded.Results) != 1 {
				t.Fatalf("%s: %+v, %v", name, loaded, err)
			}
			checkResult(t, name+", loaded", loaded.Results[0], c.want)
		})
	}
}
