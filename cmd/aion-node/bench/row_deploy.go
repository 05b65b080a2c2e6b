package bench

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// betweenDeploys is how long after a deploy the next one comes: people do not deploy in a loop, and
// the process that checks the next package is made ready meanwhile.
const betweenDeploys = 500 * time.Millisecond

// leastDeploys is how many are made even if the time for them is over.
const leastDeploys = 3

// measureDeploys loads packages of 50 KB, each a new version, and unloads each before the next one.
// Only the loads are timed.
func measureDeploys(ctx context.Context, s *session, _ int) (*Sample, error) {
	t := tally{}
	total := usage{}
	var spent time.Duration
	began := time.Now()
	for i := 0; i < leastDeploys || time.Since(began) < s.settings.Duration; i++ {
		p, err := largePackage(prefix+"large", client.NewRequestID())
		if err != nil {
			return nil, err
		}
		select {
		case <-time.After(betweenDeploys):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		held := len(s.loads.list)
		before := s.meter.read(ctx)
		from := time.Now()
		t.call(ctx, func(ctx context.Context) error { return s.loads.load(ctx, p) }, from)
		spent += time.Since(from)
		total.add(before, s.meter.read(ctx))
		if len(s.loads.list) > held {
			if err := s.loads.unload(ctx); err != nil {
				return nil, fmt.Errorf("unload the version that was deployed: %w", err)
			}
		}
	}
	sample := t.sample(spent)
	sample.setUsage(total)
	return sample, ctx.Err()
}

// flipRoute routes a type of its own to and fro between two versions of 50 KB.
func flipRoute(ctx context.Context, s *session) (operation, func(context.Context) error, error) {
	const typ = prefix + "routed"
	var versions [2]string
	for i := range versions {
		p, err := largePackage(typ, client.NewRequestID())
		if err != nil {
			return nil, nil, err
		}
		if err := s.loads.load(ctx, p); err != nil {
			return nil, nil, err
		}
		versions[i] = p.version
	}
	s.routed = typ
	var turn atomic.Uint64
	op := func(ctx context.Context) error {
		_, err := s.client.Route(ctx, typ, wire.RouteRequest{Version: versions[turn.Add(1)%2], Message: "aion-node bench"})
		return err
	}
	tidy := func(ctx context.Context) error {
		err := s.unroute(ctx)
		for range versions {
			err = errors.Join(err, s.loads.unload(ctx))
		}
		return err
	}
	return op, tidy, nil
}

// unroute removes the route that was set, if any.
func (s *session) unroute(ctx context.Context) error {
	if s.routed == "" {
		return nil
	}
	_, err := s.client.Unroute(ctx, s.routed, wire.RouteChange{Message: "aion-node bench"})
	if err == nil || refused(err) { // refused: nothing was routed yet
		s.routed = ""
		return nil
	}
	return err
}
