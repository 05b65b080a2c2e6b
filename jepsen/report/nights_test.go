package report

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/sim"
	"aion.dev/aion/jepsen/suite"
)

func TestNightsAddUp(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out", "NIGHTS.md")
	began := time.Date(2026, 3, 1, 23, 0, 0, 0, time.UTC)
	good := &suite.Result{Ops: 1200, Counts: map[string]int{"ok": 1200}}
	bad := &suite.Result{Ops: 5, Violations: []load.Violation{{Checker: "timers", What: "late"}}}
	first := NightOf([]*suite.Result{good}, sim.Found{Stats: sim.Stats{Worlds: 3, Steps: 3000}}, "abc", began)
	second := NightOf([]*suite.Result{good, bad}, sim.Found{Stats: sim.Stats{Worlds: 4}, Failures: make([]sim.Failure, 1)}, "def", began.Add(24*time.Hour))
	for _, n := range []Night{first, second} {
		if err := n.Append(path); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| 2026-03-01 23:00 | abc | 1 | 1 | 0 | 0 | 1,200 | 0 | 3 | 3,000 | 0 |\n",
		"| 2026-03-02 23:00 | def | 2 | 1 | 1 | 0 | 1,205 | 0 | 4 | 0 | 1 |\n",
	} {
		if !strings.Contains(string(b), want) {
			t.Errorf("the table lacks %q:\n%s", want, b)
		}
	}
	if n := strings.Count(string(b), "# Nights"); n != 1 {
		t.Errorf("the table begins %d times", n)
	}
	if first.Err() != nil || second.Err() == nil {
		t.Errorf("failed: %v and %v", first.Err(), second.Err())
	}
}
