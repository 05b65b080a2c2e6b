package sim

import (
	"context"
	"slices"
)

// Shrink returns a smaller schedule that still breaks a promise, and what it breaks: whole steps
// are left out first, in halves and then finer, then single commands of what is left. It tries
// until ctx ends, and at least once. The schedule must fail as it is given; what does not fail is
// returned as it is, with nil.
func Shrink(ctx context.Context, steps []Step) ([]Step, *Violation) {
	_, v := Run(steps)
	if v == nil {
		return steps, nil
	}
	if v.Step+1 < len(steps) {
		if short := steps[:v.Step+1]; fails(short, &v) {
			steps = short
		}
	}
	steps = leaveOut(ctx, steps, func(s []Step) bool { return fails(s, &v) })
	for i := 0; i < len(steps) && ctx.Err() == nil; i++ {
		if len(steps[i].Seeds) < 2 {
			continue
		}
		with := func(seeds []uint64) []Step {
			s := slices.Clone(steps)
			s[i].Seeds = seeds
			return s
		}
		steps[i].Seeds = leaveOut(ctx, steps[i].Seeds, func(seeds []uint64) bool { return len(seeds) > 0 && fails(with(seeds), &v) })
	}
	return steps, v
}

func fails(steps []Step, v **Violation) bool {
	_, found := Run(steps)
	if found != nil {
		*v = found
	}
	return found != nil
}

// leaveOut leaves out as much of a list as it can while it still fails: first long pieces, then
// shorter ones.
func leaveOut[T any](ctx context.Context, list []T, fails func([]T) bool) []T {
	for size := max(1, len(list)/2); ; size /= 2 {
		for at := 0; at < len(list) && ctx.Err() == nil; {
			less := slices.Delete(slices.Clone(list), at, min(at+size, len(list)))
			if fails(less) {
				list = less
			} else {
				at += size
			}
		}
		if size <= 1 {
			return list
		}
	}
}
