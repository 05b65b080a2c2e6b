package bench

import (
	"reflect"
	"strings"
	"testing"
)

func TestParseGauges(t *testing.T) {
	got, err := parseGauges(strings.NewReader(`# HELP process_cpu_seconds_total Total user and system CPU time spent in seconds.
# TYPE process_cpu_seconds_total counter
process_cpu_seconds_total 12.5
process_resident_memory_bytes 1.048576e+06
aion_runs{status="running",type="x"} 3
aion_cluster_is_leader 1
`))
	want := gauges{gaugeCPU: 12.5, gaugeMemory: 1 << 20, gaugeLeader: 1}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestUsageOfARun(t *testing.T) {
	node := func(cpu, memory, leader, commit, written, writes, started float64) gauges {
		return gauges{gaugeCPU: cpu, gaugeMemory: memory, gaugeLeader: leader, gaugeCommit: commit, gaugeWritten: written, gaugeWrites: writes, gaugeStarted: started}
	}
	before := reading{client: 1, nodes: map[string]gauges{
		"a": node(10, 100, 1, 1000, 50_000, 500, 7), "b": node(5, 80, 0, 990, 40_000, 400, 7), "c": node(5, 80, 0, 990, 40_000, 400, 7),
	}}
	after := reading{client: 1.5, nodes: map[string]gauges{
		"a": node(11, 120, 1, 1200, 90_000, 550, 7), "b": node(5.25, 70, 0, 1190, 80_000, 450, 7), "c": node(0.1, 70, 0, 1190, 10, 1, 99), // c was restarted
	}}
	s := Sample{Runs: 100}
	s.addUsage(before, after)
	want := Sample{Runs: 100, ClientCPU: 5000, Commits: 2, LogBytes: 400, LogWrites: 0.5, Nodes: []NodeUsage{
		{Node: "a", Leader: true, CPU: 10_000, MemoryBytes: 120}, {Node: "b", CPU: 2500, MemoryBytes: 70},
	}}
	if !reflect.DeepEqual(s, want) {
		t.Errorf("got  %+v\nwant %+v", s, want)
	}
	r := Result{Sample: s}
	if r.ClientBound() {
		t.Error("the nodes took more CPU than the client, and the table would say the opposite")
	}
	if r.ClientCPU = 13_000; !r.ClientBound() {
		t.Error("the client took more CPU than all nodes, and the table would not say so")
	}
	none := Sample{}
	if none.addUsage(before, after); none.Nodes != nil {
		t.Errorf("no run has a cost, got %+v", none)
	}
}
