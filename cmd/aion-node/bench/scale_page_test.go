package bench

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func scaleReport() *ScaleReport {
	s := DefaultScale()
	s.Nodes = 3
	return &ScaleReport{
		Version: "v1", At: time.Date(2026, 11, 29, 6, 0, 0, 0, time.UTC), Machine: Machine{Cores: 2, System: "linux/amd64", Go: "go1.26"}, Settings: s,
		Points: []ScalePoint{
			{Step: ScaleStep{Open: 1000}, Open: 1000, Closed: 7, Others: 0.1,
				Filled: &Filled{Status: "open", Runs: 1000, PerSecond: 2500, LogBytes: 330, LogWrites: 0.0312, Others: 0.2},
				Lines:  []Waited{{Line: "start", Count: 9, Errors: 1, P50: 1.5, P99: 3, Max: 4}, {Line: "restart", Count: 3, P50: 200, P99: 300, Max: 400}},
				Nodes: []Rest{
					{Node: "a", Memory: 1 << 20}, {Node: "b", Leader: true, Memory: 8 << 20, Disk: Disk{State: 1007 * 200, Log: 64 << 20}}, {Node: "c", Memory: 3 << 20},
				}},
			{Step: ScaleStep{Open: 1000, Closed: 5000}, Open: 1000, Closed: 5000, JoinedBySnapshot: true,
				Lines: []Waited{{Line: "start", Count: 9, P50: 2, P99: 3, Max: 4}},
				Nodes: []Rest{{Node: "b", Leader: true, Memory: 9 << 20}}},
		},
		Retention: &Purged{Runs: 5000, Seconds: 2.5, PerSecond: 2000, Course: []PurgedAt{{Closed: 5000, Disk: Disk{State: 2 << 20}}, {Seconds: 2.5, Disk: Disk{State: 1 << 20}}}},
	}
}

func TestScalePage(t *testing.T) {
	page := ScalePage([]*ScaleReport{scaleReport()})
	for _, want := range []string{
		"| `start` | start of a run until it is acknowledged",
		"\n### 3 nodes\n\nBuild v1, 29 November 2026, 06:00 UTC. Nodes and callers together ran on linux/amd64, 2 cores, go1.26. 16 callers filled it, 250 starts a call",
		"Others took of its CPU during the calls 10 % (1,000 open), 0 % (1,000 open, 5,000 closed), and during the filling 20 % (1,000 open).",
		"The node that joined got a snapshot at 1,000 open, 5,000 closed, elsewhere the whole log.",
		"| row | 1,000 open | 1,000 open, 5,000 closed |\n|---|---:|---:|\n| `start` | 1.50 ms (3.00), 1 of 10 failed | 2.00 ms (3.00) |\n",
		"| `restart` | 200 ms (400) |  |\n",
		"| `memory` | 8.00 MiB | 9.00 MiB |\n| `memory-follower` | 2.00 MiB |  |\n",
		"| `state a run` | 200 B | 0.00 B |\n",
		"| `runs` | 1,000 open |  |\n",
		"| `fsyncs` | 0.0312 |  |\n",
		"Retention: 5,000 closed runs are deleted in 2.50 s, 2,000 each second",
		"| `2.50` | 0 | 1.00 MiB |  |  |\n",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
	if strings.Contains(page, "| `crash` | |") || strings.Contains(page, "| `crash` |  |") {
		t.Errorf("the page has a row that was not measured:\n%s", page)
	}
}

func TestScalePageJoinsSittings(t *testing.T) {
	small, large := scaleReport(), scaleReport()
	large.Points[0].Step.Open, large.Version, large.Retention = 500_000, "v2", nil
	large.Points = large.Points[:1]
	other := scaleReport()
	other.Settings.Nodes = 1
	page := ScalePage([]*ScaleReport{large, small, other})
	for _, want := range []string{
		"\n### 3 nodes\n\nBuild v2, ", "\n\nBuild v1, ", "\n### 1 node\n",
		"| row | 1,000 open | 1,000 open, 5,000 closed | 500,000 open |\n|---|---:|---:|---:|\n| `start` |",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
	if n := strings.Count(page, "### "); n != 2 {
		t.Errorf("the page has %d sections, want 2:\n%s", n, page)
	}
}

func TestMarkdownTellsReportsApart(t *testing.T) {
	write := func(name string, v any) string {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	speed, scale := write("speed", report()), write("scale", scaleReport())
	if got, err := Markdown([]string{speed}); err != nil || got != Page([]*Report{report()}) {
		t.Errorf("of bench: %v\n%s", err, got)
	}
	if got, err := Markdown([]string{scale}); err != nil || got != ScalePage([]*ScaleReport{scaleReport()}) {
		t.Errorf("of bench scale: %v\n%s", err, got)
	}
	for name, bad := range map[string][]string{
		"both": {speed, scale}, "another document": {write("other", map[string]int{"x": 1})},
		"no size": {write("empty", &ScaleReport{At: time.Now()})}, "no node": {write("none", &Report{At: time.Now(), Results: []Result{}})},
	} {
		if got, err := Markdown(bad); err == nil {
			t.Errorf("%s: becomes a page:\n%s", name, got)
		}
	}
}
