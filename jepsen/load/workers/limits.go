package workers

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/load/runs"
	"aion.dev/aion/transport/wire"
)

// checkLimits compares the attempts of a queue with its limits, in log time.
func checkLimits(queue string, limits wire.QueueLimits, steps []*step, terms conditions) (found []load.Violation) {
	type turn struct {
		at    time.Time
		delta int
		of    string
	}
	var turns []turn
	var starts []time.Time
	for _, s := range steps {
		for _, start := range s.starts {
			starts = append(starts, start.At)
			if held := s.heldFor(start, terms); held > 0 {
				of := fmt.Sprintf("%s step %d attempt %d", s.workflow, s.scheduled.ID, start.Attempt)
				turns = append(turns, turn{start.At, 1, of}, turn{start.At.Add(held), -1, of})
			}
		}
	}
	// ends before beginnings
	slices.SortStableFunc(turns, func(a, b turn) int { return cmp.Or(a.at.Compare(b.at), a.delta-b.delta) })
	held := map[string]bool{}
	for _, t := range turns {
		if t.delta < 0 {
			delete(held, t.of)
			continue
		}
		if held[t.of] = true; limits.Concurrency != nil && uint64(len(held)) > *limits.Concurrency {
			found = append(found, load.Violation{Checker: "workers", What: fmt.Sprintf("queue %s: %d attempts were leased at %s, its limit is %d: %s",
				queue, len(held), t.at.Format(time.RFC3339Nano), *limits.Concurrency, strings.Join(slices.Sorted(maps.Keys(held)), ", "))})
			break
		}
	}
	if gap := gapOf(limits.Rate); gap > 0 {
		slices.SortFunc(starts, time.Time.Compare)
		// A bucket of size burst that gains one token in every gap must never be empty when an
		// attempt begins.
		level, last := float64(limits.Burst), time.Time{}
		for _, at := range starts {
			if !last.IsZero() {
				level = min(float64(limits.Burst), level+float64(at.Sub(last))/float64(gap))
			}
			last = at
			if level -= 1; level < -1e-6 {
				found = append(found, load.Violation{Checker: "workers", What: fmt.Sprintf("queue %s: the attempt that began at %s is one too many for %s and a burst of %d",
					queue, at.Format(time.RFC3339Nano), limits.Rate, limits.Burst)})
				break
			}
		}
	}
	return found
}

// gapOf returns the time between attempts for a rate such as 10/s; 0 = none.
func gapOf(rate string) time.Duration {
	var n int
	if _, err := fmt.Sscanf(rate, "%d/s", &n); err != nil || n <= 0 {
		return 0
	}
	return time.Second / time.Duration(n)
}

// wallClock records whether log time followed this machine's clock. It does unless a fault changed
// the nodes' clocks: then the ledger's times prove nothing.
type wallClock struct{ sane bool }

// slackOfClocks is how far log time and this machine's clock may differ and still count as equal.
const slackOfClocks = 250 * time.Millisecond

// newWallClock looks for what is impossible if both are equal: an attempt delivered before it was
// leased, a run that began before it was started, or after its start was answered.
func newWallClock(x *runs.Endings, steps []*step, b *book, began int64) wallClock {
	c := wallClock{sane: began > 0}
	for id, o := range x.Began { // any order: all must agree
		events := x.Histories[id].Events
		if len(events) == 0 || o.Replayed || o.Repeat {
			continue
		}
		if events[0].At.Before(at(began+o.Invoke).Add(-slackOfClocks)) || events[0].At.After(at(began+o.Return).Add(slackOfClocks)) {
			c.sane = false
		}
	}
	for _, s := range steps {
		for _, start := range s.starts {
			if l, ok := b.took[s.attempt(start.Attempt)]; ok && start.At.After(at(l.At).Add(slackOfClocks)) {
				c.sane = false
			}
		}
	}
	return c
}

// checkRenewal: a lease whose renewal was accepted lasts from then on. Only this machine's clock
// shows when a heartbeat was sent. So this is checked only while log time follows that clock, and
// with twice the slack.
func checkRenewal(steps []*step, b *book, terms conditions, clock wallClock) (found []load.Violation) {
	if !clock.sane {
		return nil
	}
	for _, s := range steps {
		for i := 1; i < len(s.starts); i++ {
			before, next := s.starts[i-1], s.starts[i]
			if s.heldFor(before, terms) == 0 {
				continue
			}
			for _, l := range b.beaten[s.attempt(before.Attempt)] {
				if !l.OK {
					continue
				}
				var sent int64
				for p, when := range b.sent[s.attempt(before.Attempt)] { // any order: one of them is the right one
					if q := progressOf(l.Value); p == q {
						sent = when
					}
				}
				until := at(sent).Add(s.silence(terms) - 2*slackOfClocks)
				if limit := parsed(s.scheduled.Timeout); limit > 0 && before.At.Add(limit).Before(until) {
					until = before.At.Add(limit)
				}
				if sent > 0 && next.At.Before(until) {
					found = append(found, load.Violation{Checker: "workers", What: fmt.Sprintf("%s: step %d: attempt %d was given out at %s, though a heartbeat of attempt %d sent at %s was accepted, for a lease of %s",
						s.workflow, s.scheduled.ID, next.Attempt, next.At.Format(time.RFC3339Nano), before.Attempt, at(sent).UTC().Format(time.RFC3339Nano), s.silence(terms))})
				}
			}
		}
	}
	return found
}
