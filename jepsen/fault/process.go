package fault

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"time"

	"aion.dev/aion/jepsen/nodes"
)

func init() {
	register(Kind{Name: "kill-one", Family: "process", What: "kill -9 one node, start it again", Min: 200 * time.Millisecond, Max: 5 * time.Second, Fault: kill(anyOne)})
	register(Kind{Name: "kill-leader", Family: "process", What: "kill -9 the leader, start it again", Min: 200 * time.Millisecond, Max: 5 * time.Second, Fault: kill(theLeader)})
	register(Kind{Name: "kill-majority", Family: "process", What: "kill -9 a majority at once, start it again", Min: 200 * time.Millisecond, Max: 3 * time.Second, Fault: kill(aMajority)})
	register(Kind{Name: "kill-all", Family: "process", What: "kill -9 every node at once, start all in any order", Min: 100 * time.Millisecond, Max: 2 * time.Second, Fault: kill(everyone)})
	register(Kind{Name: "freeze-one", Family: "process", What: "SIGSTOP one node, SIGCONT", Min: 100 * time.Millisecond, Max: 30 * time.Second, Fault: freeze(anyOne)})
	register(Kind{Name: "freeze-leader", Family: "process", What: "SIGSTOP the leader, SIGCONT", Min: 100 * time.Millisecond, Max: 30 * time.Second, Fault: freeze(theLeader)})
	register(Kind{Name: "freeze-majority", Family: "process", What: "SIGSTOP a majority, SIGCONT", Min: 100 * time.Millisecond, Max: 15 * time.Second, Fault: freeze(aMajority)})
}

// choice picks nodes.
type choice func(ctx context.Context, c *nodes.Cluster, r *rand.Rand) []*nodes.Node

func anyOne(_ context.Context, c *nodes.Cluster, r *rand.Rand) []*nodes.Node {
	return []*nodes.Node{c.Nodes()[r.IntN(len(c.Nodes()))]}
}

// theLeader chooses the leader, or any node while there is none.
func theLeader(ctx context.Context, c *nodes.Cluster, r *rand.Rand) []*nodes.Node {
	if l := c.Leader(ctx); l != nil {
		return []*nodes.Node{l}
	}
	return anyOne(ctx, c, r)
}

// aMajority contains the leader, if there is one.
func aMajority(ctx context.Context, c *nodes.Cluster, r *rand.Rand) []*nodes.Node {
	chosen := theLeader(ctx, c, r)
	for _, i := range r.Perm(len(c.Nodes())) {
		if n := c.Nodes()[i]; n != chosen[0] && len(chosen) <= len(c.Nodes())/2 {
			chosen = append(chosen, n)
		}
	}
	return chosen
}

func everyone(_ context.Context, c *nodes.Cluster, r *rand.Rand) []*nodes.Node {
	var all []*nodes.Node
	for _, i := range r.Perm(len(c.Nodes())) {
		all = append(all, c.Nodes()[i])
	}
	return all
}

func names(list []*nodes.Node) string {
	var s []string
	for _, n := range list {
		s = append(s, n.Name)
	}
	return strings.Join(s, " ")
}

func kill(who choice) Fault {
	return Func(func(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
		chosen := who(ctx, c, r)
		for _, n := range chosen {
			n.Kill()
		}
		return "kill -9 " + names(chosen), func(context.Context) error { return start(chosen) }, nil
	})
}

// start starts the nodes that are down. Another fault may have started one already, or holds it. A
// node whose disk another fault has made sick may end at its start: that fault starts it again.
func start(list []*nodes.Node) error {
	var errs []error
	for _, n := range list {
		sick := isSick(n)
		err := n.Start()
		if err != nil && (sick || isSick(n)) {
			n.Forgive()
			continue
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func freeze(who choice) Fault {
	return Func(func(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
		chosen := who(ctx, c, r)
		for _, n := range chosen {
			n.Freeze()
		}
		return "SIGSTOP " + names(chosen), func(context.Context) error {
			for _, n := range chosen {
				n.Thaw()
			}
			return nil
		}, nil
	})
}
