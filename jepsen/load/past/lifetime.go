package past

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"aion.dev/aion/transport/wire"
)

// Lifetime is a period of log time in which a run was open; a run that was reopened has several.
type Lifetime struct {
	run      string
	from, to time.Time
}

// Lifetimes reads them from the history of a run.
func Lifetimes(run string, events []wire.Event) (all []Lifetime) {
	open := false
	for _, e := range events {
		switch {
		case e.Type == "WorkflowStarted" || e.Type == "WorkflowReopened":
			all, open = append(all, Lifetime{run, e.At, time.Unix(1<<40, 0)}), true
		case open && slices.Contains(closings, e.Type):
			all[len(all)-1].to, open = e.At, false
		}
	}
	return all
}

// TwiceOpen finds workflow ids with two runs open at once. Runs that end and begin in the same
// entry do not overlap.
func TwiceOpen(byID map[string][]Lifetime) (found []string) {
	for _, id := range slices.Sorted(maps.Keys(byID)) {
		all := slices.SortedFunc(slices.Values(byID[id]), func(a, b Lifetime) int {
			return cmp.Or(a.from.Compare(b.from), a.to.Compare(b.to)) // a run may begin and end in the entry in which another begins
		})
		for i := 1; i < len(all); i++ {
			if before := all[i-1]; before.run != all[i].run && all[i].from.Before(before.to) {
				found = append(found, fmt.Sprintf("%s had two open runs at %s: %s and %s", id, all[i].from, before.run, all[i].run))
			}
			if all[i-1].to.After(all[i].to) {
				all[i].to = all[i-1].to // for what comes next
				all[i].run = all[i-1].run
			}
		}
	}
	return found
}
