package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"aion.dev/aion/transport/wire"
)

// fill starts runs until there are as many as a step says. It returns what that cost; nil if there
// were enough.
func (m *scaling) fill(ctx context.Context, step ScaleStep) (*Filled, error) {
	var sum *Filled
	for { // again, because the outcome of a call may be unknown
		open, closed, err := m.counted(ctx)
		if err != nil {
			return nil, err
		}
		f, make, missing := &Filled{Status: "open"}, m.openRun, step.Open-int(open)
		if step.Closed > 0 {
			f, make, missing = &Filled{Status: "closed"}, m.closedRun, step.Closed-int(closed)
		}
		if missing <= 0 {
			return sum, nil
		}
		f.Runs = missing
		if err := m.startMany(ctx, f, make, int(open)); err != nil {
			return nil, err
		}
		if sum == nil || f.Runs > sum.Runs {
			sum = f
		}
	}
}

// startMany starts runs, with many callers at once, and waits until the nodes have no more to do.
func (m *scaling) startMany(ctx context.Context, f *Filled, request func(i int) wire.StartRequest, from int) error {
	leader, err := m.own.leader(ctx)
	if err != nil {
		return err
	}
	var next, done atomic.Int64
	var all sync.WaitGroup
	failed := make(chan error, m.Settings.Callers)
	before, writtenBefore, began := m.meter.read(ctx), leader.written(), time.Now()
	stopTelling := m.tell(&done, f)
	for range m.Settings.Callers {
		all.Go(func() {
			size := m.Settings.Batch
			for i := int(next.Add(int64(size))) - size; i < f.Runs && ctx.Err() == nil; i = int(next.Add(int64(size))) - size {
				n := min(size, f.Runs-i)
				if err := m.startBatch(ctx, request, from+i, n); err != nil {
					failed <- err
					return
				}
				done.Add(int64(n))
			}
		})
	}
	all.Wait()
	spent := time.Since(began)
	stopTelling()
	if err := m.settle(ctx); err != nil {
		return err
	}
	f.Settled = rounded(time.Since(began).Seconds()-spent.Seconds(), 1)
	s := Sample{Runs: int(done.Load())}
	if s.Runs < f.Runs {
		close(failed)
		return errors.Join(ctx.Err(), <-failed)
	}
	s.addUsage(before, m.meter.read(ctx))
	f.Seconds, f.PerSecond = rounded(spent.Seconds(), 1), rounded(float64(s.Runs)/spent.Seconds(), 1)
	f.Commits, f.LogBytes, f.LogWrites, f.ClientCPU, f.Others = s.Commits, s.LogBytes, s.LogWrites, s.ClientCPU, s.Others
	f.DiskBytes = rounded((leader.written()-writtenBefore)/float64(s.Runs), 1)
	for _, n := range s.Nodes {
		if n.Leader {
			f.LeaderCPU = n.CPU
		}
	}
	return nil
}

// startBatch starts n runs in one call.
func (m *scaling) startBatch(ctx context.Context, request func(i int) wire.StartRequest, from, n int) error {
	if m.Settings.Batch == 1 {
		_, err := m.client.Start(ctx, request(from))
		return err
	}
	starts := make([]wire.StartItem, n)
	for i := range starts {
		starts[i].StartRequest = request(from + i)
	}
	replies, err := m.client.StartMany(ctx, starts)
	for _, r := range replies {
		if err == nil && r.Problem != nil {
			err = r.Problem
		}
	}
	return err
}

// tell tells how far the filling is, now and then.
func (m *scaling) tell(done *atomic.Int64, f *Filled) (stop func()) {
	ended := make(chan struct{})
	var told sync.WaitGroup
	told.Go(func() {
		tick := time.NewTicker(10 * time.Second)
		defer tick.Stop()
		last := int64(0)
		for {
			select {
			case <-tick.C:
				now := done.Load()
				m.Progress(fmt.Sprintf("filling: %s of %s %s runs, %s/s", whole(now), whole(f.Runs), f.Status, figure(float64(now-last)/10)))
				last = now
			case <-ended:
				return
			}
		}
	})
	return func() {
		close(ended)
		told.Wait()
	}
}

// When nodes count as idle: they took less than this share of one processor for so long.
const (
	idleShare = 0.05
	idleFor   = 2 * time.Second
	idleMost  = scalePatience // to wait for it: many may still have to make their first turn
)

// settle waits until no run is about to make a turn, and until the nodes have written down,
// compacted and collected what they had to.
func (m *scaling) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, idleMost, errors.New("the nodes do not come to rest"))
	defer cancel()
	last, at := m.meter.read(ctx), time.Now()
	for {
		select {
		case <-time.After(idleFor):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		now, then := m.meter.read(ctx), time.Now()
		used := 0.0
		for name, n := range now.nodes {
			if was, ok := last.nodes[name]; ok {
				used = max(used, (n[gaugeCPU]-was[gaugeCPU])/then.Sub(at).Seconds())
			}
		}
		last, at = now, then
		pins, err := m.client.Pins(ctx, typeClosed, m.version, wire.Page{Limit: 1})
		if err != nil {
			return err
		}
		if pins.Counts.InFlightStart == 0 && used < idleShare {
			return nil
		}
	}
}
