package bench

import (
	"context"
	"sync"
	"time"
)

// The public set-up: a workflow with three steps, one after another, each of which returns a
// number. After a few runs for warming up, 100 are made one at a time, and then 200 at once, from
// the first start to the last result.
const (
	threeStepWarmUp  = 5
	threeStepSamples = 100
	threeStepBatch   = 200
)

func measureThreeStepLatency(ctx context.Context, s *session, callers int) (*Sample, error) {
	return s.threeStep(ctx, callers, threeStepSamples)
}

func measureThreeStepBatch(ctx context.Context, s *session, callers int) (*Sample, error) {
	return s.threeStep(ctx, callers, threeStepBatch)
}

// threeStep makes a number of runs, a number of them at a time.
func (s *session) threeStep(ctx context.Context, at, runs int) (*Sample, error) {
	for range threeStepWarmUp {
		if err := s.runOne(ctx, "three"); err != nil {
			return nil, err
		}
	}
	t := tally{}
	before := s.meter.read(ctx)
	began := time.Now()
	var all sync.WaitGroup
	for range at {
		all.Go(func() {
			for range runs / at {
				t.call(ctx, func(ctx context.Context) error { return s.runOne(ctx, "three") }, began)
			}
		})
	}
	all.Wait()
	sample := t.sample(time.Since(began))
	sample.addUsage(before, s.meter.read(ctx))
	return sample, ctx.Err()
}
