package engine_test

import (
	"math/big"
	"strings"
	"testing"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

// TestWhatCodeCannotTakeIsRefusedAtOnce: code gets the largest allowed value; the next larger one
// is refused before the log.
func TestWhatCodeCannotTakeIsRefusedAtOnce(t *testing.T) {
	nested := func(open, core, end string, levels int) string {
		return strings.Repeat(open, levels) + core + strings.Repeat(end, levels)
	}
	largest := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 4096), big.NewInt(1)).String()
	tooLarge := new(big.Int).Lsh(big.NewInt(1), 4096).String()
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, enginetest.Code{"takes": "def run(ctx, input):\n    return len(json.encode(input)) > 0\n"}))
		for _, input := range []string{
			nested("[", "1", "]", 200), nested("[", "", "]", 201), nested(`{"a":`, "null", "}", 200), nested(`{ "a" : `, "{}", " } ", 200),
			nested("[1,", "2", "]", 200), `"` + nested("[", "", "]", 300) + `"`, `"\"[[` + strings.Repeat(`\\`, 300) + `"`, `{"1e400":1}`,
			"1e308", "-1.7e308", "1e-400", "0", "-0", largest, "-" + largest, "[1.5,2]",
		} {
			ref := n.Begin("takes", input)
			equal(t, input, n.Outcome(ref), "completed true")
		}
		before := n.Log.Entries()
		for input, want := range map[string]string{
			nested("[", "1", "]", 201):            "200 levels, at byte 202",
			nested("[", "", "]", 202):             "200 levels, at byte 202",
			nested(`{"a":`, "null", "}", 201):     "200 levels",
			nested(`[{"a":`, "1", "}]", 101):      "200 levels",
			"1e400":                               "out of range, at byte 1: 1e400",
			`{"a": [1, -1.5e999]}`:                "out of range, at byte 11",
			"1" + strings.Repeat("0", 400) + ".5": "out of range",
			tooLarge:                              "out of range",
			"-" + tooLarge:                        "out of range",
			strings.Repeat("9", 1_000_000):        "out of range",
		} {
			_, _, err := n.Start(background, engine.StartRequest{Type: "takes", Input: history.Payload(input)})
			if enginetest.CodeOf(err) != "invalid_input" || !strings.Contains(err.Error(), want) || len(err.Error()) > 300 {
				t.Errorf("%.40s: got %v, want %s", input, err, want)
			}
		}
		if n.Log.Entries() != before {
			t.Error("a refused value reached the log")
		}
	})
}

// FuzzBeyondCode: code can read any JSON that beyondCode does not refuse.
func FuzzBeyondCode(f *testing.F) {
	for _, seed := range []string{`{"a":[1,2.5,"x\"]"]}`, `[[[[]]]]`, `1e400`, ` { "\\" : null } `, `"\u005b"`} {
		f.Add(seed)
	}
	n := enginetest.NewFast(f)
	n.Deploy(enginetest.Pack(f, enginetest.Code{"takes": "def run(ctx, input):\n    return True\n"}))
	f.Fuzz(func(t *testing.T, input string) {
		answer, _, err := n.Start(background, engine.StartRequest{Type: "takes", Input: history.Payload(input)})
		if err != nil {
			return
		}
		res, err := n.Result(background, engine.Read{Stale: true}, fsm.RunRef{WorkflowID: answer.WorkflowID, RunID: answer.RunID}, engine.MaxWait)
		if err != nil || enginetest.Tell(res) != "completed true" {
			t.Errorf("%.200q: %+v, %v", input, res, err)
		}
	})
}
