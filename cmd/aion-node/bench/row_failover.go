package bench

import (
	"context"
	"fmt"
	"time"

	"aion.dev/aion/transport/client"
)

// measureFailover kills the leader of its own cluster with SIGKILL, again and again, and starts a
// run at the same moment. The caller is an ordinary one, which knows all nodes and repeats its
// call: how long it waits is what a user notices. Each killed node is back before the next kill.
func measureFailover(ctx context.Context, s *session, _ int) (*Sample, error) {
	c, err := client.New(client.Config{Addresses: s.own.Addresses(), Patience: time.Minute})
	if err != nil {
		return nil, err
	}
	defer c.Close()
	t := tally{}
	var spent time.Duration
	for i := range s.settings.Kills {
		leader, err := s.own.leader(ctx)
		if err != nil {
			return nil, err
		}
		if _, err := c.Start(ctx, s.request("noop")); err != nil {
			return nil, fmt.Errorf("a start before kill %d: %w", i+1, err)
		}
		began := time.Now()
		leader.kill()
		t.call(ctx, func(ctx context.Context) error {
			_, err := c.Start(ctx, s.request("noop"))
			return err
		}, began)
		spent += time.Since(began)
		if err := s.own.start(leader); err != nil {
			return nil, err
		}
		if err := s.own.ready(ctx); err != nil {
			return nil, err
		}
	}
	sample := t.sample(spent)
	return sample, ctx.Err()
}
