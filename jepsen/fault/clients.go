package fault

import (
	"context"
	"math/rand/v2"
	"time"

	"aion.dev/aion/jepsen/links"
	"aion.dev/aion/jepsen/nodes"
)

func init() {
	register(Kind{
		Name: "clients-frozen", Family: "clients", What: "clients neither send nor hear, as if their processes were frozen; calls under way go on",
		Min: 100 * time.Millisecond, Max: 30 * time.Second, Fault: Func(held(true, true)),
	})
	register(Kind{
		Name: "requests-late", Family: "clients", What: "what clients send is held back, and arrives when many have given up waiting",
		Min: 100 * time.Millisecond, Max: 30 * time.Second, Fault: Func(held(true, false)),
	})
	register(Kind{
		Name: "answers-late", Family: "clients", What: "what clients ask is done, and its answers are held back",
		Min: 100 * time.Millisecond, Max: 30 * time.Second, Fault: Func(held(false, true)),
	})
}

// held delays messages between clients and nodes. A caller gives up after a while and its
// connection ends. What it had sent still arrives, later than everything sent in the meantime
// through other connections.
func held(requests, answers bool) Func {
	return func(_ context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
		chosen, did := c.Nodes(), "all nodes"
		if r.IntN(3) == 0 {
			chosen = []*nodes.Node{c.Nodes()[r.IntN(len(c.Nodes()))]}
			did = names(chosen)
		}
		set := func(rule links.Rule) {
			for _, n := range chosen {
				if requests {
					c.Links.Set(links.Client, n.Name, rule, links.HTTP)
				}
				if answers {
					c.Links.Set(n.Name, links.Client, rule, links.HTTP)
				}
			}
		}
		set(links.Rule{Cut: true})
		return "hold back what goes between clients and " + did, func(context.Context) error {
			set(links.Rule{})
			return nil
		}, nil
	}
}
