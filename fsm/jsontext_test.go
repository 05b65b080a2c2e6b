package fsm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"aion.dev/aion/fsm/history"
)

// nasty are texts that encoders word in different ways.
var nasty = []string{
	"", "plain", `q"b\s/`, "\x00\x01\b\f\n\r\t\x1f\x7f", "<&>", "é世\U0001f600\U0001fae9", "\xff", "a\xc3", "\xed\xa0\x80", "\u2028\u2029\u2027", "\uFFFD\ufeff",
}

// TestFeedGolden freezes the bytes of every event of the feed, as encoding/json of Go 1.26 wrote
// them: they are stored, so they are part of the digest.
func TestFeedGolden(t *testing.T) {
	var lines strings.Builder
	line := func(e interface{ json() []byte }) { fmt.Fprintf(&lines, "%T %s\n", e, e.json()) }
	v, run := versionOf("v1"), history.RunID{1, 2, 3}
	for _, s := range nasty {
		line(packageLoaded{v, []string{s, "b"}, s, true})
		line(routeChanged{s, v, versionOf("v0")})
		line(versionUnloaded{v, []string{s}})
		line(deployRefused{s, s, s, s, s, nil})
		line(readinessChanged{v, s, true, s})
		line(leaderChanged{s, 1<<64 - 1})
		line(memberChanged{s, s, s, s, s})
		line(workflowClosed{s, run, s, v, history.StatusFailed, true})
	}
	line(packageLoaded{})
	line(packageLoaded{WorkflowTypes: []string{}})
	line(routeChanged{})
	line(versionUnloaded{})
	line(deployRefused{})
	line(readinessChanged{})
	line(leaderChanged{})
	line(memberChanged{})
	line(workflowClosed{})
	const path = "testdata/feed.golden"
	if *golden {
		if err := os.WriteFile(path, []byte(lines.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != lines.String() {
		t.Errorf("the bytes of events have changed, got:\n%s", lines.String())
	}
}

func FuzzJSONText(f *testing.F) {
	for _, s := range nasty {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var want bytes.Buffer
		enc := json.NewEncoder(&want)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(s); err != nil {
			t.Fatal(err)
		}
		if got := appendJSON(nil, s); string(got)+"\n" != want.String() {
			t.Errorf("%q is written as %s, encoding/json says %s", s, got, want.String())
		}
	})
}
