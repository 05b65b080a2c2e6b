package fault

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"aion.dev/aion/jepsen/links"
	"aion.dev/aion/jepsen/nodes"
)

func init() {
	register(Kind{
		Name: "give-up", Family: "clients", What: "callers beside the workload give up while their commands wait for a log whose links are slow",
		Min: time.Second, Max: 4 * time.Second, On: Proxies, Fault: Func(giveUp),
	})
}

// givers is how many callers give up at a time.
const givers = 24

// giveUp signals runs that do not exist, which changes nothing, and gives up before a command's
// turn in the queue may come. So commands are withdrawn from between those of the workload, at
// every place of an entry. The remaining callers must be told the outcomes of their own commands.
func giveUp(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
	ctx, stop := context.WithCancel(ctx)
	fast := between(c, links.Rule{Delay: 15 * time.Millisecond, Jitter: 15 * time.Millisecond}, func(_, _ *nodes.Node) bool { return true }, links.Raft)
	web := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: givers}}
	var made, gaveUp, broken atomic.Int64
	var callers sync.WaitGroup
	for i := range givers {
		draws := rand.New(rand.NewPCG(r.Uint64(), uint64(i)))
		callers.Go(func() {
			for k := 0; wait(ctx, time.Duration(draws.Int64N(int64(20*time.Millisecond)))); k++ {
				n := c.Nodes()[draws.IntN(len(c.Nodes()))]
				call, cancel := context.WithTimeout(ctx, time.Duration(1+draws.Int64N(int64(60*time.Millisecond))))
				status, err := signal(call, web, n, fmt.Sprintf("given-up-%d-%d", i, k))
				cancel()
				made.Add(1)
				switch {
				case err != nil:
					gaveUp.Add(1)
				case status == http.StatusInternalServerError:
					broken.Add(1)
				}
			}
		})
	}
	return fmt.Sprintf("%d callers give up within 60 ms, over slow links", givers), func(ctx context.Context) error {
		stop()
		callers.Wait()
		web.CloseIdleConnections()
		err := fast(ctx)
		switch {
		case broken.Load() > 0:
			return fmt.Errorf(Broken+" %d of %d calls were answered 500", broken.Load(), made.Load())
		case gaveUp.Load() == 0:
			return &idle{"nobody gave up before its time was over"}
		}
		return err
	}, nil
}
