package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	"aion.dev/aion/internal/lifecycle"
	"github.com/hashicorp/raft"
)

// This file says whether this node may stand for election. A node that may not goes on voting,
// acknowledging entries and serving callers; it only never asks for a vote, and takes no
// leadership that is handed to it.
//
// Raft has no such mode, so its messages are looked at on their way: a pre-vote that this node
// asks for is denied before it leaves, which costs nobody a term, and a TimeoutNow that arrives is
// refused before raft sees it, so that the leader learns at once that its transfer fails. A node
// that is the only voter asks nobody, so it leads whatever is said here.

// objection is a reason why this node should not lead.
type objection struct {
	Why string `json:"why"` // said of this node: "it is draining"
	// Yields: this node stands after all when nobody else can lead; see needed.
	Yields bool `json:"yields,omitempty"`
}

// objections returns every reason why this node should not lead now; none when it may. It must
// not block: raft's messages wait for it.
func (c *Cluster) objections() (all []objection) {
	for _, find := range []func() *objection{
		c.joining, c.displaced, c.unreached, c.draining, c.fullDisk,
		c.wrongClock,
	} {
		if o := find(); o != nil {
			all = append(all, *o)
		}
	}
	return all
}

// mayStand answers why this node does not ask for votes now, or nil. With handed, a leader chose
// this node to be the next one, which it does only when nobody better is there.
func (c *Cluster) mayStand(handed bool) error {
	for _, o := range c.objections() {
		if o.Yields && (handed || c.needed()) {
			continue
		}
		return fmt.Errorf("node %s does not stand for election: %s", c.id, o.Why)
	}
	return nil
}

// needed reports whether nobody else can lead, as far as this node can tell: a node that asked for
// its vote lacks entries that it has, or nobody has led for a few whole elections, because the
// others are gone or have objections too.
func (c *Cluster) needed() bool {
	heard := c.lastLed()
	if heard.IsZero() {
		return false
	}
	if behind := c.behind.Load(); behind != nil && behind.After(heard) {
		return true
	}
	return time.Since(heard) >= 3*(c.cfg.Raft.Heartbeat+c.cfg.Raft.Election)
}

// lastLed returns when this node last heard from a leader, or when raft started, whichever is
// later; zero before that.
func (c *Cluster) lastLed() time.Time {
	r, since := c.raft.Load(), c.began.Load()
	if r == nil || since == nil {
		return time.Time{}
	}
	if heard := r.LastContact(); heard.After(*since) {
		return heard
	}
	return *since
}

// refuseMessage answers why raft must not see a message from another node, or nil.
func (c *Cluster) refuseMessage(message any) error {
	c.reached.Store(true)
	switch m := message.(type) {
	case *raft.TimeoutNowRequest:
		return c.mayStand(true)
	case *raft.RequestVoteRequest:
		return c.mayVote()
	case *raft.RequestPreVoteRequest:
		if err := c.mayVote(); err != nil {
			return err
		}
		if r := c.raft.Load(); r != nil && m.LastLogIndex < r.LastIndex() {
			now := time.Now()
			c.behind.Store(&now)
		}
	}
	return nil
}

// keepStandingAside hands leadership on while this node leads and should not. It goes on leading
// as long as nobody else can.
func (c *Cluster) keepStandingAside(ctx context.Context) {
	said := ""
	defer c.mustLead.Store(false)
	for ; ctx.Err() == nil; lifecycle.Pause(ctx, c.cfg.Raft.MembersEvery) {
		objections := c.objections()
		if len(objections) == 0 {
			said = ""
			c.mustLead.Store(false)
			continue
		}
		err := c.Transfer(ctx, "")
		_, stuck := errors.AsType[*CannotLead](err)
		c.mustLead.Store(stuck)
		if err == nil || ctx.Err() != nil {
			return // raft ends ctx
		}
		if text := err.Error(); text != said {
			said = text
			c.log.Warn("this node should not lead, but nobody else takes leadership",
				"because", objections[0].Why, "error", err)
		}
	}
}
