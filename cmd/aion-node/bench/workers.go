package bench

import (
	"context"
	"io"
	"log/slog"
	"slices"
	"sync"

	"aion.dev/aion/transport/worker"
)

// startWorkers starts workers in this process, with a client of their own, if a row needs them.
func (b *Bench) startWorkers(ctx context.Context, s *session, queue string, chosen []*row) (stop func(), err error) {
	if !slices.ContainsFunc(chosen, func(r *row) bool { return r.tasks }) {
		return func() {}, nil
	}
	c, err := b.Connect(s.client.Addresses())
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	for range b.Settings.Workers {
		w := worker.New(worker.Config{
			Client: c, Queue: queue, Concurrency: max(threeStepBatch, slices.Max(b.Settings.Callers)), Drain: -1,
			Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		}).Handle("step", func(_ context.Context, t worker.Task) (any, error) {
			var v any
			err := t.Input(&v)
			return v, err
		})
		all.Go(func() {
			if err := w.Run(ctx); err != nil && ctx.Err() == nil {
				b.Progress("a worker has ended: " + err.Error())
			}
		})
	}
	return func() {
		cancel()
		all.Wait()
		c.Close()
	}, nil
}
