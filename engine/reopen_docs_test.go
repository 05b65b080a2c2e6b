package engine_test

import (
	"os"
	"strings"
	"testing"

	"aion.dev/aion/engine/enginetest"
)

// TestReopenGuide: the run in docs/REOPENING.md leaves the history that the page shows, and charges
// once.
func TestReopenGuide(t *testing.T) {
	guide, err := os.ReadFile("../docs/REOPENING.md")
	if err != nil {
		t.Fatal(err)
	}
	block := func(begin string) string {
		_, rest, ok := strings.Cut(string(guide), begin)
		text, _, closed := strings.Cut(rest, "```")
		if !ok || !closed {
			t.Fatalf("docs/REOPENING.md has lost its block %q", begin)
		}
		return text
	}
	code, want := block("```python\n"), strings.Fields(block("```\nWorkflowStarted"))
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		archive := enginetest.Pack(t, enginetest.Code{"order": code}, enginetest.Activities("charge", "ship"))
		n.Deploy(archive)
		steps := works(n, "charge", "ship")
		steps["ship"].broken.Store(1)
		ref := n.Begin("order", `{"id":17}`)
		if got := n.Outcome(ref); !strings.HasPrefix(got, "failed") {
			t.Fatal(got)
		}
		steps["ship"].broken.Store(0)
		reopen(t, n, ref)
		equal(t, "outcome", n.Outcome(ref), "completed [1,2]")
		equal(t, "charges", steps["charge"].calls.Load(), 1)
		equal(t, "history", n.Types(ref), strings.Join(append([]string{"WorkflowStarted"}, want...), " "))
		replays(t, n, archive, ref)
	})
}
