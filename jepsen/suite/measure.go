package suite

import (
	"slices"
	"time"

	"aion.dev/aion/jepsen/op"
)

// measure fills in what is counted and timed of a history. Faults ended at until, nanoseconds since
// the run began: what came after settled and read. Probed are times of changes that the suite
// itself made, and that were acknowledged.
func (r *Result) measure(ops []op.Op, until int64, probed ...int64) {
	r.Until = until
	var acks []int64 // times of acknowledged changes: reads may be stale, and say nothing of a majority
	var all []time.Duration
	for i := range ops {
		o := &ops[i]
		if o.Node == "" {
			continue // what a workload notes for its checker is no call
		}
		r.Ops++
		r.Counts[string(o.Outcome)]++
		if o.Outcome == op.OK && o.Request != "" {
			acks = append(acks, o.Return)
		}
		if o.Invoke < until {
			r.Load++
		}
		if o.Outcome == op.OK && o.Request != "" && o.Invoke < until {
			all = append(all, o.Latency())
		}
	}
	slices.Sort(all)
	for i := range r.Latency {
		if len(all) > 0 {
			r.Latency[i] = all[min(len(all)-1, int(latencyQuantiles[i]*float64(len(all))))]
		}
	}
	r.Acked = len(acks)
	acks = append(acks, probed...)
	slices.Sort(acks)
	r.idle(ops, acks, until)
	last := int64(-1)
	for _, at := range acks {
		if last >= 0 && last < until {
			r.Longest = max(r.Longest, time.Duration(at-last))
		}
		last = at
	}
	r.recoveries(acks)
}

// latencyQuantiles are what Result.Latency holds.
var latencyQuantiles = [...]float64{0.5, 0.9, 0.99, 1}

// recoveries looks for the first acknowledged change after the end of each fault. Of a fault that
// ended while another lasted it tells nothing: what the cluster then does is not its recovery.
func (r *Result) recoveries(acks []int64) {
	for i, d := range r.Done {
		recovery := Never
		if at, _ := slices.BinarySearch(acks, d.End); at < len(acks) {
			recovery = time.Duration(acks[at] - d.End)
		}
		for j, other := range r.Done {
			if i != j && other.Struck() && other.Begin < d.End && d.End < other.End {
				recovery = Masked
			}
		}
		if !d.Struck() {
			recovery = Masked
		}
		r.Recovery = append(r.Recovery, recovery)
	}
}

// What Recovery holds instead of a time.
const (
	Never  = time.Duration(-1) // nothing was acknowledged any more
	Masked = time.Duration(-2) // nothing can be told: the fault did nothing, or another one lasted on
)
