package fault

import (
	"context"
	"fmt"
	"sync"
	"time"

	"aion.dev/aion/jepsen/nodes"
)

// A fault that holds the cluster to a promise has to know whether another one lasted meanwhile:
// what is promised of a node that answers says nothing of one that was killed or cut off.

// company counts the faults of a cluster. What turns out to do nothing is none.
type company struct {
	mu      sync.Mutex // over everything below
	settled sync.Cond  // pending has become 0
	pending int        // are beginning
	now     int        // last
	struck  int        // have begun, ever
}

var companies sync.Map // *nodes.Cluster -> *company

func companyOf(c *nodes.Cluster) *company {
	fresh := &company{}
	fresh.settled.L = &fresh.mu
	of, _ := companies.LoadOrStore(c, fresh)
	return of.(*company)
}

// enter counts a fault that is beginning. The caller calls begun when it has, and then leave.
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

// solitude, called by a fault that is beginning, returns what reports whether it has been the only
// one ever since. Lasts is not for Begin: it waits until all that are beginning have begun.
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

// healthy waits a little until every node is ready and one leads; an error says what is missing.
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

// meanwhile carries out what takes its time, from begin to end, beside the load, and mends by
// waiting for it: f leaves every node running. F is not broken off when the run's load ends.
func meanwhile(ctx context.Context, did string, f func(ctx context.Context) error) (string, func(context.Context) error, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Minute)
	over := make(chan error, 1)
	go func() { over <- f(ctx) }()
	return did, func(context.Context) error {
		defer cancel()
		return <-over
	}, nil
}

// membersSeen returns what the leader, past all links, lists.
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
