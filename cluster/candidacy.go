package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	"aion.dev/aion/internal/lifecycle"
	"github.com/hashicorp/raft"
)

// This file decides whether this node may stand for election. A node that may not stand still
// votes, acknowledges entries and serves callers. It never asks for a vote, and refuses leadership
// that is transferred to it.
//
// Raft has no such mode, so this file intercepts its messages. A pre-vote request of this node is
// denied before it leaves, which starts no new term. An incoming TimeoutNow is refused before raft
// sees it, so the leader learns at once that its transfer failed. An only voter sends no requests,
// so it leads whatever this file decides.

// objection is a reason why this node should not lead.
type objection struct {
	Why string `json:"why"` // about this node, for example "it is draining"
	// Yields: the node stands after all when nobody else can lead; see isNeeded.
	Yields bool `json:"yields,omitempty"`
}

// objections returns every reason why this node should not lead now. It must not block: raft's
// messages wait for it.
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

// mayStand returns nil if this node may ask for votes now, and otherwise an error with the reason.
// transferred means that a leader chose this node as its successor, which it does only when no
// better node is available.
func (c *Cluster) mayStand(transferred bool) error {
	for _, o := range c.objections() {
		if o.Yields && (transferred || c.isNeeded()) {
			continue
		}
		return fmt.Errorf("node %s does not stand for election: %s", c.id, o.Why)
	}
	return nil
}

// isNeeded reports whether, as far as this node can tell, nobody else can lead. There are two
// signs. A node that lacks entries of this one asked for its vote. Or nobody has led for several
// election timeouts, because the others are gone or have objections too.
func (c *Cluster) isNeeded() bool {
	heard := c.lastLed()
	if heard.IsZero() {
		return false
	}
	if behind := c.behind.Load(); behind != nil && behind.After(heard) {
		return true
	}
	return time.Since(heard) >= 3*(c.cfg.Raft.Heartbeat+c.cfg.Raft.Election)
}

// lastLed returns when this node last heard from a leader or when raft started, whichever is later.
// It is zero before raft starts.
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

// refuseMessage returns nil if raft may see a message from another node, and otherwise an error
// with the reason.
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

// keepStandingAside transfers leadership while this node leads and should not. The node goes on
// leading as long as nobody else can.
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
		_, err := c.Transfer(ctx, nil, "")
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
