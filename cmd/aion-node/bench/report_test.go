package bench

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestCombineTakesMediansOfRounds(t *testing.T) {
	samples := []Sample{
		{Runs: 10, PerSecond: 100, P50: 3, P90: 5, P99: 9, Max: 20, ClientCPU: 7, Commits: 2, Nodes: []NodeUsage{{Node: "a", Leader: true, CPU: 30, MemoryBytes: 4}, {Node: "b", CPU: 10, MemoryBytes: 2}}},
		{Runs: 12, Errors: 1, FirstError: "no", PerSecond: 120, P50: 1, P90: 4, P99: 8, Max: 10, ClientCPU: 9, Commits: 4, Nodes: []NodeUsage{{Node: "a", CPU: 10, MemoryBytes: 6}, {Node: "b", Leader: true, CPU: 50, MemoryBytes: 8}}},
		{Runs: 11, PerSecond: 80, P50: 2, P90: 6, P99: 7, Max: 15, ClientCPU: 8, Commits: 3, Nodes: []NodeUsage{{Node: "a", CPU: 20, MemoryBytes: 5}, {Node: "b", Leader: true, CPU: 40, MemoryBytes: 3}}},
	}
	got := combine(rowNamed("noop"), 4, samples)
	want := Result{Row: "noop", Does: rowNamed("noop").does, Callers: 4, SpreadPerSecond: Spread{80, 120}, SpreadP50: Spread{1, 3}, Rounds: samples,
		Sample: Sample{Runs: 33, Errors: 1, FirstError: "no", PerSecond: 100, P50: 2, P90: 5, P99: 8, Max: 20, ClientCPU: 8, Commits: 3,
			Nodes: []NodeUsage{{Node: "a", CPU: 20, MemoryBytes: 5}, {Node: "b", Leader: true, CPU: 40, MemoryBytes: 3}}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestFigures(t *testing.T) {
	for v, want := range map[float64]string{0: "0.00", 1.234: "1.23", 12.34: "12.3", 123.4: "123", 1234.5: "1,234", 1234567: "1,234,567"} {
		if got := figure(v); got != want {
			t.Errorf("%v is written %q, want %q", v, got, want)
		}
	}
}

func report() *Report {
	return &Report{
		At:       time.Date(2026, 11, 29, 3, 0, 0, 0, time.UTC),
		Machine:  Machine{CPU: "Abacus 3", Cores: 2, System: "linux/amd64", Go: "go1.26"},
		Cluster:  Cluster{Own: true, Nodes: []Node{{"a", "http://a", "v1"}, {"b", "http://b", "v1"}, {"c", "http://c", "v2"}}},
		Settings: Told{Callers: []int{1}, Duration: "3s", Rounds: 2, Workers: 1},
		Results: []Result{combine(rowNamed("noop"), 1, []Sample{
			{Runs: 10, PerSecond: 100, P50: 3, ClientCPU: 99, Commits: 1, LogBytes: 300, LogWrites: 1, Nodes: []NodeUsage{{Node: "a", Leader: true, CPU: 30, MemoryBytes: 3 << 20}, {Node: "b", CPU: 10, MemoryBytes: 2 << 20}, {Node: "c", CPU: 20, MemoryBytes: 4 << 20}}},
			{Runs: 10, PerSecond: 100, P50: 3, ClientCPU: 99, Commits: 1, LogBytes: 300, LogWrites: 1, Nodes: []NodeUsage{{Node: "a", Leader: true, CPU: 30, MemoryBytes: 3 << 20}, {Node: "b", CPU: 10, MemoryBytes: 2 << 20}, {Node: "c", CPU: 20, MemoryBytes: 4 << 20}}},
		})},
		NotMeasured: []NotDone{{Row: "failover", Why: "it is late"}},
	}
}

func TestPage(t *testing.T) {
	page := Page([]*Report{report()})
	for _, want := range []string{
		"| `noop` | run that does nothing, start to result |",
		"### 3 nodes",
		"Build v1, v2, 29 November 2026, 03:00 UTC. Nodes, callers and workers together ran on linux/amd64, 2 cores, Abacus 3, go1.26. 2 rounds of 3s for each line, 1 worker.",
		"| `noop` | 1 | 100 (100 to 100) | 3.00 ms (3.00 to 3.00) |",
		"| `noop` | 1 | 30.0 us | 15.0 us | 99.0 us \\* | 3.00 MiB | 3.00 MiB | 1.00 | 300 | 1.00 |",
		"Callers and workers took more CPU than all nodes together",
		"Not measured: `failover`: it is late.",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
	if strings.Contains(page, "three-step") {
		t.Errorf("the page explains rows that it does not have:\n%s", page)
	}
}

func TestPageTellsWhoDisturbed(t *testing.T) {
	r := report()
	r.Results = append(r.Results, r.Results[0], r.Results[0])
	r.Results[0].Others, r.Results[1].Others, r.Results[2].Others = 0.1, 0.02, 0.5
	if want := "1 worker. Others, the kernel's threads among them, took 10 % of its CPU in the median line, 50 % in the worst.\n"; !strings.Contains(r.section(), want) {
		t.Errorf("the page lacks %q:\n%s", want, r.section())
	}
}

func TestWriteInto(t *testing.T) {
	page := "# Title\n\n" + pageBegin + "\nold\n" + pageEnd + "\n\nend\n"
	got, err := WriteInto(page, "new\n")
	want := "# Title\n\n" + pageBegin + "\n\nnew\n\n" + pageEnd + "\n\nend\n"
	if err != nil || got != want {
		t.Errorf("got %q, %v", got, err)
	}
	if again, err := WriteInto(got, "new\n"); err != nil || again != want {
		t.Errorf("writing it again changes it: %q, %v", again, err)
	}
	for _, bad := range []string{"", pageBegin + "\n", pageEnd, pageEnd + "\n" + pageBegin + "\n"} {
		if _, err := WriteInto(bad, "new\n"); err == nil {
			t.Errorf("a part is written into %q", bad)
		}
	}
}
