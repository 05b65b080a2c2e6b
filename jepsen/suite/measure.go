package suite

import (
	"slices"
	"time"

	"aion.dev/aion/jepsen/op"
)

// measure counts and times a history. Faults ended at until, nanoseconds since the run began; later
// calls resolved outcomes and read the state. probed are times of acknowledged changes that the
// suite itself made.
func (r *Result) measure(ops []op.Op, until int64, probed ...int64) {
	r.Until = until
	var acks []int64 // times of acknowledged changes: reads may be stale, and prove nothing about a majority
	var all []time.Duration
	for i := range ops {
		o := &ops[i]
		if o.Node == "" {
			continue // a workload's note for its checker is not a call
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

// latencyQuantiles are the quantiles in Result.Latency.
var latencyQuantiles = [...]float64{0.5, 0.9, 0.99, 1}

// recoveries finds the first acknowledged change after the end of each fault. For a fault that
// ended while another was active it reports nothing, because what the cluster then does is not its
// recovery.
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

// Special values of Recovery.
const (
	Never  = time.Duration(-1) // nothing was acknowledged afterwards
	Masked = time.Duration(-2) // unknown: the fault did nothing, or another one was still active
)
