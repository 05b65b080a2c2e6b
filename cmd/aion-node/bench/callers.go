package bench

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// operation is what a caller does again and again.
type operation func(ctx context.Context) error

// prepare makes a row's operation for one measurement, and what removes its traces.
type prepare func(ctx context.Context, s *session) (op operation, tidy func(context.Context) error, err error)

func noTidy(context.Context) error { return nil }

// looped measures an operation that callers repeat for Settings.Duration. What ends in the tenth of
// that time before is the warm-up, and not counted.
func looped(prepare prepare) func(context.Context, *session, int) (*Sample, error) {
	return func(ctx context.Context, s *session, callers int) (*Sample, error) {
		op, tidy, err := prepare(ctx, s)
		if err != nil {
			return nil, err
		}
		t := tally{}
		warm := time.Now().Add(s.settings.Duration / 10)
		end := warm.Add(s.settings.Duration)
		var all sync.WaitGroup
		for range callers {
			all.Go(func() {
				for time.Now().Before(end) && ctx.Err() == nil {
					t.call(ctx, op, warm)
				}
			})
		}
		select {
		case <-time.After(time.Until(warm)):
		case <-ctx.Done():
		}
		before := s.meter.read(ctx)
		var profiles *profiler
		if s.own != nil {
			profiles = s.own.profiler
		}
		profiled := profiles.take(ctx, s.settings.Duration)
		all.Wait()
		sample := t.sample(time.Since(warm))
		sample.addUsage(before, s.meter.read(ctx))
		shares, err := profiled()
		sample.addShares(shares)
		return sample, errors.Join(ctx.Err(), err, tidy(ctx))
	}
}

// tally collects what came of calls. Many goroutines use it.
type tally struct {
	mu        sync.Mutex // guards the fields below
	latencies []time.Duration
	failed    int
	first     error // the first failure
}

// call makes one call, and counts it unless it ended before a time.
func (t *tally) call(ctx context.Context, op operation, from time.Time) {
	began := time.Now()
	err := op(ctx)
	ended := time.Now()
	if ended.Before(from) || ctx.Err() != nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if err == nil {
		t.latencies = append(t.latencies, ended.Sub(began))
		return
	}
	t.failed++
	if t.first == nil {
		t.first = err
	}
}

// sample returns the figures of what was counted in a time.
func (t *tally) sample(elapsed time.Duration) *Sample {
	slices.Sort(t.latencies)
	s := &Sample{
		Runs: len(t.latencies), Errors: t.failed, PerSecond: rounded(float64(len(t.latencies))/elapsed.Seconds(), 1),
		P50: quantile(t.latencies, 0.5), P90: quantile(t.latencies, 0.9), P99: quantile(t.latencies, 0.99), Max: quantile(t.latencies, 1),
	}
	if t.first != nil {
		s.FirstError = t.first.Error()
	}
	return s
}
