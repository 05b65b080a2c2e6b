package stops

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"aion.dev/aion/jepsen/load/runs"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// span is how long something was stopped: by log index, in log time, and as callers could see it.
type span struct {
	from, to       uint64 // indexes of the stop and of its lifting; to 0 = it was never lifted
	at             time.Time
	asked, settled int64 // when the stop was asked for first, and its lifting answered last
}

// over reports whether an index is surely within the span: commands of one entry may stand before
// the stop in it, or after the lifting.
func (s span) over(index uint64) bool { return index > s.from && (s.to == 0 || index < s.to) }

// spansOf reads when each type and version was stopped.
func spansOf(all *runs.Findings, ops []op.Op) map[string][]span {
	type act struct {
		op.Op
		told wire.StopAnswer
		what wire.StopRequest
	}
	first := map[string]int64{} // when each request was sent first
	acts := map[string][]act{}
	seen := map[string]bool{}
	for _, o := range ops {
		if o.Workload != "stops" || o.F != "stop" && o.F != "unstop" {
			continue
		}
		if _, again := first[o.Request]; !again {
			first[o.Request] = o.Invoke
		}
		if o.Outcome != op.OK || seen[o.Request] {
			continue
		}
		a := act{Op: o}
		if json.Unmarshal(o.Answer, &a.told) != nil || json.Unmarshal(o.Value, &a.what) != nil {
			all.Bad(o, "operation %d cannot be read", o.ID)
			continue
		}
		if seen[o.Request] = true; a.told.Changed {
			key := cmp.Or(a.what.Type, a.what.Version)
			acts[key] = append(acts[key], a)
		}
	}
	spans := map[string][]span{}
	for key, list := range acts { // any order: each for itself
		slices.SortStableFunc(list, func(a, b act) int { return cmp.Compare(a.Index, b.Index) })
		open := -1 // the place of the span that is open
		for len(list) > 0 {
			// several may stand in one entry, in any order that goes: each has changed something
			same := slices.IndexFunc(list, func(a act) bool { return a.Index != list[0].Index })
			if same < 0 {
				same = len(list)
			}
			next := max(0, slices.IndexFunc(list[:same], func(a act) bool {
				return open < 0 && a.F == "stop" || open >= 0 && a.F == "unstop" && a.told.StoppedIndex == spans[key][open].from
			}))
			a := list[next]
			list = slices.Delete(list, next, next+1)
			switch {
			case a.F == "stop" && open >= 0:
				all.Bad(a.Op, "%s was stopped at %d, and was stopped since %d", key, a.Index, spans[key][open].from)
			case a.F == "stop":
				open = len(spans[key])
				spans[key] = append(spans[key], span{from: a.Index, at: a.told.StoppedAt, asked: first[a.Request]})
				if a.told.StoppedIndex != a.Index {
					all.Bad(a.Op, "%s was stopped at %d, and its stop says %d", key, a.Index, a.told.StoppedIndex)
				}
			case open < 0:
				all.Bad(a.Op, "the stop of %s was lifted at %d, and there was none", key, a.Index)
			default:
				s := &spans[key][open]
				if s.to, s.settled = a.Index, a.Return; a.told.StoppedIndex != s.from {
					all.Bad(a.Op, "the stop of %s from %d was lifted at %d as that from %d", key, s.from, a.Index, a.told.StoppedIndex)
				}
				open = -1
			}
		}
	}
	return spans
}

// clock tells the log time of indexes, as far as starts and stops tell it.
type clock []tick

type tick struct {
	index uint64
	at    time.Time
}

// latest is the log time that had surely been reached before an index.
func (c clock) latest(before uint64) (at time.Time) {
	for _, t := range c {
		if t.index < before && t.at.After(at) {
			at = t.at
		}
	}
	return at
}

// earliest is the log time that had surely not been passed by an index; false = none is known.
func (c clock) earliest(after uint64) (at time.Time, known bool) {
	for _, t := range c {
		if t.index > after && (!known || t.at.Before(at)) {
			at, known = t.at, true
		}
	}
	return at, known
}

// within reports whether a moment is surely in the span.
func (c clock) within(s span, at time.Time) bool {
	if !at.After(s.at) {
		return false
	}
	return s.to == 0 || at.Before(c.latest(s.to))
}

// near reports whether a moment may be in the span.
func (c clock) near(s span, at time.Time) bool {
	if at.Before(s.at) {
		return false
	}
	if s.to == 0 {
		return true
	}
	end, known := c.earliest(s.to)
	return !known || !at.After(end)
}
