package fault

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"aion.dev/aion/jepsen/nodes"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

func init() {
	register(Kind{
		Name: "two-clusters", Family: "identity", On: Proxies,
		What: "a second cluster, of one node with a member's id, is told this one's addresses, and later listens where that member did",
		Min:  5 * time.Second, Max: 6 * time.Second, Fault: Func(twoClusters),
	})
}

// twoClusters lets two clusters meet: at the join addresses of one, and at the port of a stopped
// member whose id a node of the other has, too. Neither may take anything from the other: both keep
// their id, their members, and what they have acknowledged.
func twoClusters(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
	done, ok := operate(c)
	if !ok {
		return busy, nil, nil
	}
	alone := solitude(c)
	leader, err := healthy(ctx, c)
	if err != nil {
		done()
		return Nothing + " " + err.Error(), nil, nil
	}
	n := c.Nodes()[r.IntN(len(c.Nodes()))]
	s, err := c.Stranger("other-cluster", nodes.Strange{ID: n.ID(), Expect: 1})
	if err != nil {
		done()
		return "", nil, err
	}
	first, err := leader.Status(ctx)
	if err != nil {
		done()
		return Nothing + " " + err.Error(), nil, s.Dismiss()
	}
	did := "a second cluster, of one node called " + n.ID() + ", is told this one's addresses, and then listens where " + n.Name + " did"
	return meanwhile(ctx, did, func(ctx context.Context) error {
		defer done()
		o := &other{c: c, s: s, of: first.ClusterID, alone: alone}
		err := errors.Join(o.meet(ctx, n), s.Dismiss())
		if o.holds {
			n.Release()
		}
		return errors.Join(err, start([]*nodes.Node{n}), ready(ctx, n))
	})
}

// other is the second cluster.
type other struct {
	c     *nodes.Cluster
	s     *nodes.Node
	of    string // id of the first cluster
	id    string // of the second
	kept  []string
	holds bool // the member whose place it takes
	alone func() bool
}

// meet lets the clusters meet twice.
func (o *other) meet(ctx context.Context, n *nodes.Node) error {
	if err := o.start(ctx); err != nil {
		return o.broken("a new one, does not come up: %v", err)
	}
	status, err := o.s.Status(ctx)
	if err != nil {
		return o.broken("a new one: %v", err)
	}
	o.id = status.ClusterID
	if err := o.write(ctx); err != nil {
		return o.broken("a new one: %v", err)
	}
	o.s.Kill()
	o.s.Meet(o.c.GossipAddresses())
	if err := o.lasts(ctx, "told the addresses of cluster "+o.of); err != nil {
		return err
	}
	n.Hold()
	o.holds = true
	o.s.Kill()
	o.s.TakePlace(n)
	return o.lasts(ctx, "listening where "+n.Name+" of cluster "+o.of+" did")
}

func (o *other) start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	if err := o.s.Start(); err != nil {
		return err
	}
	return ready(ctx, o.s)
}

// lasts restarts the second cluster, and checks for a while that both stay what they are.
func (o *other) lasts(ctx context.Context, how string) error {
	if err := o.start(ctx); err != nil {
		return o.broken("%s, a cluster of one node does not come up again: %v", how, err)
	}
	for range 10 {
		wait(ctx, 200*time.Millisecond)
		if err := o.write(ctx); err != nil {
			return o.broken("%s: %v", how, err)
		}
	}
	cl, err := client.New(client.Config{Addresses: []string{o.s.Direct()}, Patience: -1})
	if err != nil {
		return err
	}
	defer cl.Close()
	call, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	queues, err := cl.Queues(call, wire.Page{})
	if err != nil {
		return o.broken("%s: %v", how, err)
	}
	have := map[string]bool{}
	for _, q := range queues.Queues {
		have[q.Queue] = true
	}
	for _, name := range o.kept {
		if !have[name] {
			return o.broken("%s, it has lost queue %s, which it had acknowledged", how, name)
		}
	}
	if len(have) != len(o.kept) {
		return o.broken("%s, it has queues %v, and was given %v", how, have, o.kept)
	}
	leader, seen := membersSeen(ctx, o.c)
	if seen == nil {
		return nil // nobody leads at the moment
	}
	if seen.ClusterID != o.of {
		return o.broken("%s: %s belongs to cluster %s now", how, leader.Name, seen.ClusterID)
	}
	for _, m := range seen.Members {
		if m.RaftAddress == o.s.At().Raft {
			return o.broken("%s, %s at %s is a member of both", how, m.ID, m.RaftAddress)
		}
	}
	return nil
}

// write changes something in the second cluster, which must still be itself.
func (o *other) write(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	s, err := o.s.Status(ctx)
	switch {
	case err != nil:
		return err
	case s.ClusterID != o.id:
		return fmt.Errorf("it belonged to cluster %s, and now to %s", o.id, s.ClusterID)
	case len(s.Members) != 1:
		return fmt.Errorf("it was the only member, and now there are %d", len(s.Members))
	}
	cl, err := client.New(client.Config{Addresses: []string{o.s.Direct()}, Patience: -1})
	if err != nil {
		return err
	}
	defer cl.Close()
	name := fmt.Sprintf("%s-%d", o.s.Name, len(o.kept))
	if _, err = cl.LimitQueue(ctx, name, wire.QueueLimits{Concurrency: new(uint64(7))}); err == nil {
		o.kept = append(o.kept, name)
	}
	return err
}

// broken returns an error about a broken promise. Other faults do not excuse it, because they do
// not know this cluster. But slowness proves nothing then.
func (o *other) broken(format string, args ...any) error {
	what := fmt.Sprintf(format, args...)
	if !o.s.Running() {
		what += "; it ended: " + o.s.Tail(1)
	} else if !o.alone() {
		return nil
	}
	return errors.New(Broken + " the second cluster, " + what)
}
