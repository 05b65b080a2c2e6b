package fault

import (
	"context"
	"fmt"
	"sync"
	"time"

	"aion.dev/aion/jepsen/nodes"
)

// A fault that checks a promise of the cluster has to know whether another fault was active at the
// same time: a promise about a node that answers says nothing about a node that was killed or cut
// off.

// company counts the faults of a cluster. A fault that turns out to do nothing does not count.
type company struct {
	mu      sync.Mutex // guards the fields below
	settled sync.Cond  // pending has become 0
	pending int        // faults that are beginning
	now     int        // faults that are active
	struck  int        // faults that have ever begun
}

var companies sync.Map // *nodes.Cluster -> *company

func companyOf(c *nodes.Cluster) *company {
	fresh := &company{}
	fresh.settled.L = &fresh.mu
	of, _ := companies.LoadOrStore(c, fresh)
	return of.(*company)
}

// enter counts a fault that is beginning. The caller calls begun once it has begun, and then leave.
func (co *company) enter() (begun func(struck bool), leave func()) {
	co.mu.Lock()
	defer co.mu.Unlock()
	co.pending++
	lasts := 0
	begun = func(struck bool) {
		co.mu.Lock()
		defer co.mu.Unlock()
		if co.pending--; co.pending == 0 {
			co.settled.Broadcast()
		}
		if struck {
			lasts = 1
			co.now++
			co.struck++
		}
	}
	leave = func() {
		co.mu.Lock()
		defer co.mu.Unlock()
		co.now -= lasts
	}
	return begun, leave
}

// solitude is called by a fault that is beginning. It returns a function that reports whether this
// fault has been the only one ever since. That function must not be called from Begin: it waits
// until all faults that are beginning have begun.
func solitude(c *nodes.Cluster) (lasts func() bool) {
	co := companyOf(c)
	co.mu.Lock()
	defer co.mu.Unlock()
	alone, before := co.now == 0, co.struck
	return func() bool {
		co.mu.Lock()
		defer co.mu.Unlock()
		for co.pending > 0 {
			co.settled.Wait()
		}
		return alone && co.struck-before <= 1
	}
}

// healthy waits a little until every node is ready and one leads. Its error names what is missing.
func healthy(ctx context.Context, c *nodes.Cluster) (leader *nodes.Node, err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if err := c.AwaitReady(ctx); err != nil {
		return nil, err
	}
	for {
		if leader = c.Leader(ctx); leader != nil {
			return leader, nil
		}
		if !wait(ctx, 100*time.Millisecond) {
			return nil, fmt.Errorf("nobody leads: %w", ctx.Err())
		}
	}
}

// meanwhile runs f beside the load, and mends by waiting for it: f leaves every node running. f is
// not interrupted when the run's load ends.
func meanwhile(ctx context.Context, did string, f func(ctx context.Context) error) (string, func(context.Context) error, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Minute)
	over := make(chan error, 1)
	go func() { over <- f(ctx) }()
	return did, func(context.Context) error {
		defer cancel()
		return <-over
	}, nil
}

// membersSeen returns what the leader lists, asked past all links.
func membersSeen(ctx context.Context, c *nodes.Cluster) (*nodes.Node, *nodes.Status) {
	leader := c.Leader(ctx)
	if leader == nil {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	s, err := leader.Status(ctx)
	if err != nil || s.Leader != leader.ID() {
		return nil, nil
	}
	return leader, s
}
