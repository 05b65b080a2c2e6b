package batches

import (
	"encoding/json"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/load/runs"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// Check compares what the runs got with what batches were to send: each run of a batch's lots that
// started before it got its signal once, others did not, and it counted as many; what was refused
// was sent to nobody.
func (w *Workload) Check(ops []op.Op) []load.Violation {
	all := &runs.Findings{Checker: "batches"}
	bad := all.Bad
	x, err := runs.EndingsOf(ops, "batches")
	if err != nil {
		return []load.Violation{{Checker: "batches", What: err.Error()}}
	}
	ends := map[string]wire.Batch{} // by id, as they were read last
	spans, began := map[string]op.Op{}, map[string]op.Op{}
	var order []string
	for _, o := range ops {
		if o.Workload != "batches" {
			continue
		}
		switch o.F {
		case "batches":
			var list wire.Batches
			if o.Outcome == op.OK && json.Unmarshal(o.Answer, &list) == nil {
				for _, b := range list.Batches {
					ends[b.BatchID] = b
				}
			}
		case "batch":
			if _, known := spans[o.Key]; !known {
				order = append(order, o.Key)
			}
			spans[o.Key] = o
			if _, known := began[o.Key]; !known && o.Outcome == op.OK {
				began[o.Key] = o
			}
		}
	}
	got := map[string]map[string]int{} // by run, then batch
	for run, r := range x.Results {
		var list []string
		if r.Status != "completed" || json.Unmarshal(r.Result, &list) != nil {
			bad(x.ResultOp[run], "%s is %q after it was told to stop: %s", run, r.Status, r.Result)
			continue
		}
		got[run] = map[string]int{}
		for _, name := range list {
			got[run][name]++
			if _, known := spans[name]; !known {
				bad(x.ResultOp[run], "%s got %q, which no batch sends", run, name)
			}
		}
	}
	for _, name := range order {
		var s span
		last := spans[name]
		if err := json.Unmarshal(last.Value, &s); err != nil {
			bad(last, "batch %s: %v", name, err)
			continue
		}
		b, sent := began[name], false
		var end wire.Batch
		if _, sent = began[name]; sent {
			var a wire.BatchStarted
			if err := json.Unmarshal(b.Answer, &a); err != nil {
				bad(b, "batch %s has an answer that cannot be read: %v", name, err)
				continue
			}
			if end = ends[a.BatchID]; end.Status != "completed" || end.Failed != 0 {
				bad(b, "batch %s ended as %+v", name, end)
				continue
			}
		} else if last.Outcome == op.Unknown {
			bad(last, "batch %s has no known outcome", name)
			continue
		}
		var total uint64
		for run, signals := range got {
			o, started := x.Began[run]
			var lot int
			if !started || json.Unmarshal(o.Value, &lot) != nil {
				continue
			}
			want := 0
			if sent && lot >= s.First && lot < s.End && o.Index < end.BeganIndex {
				want = 1
			}
			if total += uint64(signals[name]); signals[name] != want && (o.Index != end.BeganIndex || signals[name] > 1) {
				bad(x.ResultOp[run], "%s of lot %d, started at %d, got %s %d times, want %d: its batch began at %d for lots %d to %d", run, lot, o.Index, name, signals[name], want, end.BeganIndex, s.First, s.End)
			}
		}
		if sent && total != end.Done {
			bad(b, "batch %s says that it signalled %d runs, and %d have it", name, end.Done, total)
		}
	}
	return all.List
}
