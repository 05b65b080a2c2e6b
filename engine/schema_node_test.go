package engine_test

import (
	"os"
	"strings"
	"testing"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/engine/schema"
	"aion.dev/aion/fsm/history"
)

// TestSchemaVectorsThroughANode deploys some of the vectors' schemas, and starts runs with their
// values: callers see the verdicts of the vectors.
func TestSchemaVectorsThroughANode(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		schemas, values, fits := 0, 0, true
		for _, name := range []string{"applicators", "references", "unevaluated", "assertions"} {
			text, err := os.ReadFile("schema/testdata/" + name + ".txt")
			if err != nil {
				t.Fatal(err)
			}
			chosen := false
			for line := range strings.Lines(string(text)) {
				word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
				switch {
				case word == "schema":
					if schemas++; schemas%8 == 1 {
						n.Deploy(enginetest.Pack(t, enginetest.Code{"w": "def run(ctx, input): return input\n"}, enginetest.InputSchema("w", rest)))
					}
					chosen = schemas%8 == 1
				case chosen && (word == "fits" || word == "not"):
					want := ""
					if fits = word == "fits"; strings.HasPrefix(rest, "/") {
						want, rest, _ = strings.Cut(rest, " ")
					}
					values++
					_, _, err := n.Start(background, engine.StartRequest{Type: "w", Input: history.Payload(rest)})
					refusal, _ := err.(*schema.Violation)
					if fits && err != nil || !fits && (refusal == nil || want != "" && refusal.Pointer != want) {
						t.Errorf("%s: %s as an input: %v", name, line, err)
					}
				}
			}
		}
		t.Logf("vectors: %d values as inputs of runs", values)
		if values < 60 {
			t.Errorf("%d values only", values)
		}
	})
}
