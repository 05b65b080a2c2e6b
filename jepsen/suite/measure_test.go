package suite

import (
	"testing"
	"time"

	"aion.dev/aion/jepsen/fault"
	"aion.dev/aion/jepsen/op"
)

func TestMeasure(t *testing.T) {
	const s = int64(time.Second)
	ops := []op.Op{
		{ID: 0, Request: "a", Invoke: 0, Return: s / 10, Outcome: op.OK},
		{ID: 1, Invoke: 3 * s, Return: 3*s + 1, Outcome: op.OK}, // a read: no proof of recovery
		{ID: 2, Request: "b", Invoke: 2 * s, Return: 5 * s, Outcome: op.Unknown},
		{ID: 3, Request: "c", Invoke: 4 * s, Return: 4*s + s/2, Outcome: op.OK},
		{ID: 4, Request: "d", Invoke: 5 * s, Return: 5*s + s/10, Outcome: op.Refused},
		{ID: 5, Request: "e", Invoke: 30 * s, Return: 31 * s, Outcome: op.OK}, // while settling
	}
	for i := range ops {
		ops[i].Node = "n1"
	}
	ops = append(ops, op.Op{ID: 6, Invoke: 0, Return: 40 * s, Outcome: op.OK}) // a note for the checker
	r := &Result{Counts: map[string]int{}, Done: []fault.Done{
		{Did: "kill -9 n1", Begin: s, End: 2 * s},
		{Did: "kill -9 n2", Begin: 2*s + 1, End: 4 * s},
		{Did: "cut n1|n2", Begin: 3 * s, End: 3*s + 1},
		{Did: "nothing: too sick", Begin: 4 * s, End: 5 * s},
		{Did: "SIGSTOP n1", Begin: 31 * s, End: 32 * s},
	}}
	r.measure(ops, 10*s)
	if r.Ops != 6 || r.Load != 5 || r.Counts["ok"] != 4 || r.Counts["unknown"] != 1 || r.Counts["refused"] != 1 {
		t.Errorf("counted %d operations, %d under faults, %v", r.Ops, r.Load, r.Counts)
	}
	want := []time.Duration{time.Duration(2*s + s/2), time.Duration(s / 2), Masked, Masked, Never}
	for i := range want {
		if r.Recovery[i] != want[i] {
			t.Errorf("fault %d: recovery %s, want %s", i, r.Recovery[i], want[i])
		}
	}
	if want := time.Duration(31*s - 4*s - s/2); r.Longest != want { // the gap began under load
		t.Errorf("longest gap %s, want %s", r.Longest, want)
	}
	if r.Latency[0] != time.Duration(s/2) || r.Latency[3] != time.Duration(s/2) {
		t.Errorf("latencies %v", r.Latency)
	}
}
