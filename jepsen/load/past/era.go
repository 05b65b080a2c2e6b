package past

import (
	"cmp"
	"slices"
	"time"

	"aion.dev/aion/transport/wire"
)

// Era is the state of one type from one record of the deploy history to the next.
type Era struct {
	Index  uint64
	At     time.Time
	Loaded map[string]bool
	Routed string
}

// Eras replays the deploy history of one type, oldest first: era i+1 begins with record i. Records
// name the version; unrouted are the requests of loads that do not change the route, which records
// do not contain.
func Eras(log []wire.Deploy, unrouted map[string]bool) []Era {
	now := Era{Loaded: map[string]bool{}}
	all := []Era{now}
	for _, d := range log {
		if d.Outcome == "ok" {
			loaded := map[string]bool{}
			for v := range now.Loaded {
				loaded[v] = true
			}
			now.Loaded = loaded
			switch d.Operation {
			case "load":
				now.Loaded[d.Version] = true
				if !unrouted[d.RequestID] {
					now.Routed = d.Version
				}
			case "route", "rollback":
				now.Routed = d.Version
			case "unload":
				delete(now.Loaded, d.Version)
			}
		}
		now.Index, now.At = d.Index, d.At
		all = append(all, now)
	}
	return all
}

// During returns the eras at a moment of log time, in order; several if it lies on a border.
func During(all []Era, at time.Time) []Era {
	last, _ := slices.BinarySearchFunc(all, at, func(e Era, at time.Time) int {
		if e.At.After(at) {
			return 1
		}
		return -1
	})
	first := last - 1
	for first > 0 && !all[first].At.Before(at) {
		first--
	}
	return all[max(first, 0):last]
}

// AtIndex returns the eras at a log index.
func AtIndex(all []Era, index uint64) []Era {
	last, _ := slices.BinarySearchFunc(all, index, func(e Era, index uint64) int { return cmp.Or(cmp.Compare(e.Index, index), -1) })
	first := last - 1
	for first > 0 && all[first].Index >= index {
		first--
	}
	return all[max(first, 0):last]
}
