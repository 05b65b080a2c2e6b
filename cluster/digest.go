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
// applied since the last comparison.
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
			if _, err := t.committer.propose(ctx, newCommand(markCheck, 0, piece)); err == nil {
				worth = now
			}
		}
	}
}

// onChecked is called by the replica and must not block. It drops a report when the channel is
// full; the next check makes up for it.
func (c *Cluster) onChecked(index uint64, digest catalog.Digest) {
	select {
	case c.checks <- check{index, digest}:
	default:
	}
}

// maxChecks is how many of its own checks this node remembers, to compare them with the others'
// reports.
const maxChecks = 8

// keepReporting reports this node's digest at every check, and compares it with the other nodes'
// reports.
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
			c.startTracked(func() { c.report(ctx, k) })
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

// judge compares a check with the nodes' reports and returns an error if this node must stop. It
// waits as long as the missing reports could still make a majority, however long that takes: a node
// that was away reports old checks when it returns, and one wrong node must not stop the healthy
// ones.
func (c *Cluster) judge(k check) error {
	reports := c.reports(k.index)
	if d, ok := reports[c.id]; ok && d != k.digest {
		// Either somebody reported in this node's name, or the state has changed since this node
		// reported. Neither proves that the state is wrong, so the state is kept.
		return fmt.Errorf("digest at index %d: the log has %s as this node's report, and this node has %s: it did not report that", k.index, d, k.digest)
	}
	reports[c.id] = k.digest // known here before the report is applied
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

// report proposes this node's digest to the log, for the other nodes to read.
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

// reports returns what nodes reported about the check at index. The nodes' rows are not enough: a
// row holds only the newest report, and nodes are at different checks.
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
	agreed    verdict = iota // all reports so far agree, or a majority agrees with this node
	undecided                // reports differ, and the missing ones may still make a majority
	minority                 // a majority of the voters has another digest than this node
	split                    // no digest can get a majority any more
)

// judge compares this node's digest with the reports about the same index. Only a majority of the
// voters can prove a node wrong; without one, nobody knows which state is right.
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
