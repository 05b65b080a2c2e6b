package suite

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"aion.dev/aion/jepsen/fault"
	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/op"
)

// Checkers of a run as a whole, in addition to those of its workload.
const (
	Recovery     = "recovery"     // the healed cluster is not what it was
	Availability = "availability" // it acknowledged nothing for longer than its faults explain
	Promises     = "promises"     // a fault saw a node break a promise of operations
	Answers      = "answers"      // a caller was told what no fault explains
	Faults       = "faults"       // the run did not meet its faults: it proves nothing
)

// Liveness reports whether a finding is a symptom, that something did not happen in time, rather
// than a promise that the history breaks.
func Liveness(v load.Violation) bool {
	return v.Checker == Recovery || v.Checker == Availability ||
		strings.Contains(v.What, "after the healed cluster last finished anything") || strings.Contains(v.What, "open for ever")
}

// Worst returns the most important finding: a broken promise before a symptom. It ignores findings
// that only say that the run did not meet its faults.
func (r *Result) Worst() (v load.Violation, found bool) {
	for _, v := range r.Violations {
		if v.Checker != Faults && !Liveness(v) {
			return v, true
		}
	}
	for _, v := range r.Violations {
		if v.Checker != Faults {
			return v, true
		}
	}
	return v, false
}

// unexplained is how long a cluster may acknowledge no change while one is requested and no fault
// is active. A caller gives up after 10 s, and a frozen one waits that long with its call. The
// longest recovery in 1,422 faults took 5.3 s, on two processors at a load of 15 to 20.
const unexplained = 20 * time.Second

// mended is how long after its time a fault may explain a gap while it is being mended. The longest
// that a majority needed to start again was 10 s, in the same runs.
const mended = 15 * time.Second

// orderly is how long a cluster may acknowledge no change while its nodes are restarted one by one
// and nothing else is wrong. A transfer of leadership takes less than a second; one that ended in
// an election took 3 s.
const orderly = 10 * time.Second

// broken is the code of an answer that no fault of a node, a disk or a network may cause.
const broken = "internal"

// judge finds what no workload looks for: faults that went wrong, or did nothing, and a cluster
// that was unavailable for longer than they explain.
func (r *Result) judge(ops []op.Op) (found []load.Violation) {
	add := func(checker, format string, args ...any) {
		found = append(found, load.Violation{Checker: checker, What: fmt.Sprintf(format, args...)})
	}
	for _, d := range r.Done {
		switch {
		case strings.Contains(d.Error, fault.Broken):
			add(Promises, "%s at %s (%s): %s", d.Name, seconds(d.Begin), d.Did, d.Error)
		case d.Error != "":
			add(Faults, "%s at %s (%s) went wrong: %s", d.Name, seconds(d.Begin), d.Did, d.Error)
		}
	}
	if len(r.Done) > 0 && r.Struck() == 0 {
		why := r.Done[0].Did
		add(Faults, "none of %d faults struck; the first: %s", len(r.Done), cmp.Or(why, "it did not say why"))
	}
	for i := range ops {
		if o := &ops[i]; o.Code == broken {
			add(Answers, "%s %s through %s at %s was answered %s: %s", o.F, o.Key, o.Node, seconds(o.Invoke), o.Code, o.Error)
			break // the first one suffices
		}
	}
	for _, d := range r.Done {
		if d.Pause > orderly {
			add(Availability, "no change was acknowledged for %s during %s (%s), while changes were asked for and nothing else was wrong",
				d.Pause.Round(time.Millisecond), d.Name, d.Did)
		}
	}
	for i := range r.Done {
		if lost := r.spoilt(i, ops); len(lost) > 0 {
			o := lost[0]
			add(Answers, "%s (%s) lost the answers of %d calls through nodes that ran: the first, %s %s through %s at %s: %s",
				r.Done[i].Name, r.Done[i].Did, len(lost), o.F, o.Key, o.Node, seconds(o.Invoke), o.Error)
		}
	}
	if r.Acked == 0 {
		add(Availability, "no change was acknowledged")
	}
	if r.Idle > unexplained {
		add(Availability, "no change was acknowledged from %s on for %s, while changes were asked for and no fault lasted",
			seconds(r.IdleFrom), r.Idle.Round(time.Millisecond))
	}
	for i, recovery := range r.Recovery {
		if recovery == Never {
			d := r.Done[i]
			add(Recovery, "no change was acknowledged after %s (%s) ended at %s", d.Name, d.Did, seconds(d.End))
		}
	}
	return found
}

func seconds(at int64) string { return time.Duration(at).Round(10 * time.Millisecond).String() }

// span is a period from, to.
type span struct{ from, to int64 }

// idle finds the longest period in which changes were requested, none was acknowledged and no fault
// was active. It looks between two consecutive acknowledgements in acks if the first came before
// until.
func (r *Result) idle(ops []op.Op, acks []int64, until int64) {
	var asked []span // requests for changes without success
	for i := range ops {
		o := &ops[i]
		if o.Node != "" && o.Request != "" && o.Outcome != op.OK && o.Outcome != op.Refused {
			asked = append(asked, span{o.Invoke, o.Return})
		}
	}
	slices.SortFunc(asked, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	r.pauses(asked, acks)
	for i := 1; i < len(acks) && acks[i-1] < until; i++ {
		for _, calm := range r.calm(span{acks[i-1], acks[i]}) {
			if d := time.Duration(calm.to - calm.from); d <= r.Idle {
				continue
			}
			from, ok := askedIn(asked, calm)
			if !ok {
				continue
			}
			if d := time.Duration(calm.to - from); d > r.Idle {
				r.Idle, r.IdleFrom = d, from
			}
		}
	}
}

// pauses records, for each orderly fault that met no other, the longest period during it in which
// changes were requested and none was acknowledged.
func (r *Result) pauses(asked []span, acks []int64) {
	for i := range r.Done {
		d := &r.Done[i]
		k, err := fault.Get(d.Name)
		if err != nil || !k.Orderly || !d.Struck() || r.overlaps(i) {
			continue
		}
		last := d.Begin
		for _, at := range append(slices.Clone(acks), d.End) {
			if at < d.Begin {
				continue
			}
			at = min(at, d.End)
			if from, ok := askedIn(asked, span{last, at}); ok {
				d.Pause = max(d.Pause, time.Duration(at-from))
			}
			last = at
		}
	}
}

// spoilt returns the calls with unknown outcomes for which only an orderly fault is to blame: it
// met no other fault, and the node that took the call was not stopped meanwhile. An orderly restart
// transfers leadership first, so it costs such a call at most a retry.
func (r *Result) spoilt(i int, ops []op.Op) (lost []*op.Op) {
	d := &r.Done[i]
	if len(d.Away) == 0 || !d.Struck() || d.Error != "" || r.overlaps(i) {
		return nil
	}
	for k := range ops {
		o := &ops[k]
		if o.Node == "" || o.Outcome != op.Unknown || o.Invoke < d.Begin || o.Return > d.End || brokenOff(o) || endsWithItsNode(o) {
			continue
		}
		if !slices.ContainsFunc(d.Away, func(a fault.Away) bool { return a.Node == o.Node && o.Invoke <= a.To && o.Return >= a.From }) {
			lost = append(lost, o)
		}
	}
	return lost
}

// brokenOff reports whether a call was not answered because the part under faults was over: its
// caller did not wait for as long as it would have.
func brokenOff(o *op.Op) bool {
	return o.Latency() < load.CallTimeout && strings.Contains(o.Error, context.DeadlineExceeded.Error())
}

// endsWithItsNode reports whether a call asked for a job that only the leader which began it knows:
// that is given up with the leadership, in good order as well, and its caller asks what has become
// of the runs.
func endsWithItsNode(o *op.Op) bool { return o.Workload == "move" && o.F == "move" }

// overlaps reports whether another fault was active during the i-th, or shortly before.
func (r *Result) overlaps(i int) bool {
	d := r.Done[i]
	for j, other := range r.Done {
		if j != i && other.Struck() && other.Begin < d.End && other.End > d.Begin-int64(5*time.Second) {
			return true
		}
	}
	return false
}

// askedIn returns from when on, within a period, changes were requested without success.
func askedIn(asked []span, in span) (from int64, ok bool) {
	at := slices.IndexFunc(asked, func(a span) bool { return a.to > in.from && a.from < in.to })
	if at < 0 {
		return 0, false
	}
	return max(in.from, asked[at].from), true
}

// calm returns the parts of a period in which no fault was active.
func (r *Result) calm(gap span) []span {
	parts := []span{gap}
	for i := range r.Done {
		d := &r.Done[i]
		if !d.Struck() {
			continue
		}
		end := explainedUntil(d)
		var left []span
		for _, p := range parts {
			if end <= p.from || d.Begin >= p.to {
				left = append(left, p)
				continue
			}
			if p.from < d.Begin {
				left = append(left, span{p.from, d.Begin})
			}
			if end < p.to {
				left = append(left, span{end, p.to})
			}
		}
		parts = left
	}
	return parts
}

// explainedUntil returns when a fault no longer explains that nothing is acknowledged.
func explainedUntil(d *fault.Done) int64 {
	if d.Over == 0 {
		return d.End // of a result from before this was recorded
	}
	return min(d.End, d.Over+int64(mended))
}
