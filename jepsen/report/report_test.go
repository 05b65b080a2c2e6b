package report

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/jepsen/fault"
	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/suite"
)

// three runs: one without faults, one that fails under faults, one that could not be made.
func some() []*suite.Result {
	began := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	result := func(name, faults, commit string) *suite.Result {
		r := &suite.Result{
			Spec: suite.Spec{Seed: 7, Workload: "pins", Faults: faults, Nodes: 3, Length: 10 * time.Second, Concurrency: 8, Rate: 20}, Commit: commit, Started: began, Took: 20 * time.Second,
			Ops: 1000, Load: 800, Counts: map[string]int{"ok": 900, "refused": 60, "failed": 10, "unknown": 30}, Until: int64(2 * time.Second),
			Latency: [4]time.Duration{time.Millisecond, 5 * time.Millisecond, 9 * time.Millisecond, time.Second}, Longest: 3 * time.Second,
			Dir: filepath.Join("runs", name),
		}
		began = began.Add(time.Minute)
		return r
	}
	failing := result("pins-process-7", "process", "abc2")
	failing.Done = []fault.Done{
		{Item: fault.Item{Name: "kill-leader"}, Did: "kill -9 <n1>", Begin: 0, End: int64(time.Second)},
		{Item: fault.Item{Name: "kill-leader"}, Did: "kill -9 n2", Begin: int64(time.Second), End: int64(2 * time.Second), Error: "n2 does not start"},
		{Item: fault.Item{Name: "freeze-one"}, Did: "not begun"},
	}
	failing.Recovery = []time.Duration{1500 * time.Millisecond, suite.Never, suite.Masked}
	failing.Violations = []load.Violation{{Checker: "pins", What: "v1 went | while <run> needed it", Ops: []int{3, 4}}}
	broken := result("pins-bits-7", "bits", "abc2")
	broken.Error = "start the cluster: no port"
	return []*suite.Result{result("pins-none-7", "none", "abc1"), failing, broken}
}

func TestSummarise(t *testing.T) {
	s := Summarise(some())
	if s.Runs != 3 || s.Passed != 1 || s.Failed != 1 || s.NotMade != 1 || s.Ops != 2000 || s.Load != 1600 || s.Outcomes["unknown"] != 60 || s.Faults != 2 {
		t.Errorf("summed up as %+v", s.Count)
	}
	if c := s.Cells[[2]string{"pins", "bits"}]; c.Verdict() != "1 of 1 not made" {
		t.Errorf("a run that was not made is told as %q", c.Verdict())
	}
	if strings.Join(s.Sets, " ") != "none bits process" || len(s.Commits) != 2 || s.Commits[0].Runs != 2 {
		t.Errorf("sets %v, commits %v", s.Sets, s.Commits)
	}
	for _, k := range s.Kinds {
		switch {
		case k.Name == "kill-leader" && (k.Struck != 2 || k.Errors != 1 || k.Never != 1 || k.Recovery.At(1) != "1.5s"), k.Name == "freeze-one" && (k.Struck != 0 || k.Idle != 1):
			t.Errorf("%+v", k)
		}
	}
}

func TestMarkdown(t *testing.T) {
	var b bytes.Buffer
	if err := Markdown(&b, some(), Extra{Gate: "1 of 1", Not: "# Not\n\n- all else"}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| runs | 3: 1 passed, 1 failed, 1 could not be made |", "| operations | 2,000: 1,800 ok, 120 refused, 20 failed, 60 unknown |", "**1 of 1 failed**, 1 run; 1,000 ops (900 / 60 / 10 / 30); 2 faults",
		"`jepsen run --workload pins --faults process --seed 7 --nodes 3 --length 10s --concurrency 8 --rate 20`", "could not be made: start the cluster", "| **process** | 2 (1 with errors) | 1 |", "## The gate", "- all else",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}

func TestNumber(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1234: "-1,234"} {
		if got := number(n); got != want {
			t.Errorf("%d is written %s", n, got)
		}
	}
}
