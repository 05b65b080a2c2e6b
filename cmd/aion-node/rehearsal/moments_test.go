package rehearsal

import (
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
)

// maxMoments bounds the moments at which one test is disturbed, of the corpus and of an example.
// Tests with more moments are disturbed at some of them.
var maxMoments = map[bool]int{true: 5, false: 3}

// chosen says at which: AION_MOMENTS is "all", or a number that shifts them. CI takes the same
// ones each time, so that what fails there fails anywhere; make moments takes all.
var chosen = sync.OnceValue(func() (c struct {
	all   bool
	which uint64
}) {
	if text := os.Getenv("AION_MOMENTS"); text == "all" {
		c.all = true
	} else {
		c.which, _ = strconv.ParseUint(text, 10, 64)
	}
	return c
})

// someOf returns at most so many of n moments, from 1, evenly spaced. As which grows by one, each
// moment is among them in its turn.
func someOf(n, most int, which uint64) (list []int) {
	stride := 1 + n/most
	for k := 1 + int(which%uint64(stride)); k <= n; k += stride {
		list = append(list, k)
	}
	return list
}

func TestAllMomentsAreTried(t *testing.T) {
	for n := range 40 {
		var tried []int
		for which := range uint64(40) {
			some := someOf(n, 6, which)
			if len(some) > 6 || n > 0 && len(some) == 0 {
				t.Fatalf("of %d moments number %d chooses %v", n, which, some)
			}
			tried = append(tried, some...)
		}
		slices.Sort(tried)
		if tried = slices.Compact(tried); len(tried) != n {
			t.Errorf("of %d moments only %v are tried", n, tried)
		}
	}
}
