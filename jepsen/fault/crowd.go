package fault

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"aion.dev/aion/jepsen/nodes"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

func init() {
	register(Kind{Name: "crowd", Family: "load", What: "8,000 calls that wait end in one moment", Min: time.Second, Max: 3 * time.Second, Fault: crowd(false)})
	register(Kind{Name: "crowd-leader", Family: "load", What: "8,000 calls wait at a follower, and end as the leader is killed", Min: time.Second, Max: 3 * time.Second, Fault: crowd(true)})
}

const (
	crowdWaits = 8_000
	crowdTime  = 2500 * time.Millisecond // from the first call to the end of all waits
	crowdLate  = 30 * time.Second        // how long after its wait a call is answered, or fails
)

// crowd makes polls of a queue that nobody fills, on one node and its hot face, whose waits end
// together: by the clock, or because the leader, to which that node has handed them on, is killed.
// The usual promises must hold: no node ends itself, and other calls are answered. Each poll must
// end, too: one that stays behind in the node would never tell its worker of a task.
func crowd(killed bool) Func {
	return func(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
		leader := theLeader(ctx, c, r)[0]
		asked := leader
		for _, i := range r.Perm(len(c.Nodes())) {
			if n := c.Nodes()[i]; killed && n != leader {
				asked = n
			}
		}
		cl, err := client.New(client.Config{Addresses: []string{asked.URL("")}, Patience: -1, Face: client.FaceHot, Token: c.Token(), RootCAs: c.Roots()})
		if err != nil {
			return "", nil, err
		}
		ending := time.Now().Add(crowdTime)
		var waited, failed, stayed atomic.Int64
		var all sync.WaitGroup
		for i := range crowdWaits {
			all.Go(func() {
				call, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Until(ending)+crowdLate)
				defer cancel()
				_, err := cl.Poll(call, "crowd", wire.PollRequest{WorkerID: fmt.Sprint(i), Activities: []string{"crowd"}, Wait: max(time.Millisecond, time.Until(ending)).String()})
				switch {
				case call.Err() != nil:
					stayed.Add(1)
				case err != nil:
					failed.Add(1)
				default:
					waited.Add(1)
				}
			})
		}
		did := fmt.Sprintf("%d waits on %s", crowdWaits, asked.Name)
		if killed {
			did += ", and kill -9 " + leader.Name
			wait(ctx, time.Until(ending)-time.Second)
			leader.Kill()
		}
		return did, func(context.Context) error {
			var err error
			if killed {
				err = start([]*nodes.Node{leader})
			}
			all.Wait()
			cl.Close()
			switch {
			case stayed.Load() > 0:
				err = errors.Join(err, fmt.Errorf("%d of %d polls were not answered %v after the end of their wait (%d were, %d failed)", stayed.Load(), crowdWaits, crowdLate, waited.Load(), failed.Load()))
			case waited.Load() == 0 && !killed:
				err = errors.Join(err, &idle{"no poll waited to its end"})
			}
			return err
		}, nil
	}
}
