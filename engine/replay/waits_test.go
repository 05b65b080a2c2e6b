package replay

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Waits are found, are over and go in the order that a plain list of them tells.
func TestWaits(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var l waits
		var open []*wait
		place := uint64(0)
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			switch n := len(open); rapid.IntRange(0, 4).Draw(rt, "step") {
			case 0, 1:
				w := &wait{ids: make([]uint64, rapid.IntRange(0, 2).Draw(rt, "ids"))}
				l.add(w)
				open = append(open, w)
			case 2, 3:
				if n == 0 {
					continue
				}
				if w := open[rapid.IntRange(0, n-1).Draw(rt, "over")]; !w.over {
					place++
					w.over, w.place = true, place
					l.overs = append(l.overs, w)
				}
			case 4:
				if n == 0 {
					continue
				}
				at := rapid.IntRange(0, n-1).Draw(rt, "end")
				l.end(open[at])
				open = slices.Delete(open, at, at+1)
			}
			if got := slices.Collect(l.all()); !slices.Equal(got, open) || l.open != len(open) || len(open) > 0 && l.oldest != open[0] {
				rt.Fatalf("open are %v, want %v", got, open)
			}
			var first *wait
			for _, w := range open {
				if w.over && (first == nil || w.place < first.place) {
					first = w
				}
				if got := l.of(w.ids); len(w.ids) > 0 && got != w || len(w.ids) == 0 && got != nil {
					rt.Fatalf("found %v for %v", got, w)
				}
			}
			if got := l.over(); got != first {
				rt.Fatalf("over is %v, want %v", got, first)
			}
		}
	})
}
