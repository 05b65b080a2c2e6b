package suite

import (
	"slices"
	"time"

	"aion.dev/aion/jepsen/op"
)

// measure fills in what is counted and timed of a history.
func (r *Result) measure(ops []op.Op) {
	r.Ops = len(ops)
	var acks []int64 // times of acknowledged calls
	latencies := map[int][]time.Duration{}
	for i := range ops {
		o := &ops[i]
		r.Counts[string(o.Outcome)]++
		second := int(o.Invoke / int64(time.Second))
		for len(r.Seconds) <= second {
			r.Seconds = append(r.Seconds, Second{})
		}
		s := &r.Seconds[second]
		switch o.Outcome {
		case op.OK:
			s.OK++
			acks = append(acks, o.Return)
			latencies[second] = append(latencies[second], o.Latency())
		case op.Refused:
			s.Refused++
		case op.Failed:
			s.Failed++
		default:
			s.Unknown++
		}
	}
	for second := range r.Seconds {
		l := latencies[second]
		slices.Sort(l)
		if len(l) > 0 {
			r.Seconds[second].P50, r.Seconds[second].P99 = l[len(l)/2], l[len(l)*99/100]
		}
	}
	slices.Sort(acks)
	for i := 1; i < len(acks); i++ {
		r.Longest = max(r.Longest, time.Duration(acks[i]-acks[i-1]))
	}
	for _, d := range r.Done {
		recovery := time.Duration(-1) // it never did
		if at, _ := slices.BinarySearch(acks, d.End); at < len(acks) {
			recovery = time.Duration(acks[at] - d.End)
		}
		r.Recovery = append(r.Recovery, recovery)
	}
}
