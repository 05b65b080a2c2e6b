package cluster

import (
	"context"
	"fmt"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/cluster/logstore"
	"aion.dev/aion/fsm"
	"aion.dev/aion/internal/lifecycle"
	"github.com/hashicorp/raft"
)

// check is this node's digest at the index of a Check.
type check struct {
	index  uint64
	digest catalog.Digest
}

// keepChecking makes all nodes compare their digests while this node leads, whenever something was
// applied since the last time.
func (c *Cluster) keepChecking(ctx context.Context, t *term) {
	piece, err := fsm.EncodeEnvelope(fsm.Envelope{Command: &fsm.Check{Leader: c.id}})
	if err != nil {
		c.fail(err)
		return
	}
	worth := uint64(0)
	for {
		lifecycle.Pause(ctx, c.cfg.Raft.CheckEvery)
		if ctx.Err() != nil {
			return
		}
		if now := c.replica.worth.Load(); now != worth {
			if _, err := t.committer.propose(ctx, piece, markCheck, 0); err == nil {
				worth = now
			}
		}
	}
}

// checked is called by the replica, which must not wait: a report that finds no room is left out,
// and the next check makes up for it.
func (c *Cluster) checked(index uint64, digest catalog.Digest) {
	select {
	case c.checks <- check{index, digest}:
	default:
	}
}

// maxChecks is how many of this node's own checks it remembers, to compare with the others' reports
// on them.
const maxChecks = 8

// keepReporting reports this node's digest at every check, and judges what the others report.
func (c *Cluster) keepReporting(ctx context.Context) {
	look := time.NewTicker(c.cfg.Raft.CheckEvery / 10)
	defer look.Stop()
	var mine []check
	for {
		select {
		case <-ctx.Done():
			return
		case k := <-c.checks:
			mine = append(mine, k)
			mine = mine[max(0, len(mine)-maxChecks):]
			c.goes(func() { c.report(ctx, k) })
		case <-look.C:
			for _, k := range mine {
				if err := c.judge(k); err != nil {
					c.replica.halt(err)
					return
				}
			}
		}
	}
}

// judge returns why this node must stop because of what was reported about a check, if it must. As
// long as reports that are still to come could make a majority, it waits, however long: a node that
// was away reports about old checks when it comes back, and one wrong node must not stop the
// healthy ones.
func (c *Cluster) judge(k check) error {
	reports := c.reports(k.index)
	if d, ok := reports[c.id]; ok && d != k.digest {
		// Somebody reported in this node's name, or this state is not what it was when it reported.
		// Neither says that the state is wrong, so it is kept.
		return fmt.Errorf("digest at index %d: the log has %s as this node's report, and this node has %s: it did not report that", k.index, d, k.digest)
	}
	reports[c.id] = k.digest // known here before the log says so
	verdict, why := judge(k.digest, c.voters(), reports)
	err := fmt.Errorf("digest at index %d: %s", k.index, why)
	switch verdict {
	case agreed:
		return nil
	case undecided:
		c.log.Error("nodes disagree about the state, waiting for the others' reports", "reason", err)
		return nil
	case minority:
		c.condemn(err)
		err = fmt.Errorf("%w; its data folder is quarantined: %s", err, logstore.BeginAnew)
	}
	return err
}

// report tells the others through the log what this node's digest was.
func (c *Cluster) report(ctx context.Context, k check) {
	cmd := &fsm.ReportDigest{Node: c.id, Index: k.index, Digest: k.digest}
	for ctx.Err() == nil {
		call, cancel := context.WithTimeout(ctx, c.cfg.Raft.CheckEvery)
		_, err := c.Propose(call, fsm.Envelope{Command: cmd})
		cancel()
		if err == nil {
			return
		}
		c.log.Debug("reporting the digest", "index", k.index, "error", err)
		lifecycle.Pause(ctx, retryEvery)
	}
}

// reports returns what nodes reported about the check at index. Their rows would not do: those hold
// the newest report only, and nodes are at different checks.
func (c *Cluster) reports(index uint64) map[string]catalog.Digest {
	got := map[string]catalog.Digest{}
	c.state.View(func(v fsm.View) {
		for _, r := range v.DigestReports(index) {
			got[r.Node] = r.Digest
		}
	})
	return got
}

func (c *Cluster) voters() (ids []string) {
	for _, s := range c.raft.Load().GetConfiguration().Configuration().Servers {
		if s.Suffrage == raft.Voter {
			ids = append(ids, string(s.ID))
		}
	}
	return ids
}

type verdict int

const (
	agreed    verdict = iota // all that reported agree, or a majority agrees with this node
	undecided                // reports differ, and those to come may still make a majority
	minority                 // a majority of the voters has another digest than this node
	split                    // no digest can have a majority
)

// judge compares this node's digest with what was reported about the same index. Only a majority of
// the voters can say that a node is wrong; where none can, nobody knows which state is right.
func judge(own catalog.Digest, voters []string, reports map[string]catalog.Digest) (verdict, string) {
	counts := map[catalog.Digest]int{}
	waiting := 0
	for _, id := range voters {
		if d, ok := reports[id]; ok {
			counts[d]++
		} else {
			waiting++
		}
	}
	differs := false
	most := 0
	for d, n := range counts {
		if 2*n > len(voters) {
			if d == own {
				return agreed, ""
			}
			return minority, fmt.Sprintf("%d of %d voters have %s, this node has %s: its state is wrong", n, len(voters), d, own)
		}
		differs = differs || d != own
		most = max(most, n)
	}
	switch {
	case !differs:
		return agreed, ""
	case 2*(most+waiting) > len(voters):
		return undecided, fmt.Sprintf("the voters that reported differ, %d have not reported", waiting)
	}
	return split, fmt.Sprintf("the %d voters have %d different digests and none has a majority: nobody knows which state is right", len(voters), len(counts))
}
