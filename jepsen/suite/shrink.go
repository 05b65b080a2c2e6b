package suite

import (
	"context"
	"fmt"
	"slices"

	"aion.dev/aion/jepsen/fault"
)

// Shrink looks for a smaller schedule under which a failing run still fails: it leaves items out,
// halves first, then single ones. Timing differs between attempts, so each candidate gets several;
// one failure is enough. It returns the smallest that failed, with its result.
func Shrink(ctx context.Context, o Options, failing *Result, tries int, tell func(string)) (*Result, error) {
	best := failing
	attempt := func(schedule fault.Schedule) bool {
		for range tries {
			if ctx.Err() != nil {
				return false
			}
			s := failing.Spec
			s.Schedule = schedule
			if r := Run(ctx, o, s); r.Error == "" && !r.Passed() {
				best = r
				return true
			}
		}
		return false
	}
	for size := max(1, len(best.Schedule)/2); ; size = max(1, size/2) {
		shrunk := false
		for from := 0; from < len(best.Schedule); {
			candidate := slices.Concat(best.Schedule[:from], best.Schedule[min(len(best.Schedule), from+size):])
			tell(fmt.Sprintf("%d of %d faults, without %d from the %d. on", len(candidate), len(failing.Schedule), size, from+1))
			if attempt(candidate) {
				shrunk = true
				continue
			}
			from += size
		}
		if ctx.Err() != nil || size == 1 && !shrunk {
			return best, ctx.Err()
		}
	}
}
