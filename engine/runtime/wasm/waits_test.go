package wasm

import (
	"slices"
	"testing"

	"aion.dev/aion/engine/runtime"
	"pgregory.net/rapid"
)

// Waits are found and go in the order that a plain list of them tells.
func TestWaits(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var l waits
		var open []*wait
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			if n := len(open); n == 0 || rapid.IntRange(0, 2).Draw(rt, "step") > 0 {
				w := &wait{token: int64(rapid.IntRange(0, 9).Draw(rt, "token")), mode: idle}
				if w.ids = make([]uint64, rapid.IntRange(0, 2).Draw(rt, "ids")); len(w.ids) > 0 {
					w.mode = runtime.All
				}
				l.add(w)
				open = append(open, w)
			} else {
				at := rapid.IntRange(0, n-1).Draw(rt, "end")
				l.end(open[at])
				open = slices.Delete(open, at, at+1)
			}
			if got := slices.Collect(l.all()); !slices.Equal(got, open) || l.open != len(open) {
				rt.Fatalf("open are %v, want %v", got, open)
			}
			var first *wait
			for _, w := range open {
				if w.mode == idle && first == nil {
					first = w
				}
				if got := l.of(w.ids); len(w.ids) > 0 && got != w || len(w.ids) == 0 && got != nil {
					rt.Fatalf("found %v for %v", got, w)
				}
			}
			if got := l.idles(); got != first {
				rt.Fatalf("the idle one is %v, want %v", got, first)
			}
			for token := range int64(10) {
				if got := l.has(token); got != slices.ContainsFunc(open, func(w *wait) bool { return w.token == token }) {
					rt.Fatalf("token %d: %v", token, got)
				}
			}
		}
	})
}
