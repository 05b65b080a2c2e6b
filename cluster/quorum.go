package cluster

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/internal/lifecycle"
	"github.com/hashicorp/raft"
)

// While nobody leads, every node asks the voters who is reachable. So callers and the log learn
// what is wrong: an election ends by itself, a lost majority does not.

// quorumEvery is how often a node asks the voters while nobody leads.
const quorumEvery = time.Second

// keepQuorum watches the majority until ctx ends.
func (c *Cluster) keepQuorum(ctx context.Context) {
	said := ""
	for ; ctx.Err() == nil; lifecycle.Pause(ctx, quorumEvery) {
		r := c.raft.Load()
		if address, _ := r.LeaderWithID(); address != "" {
			if c.quorum.Swap(nil) != nil {
				c.log.Info("there is a leader again")
			}
			said = ""
			continue
		}
		if since := c.lastLed(); since.IsZero() || time.Since(since) < 2*c.cfg.Raft.Heartbeat {
			continue // an election may take this long
		}
		why := c.lackOfQuorum(ctx, r)
		if ctx.Err() != nil {
			return
		}
		if address, _ := r.LeaderWithID(); address != "" {
			continue
		}
		if why == nil {
			c.quorum.Store(nil)
			continue
		}
		c.quorum.Store(why)
		if why.Why != said {
			said = why.Why
			c.log.Error("the quorum is lost: nothing can be changed, and only stale reads are served", "because", why.Why)
		}
	}
}

// lackOfQuorum asks all voters. It returns nil if a majority answers, and otherwise who is missing.
func (c *Cluster) lackOfQuorum(ctx context.Context, r *raft.Raft) *engine.NoQuorum {
	var voters []raft.Server
	for _, s := range r.GetConfiguration().Configuration().Servers {
		if s.Suffrage == raft.Voter {
			voters = append(voters, s)
		}
	}
	answer, silent := c.askAll(ctx, voters)
	need := len(voters)/2 + 1
	if len(answer) >= need {
		return nil
	}
	var missing []string
	for id := range silent {
		missing = append(missing, id)
	}
	slices.Sort(missing)
	return &engine.NoQuorum{Why: fmt.Sprintf("%d of %d voters answer node %s (%s), %d are needed; %s",
		len(answer), len(voters), c.id, strings.Join(answer, ", "), need, doNot(missing))}
}

func doNot(ids []string) string {
	if len(ids) == 1 {
		return ids[0] + " does not"
	}
	return strings.Join(ids, ", ") + " do not"
}

// Quorum returns *engine.NoQuorum while nobody leads and no majority of the voters answers this
// node, and nil otherwise.
func (c *Cluster) Quorum() error {
	why := c.quorum.Load()
	if why == nil {
		return nil
	}
	if address, _ := c.raft.Load().LeaderWithID(); address != "" {
		return nil
	}
	return why
}

// leaderless returns why a call that needs a leader fails on a node that knows none.
func (c *Cluster) leaderless() error {
	if err := c.Quorum(); err != nil {
		return err
	}
	if r := c.raft.Load(); r != nil && r.State() == raft.Candidate {
		return &engine.Unavailable{Why: "an election is under way"}
	}
	return c.notLeader()
}
