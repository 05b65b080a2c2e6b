package sim

import (
	"context"
	"slices"
)

// Shrink returns a smaller schedule that still breaks a promise, and the violation. It first leaves
// out whole steps, in halves and then finer, then single commands. It runs until ctx ends, and at
// least once. The given schedule must fail; one that does not is returned unchanged, with nil.
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

// leaveOut removes as much of a list as it can while the rest still fails: first long pieces, then
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
