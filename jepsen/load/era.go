package load

import (
	"cmp"
	"slices"
	"time"

	"aion.dev/aion/transport/wire"
)

// era is what one type was from one record of the deploy history to the next.
type era struct {
	index  uint64
	at     time.Time
	loaded map[string]bool
	routed string
}

// eras follows the deploy history of one type, oldest first: era i+1 begins with record i. Records name the version; unrouted are the requests of loads that leave the route
// alone, which records do not say.
func eras(log []wire.Deploy, unrouted map[string]bool) []era {
	now := era{loaded: map[string]bool{}}
	all := []era{now}
	for _, d := range log {
		if d.Outcome == "ok" {
			loaded := map[string]bool{}
			for v := range now.loaded {
				loaded[v] = true
			}
			now.loaded = loaded
			switch d.Operation {
			case "load":
				now.loaded[d.Version] = true
				if !unrouted[d.RequestID] {
					now.routed = d.Version
				}
			case "route", "rollback":
				now.routed = d.Version
			case "unload":
				delete(now.loaded, d.Version)
			}
		}
		now.index, now.at = d.Index, d.At
		all = append(all, now)
	}
	return all
}

// during returns the eras of a moment of log time; several, when it lies on a border. They are in order of time.
func during(all []era, at time.Time) []era {
	last, _ := slices.BinarySearchFunc(all, at, func(e era, at time.Time) int {
		if e.at.After(at) {
			return 1
		}
		return -1
	})
	first := last - 1
	for first > 0 && !all[first].at.Before(at) {
		first--
	}
	return all[max(first, 0):last]
}

// atIndex likewise for a log index.
func atIndex(all []era, index uint64) []era {
	last, _ := slices.BinarySearchFunc(all, index, func(e era, index uint64) int { return cmp.Or(cmp.Compare(e.index, index), -1) })
	first := last - 1
	for first > 0 && all[first].index >= index {
		first--
	}
	return all[max(first, 0):last]
}
