package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"aion.dev/aion/cluster/durable"
	"aion.dev/aion/internal/lifecycle"
	"github.com/hashicorp/raft"
)

// This file says when a node must keep out of elections altogether: it neither stands nor votes.
// It replicates and acknowledges entries like any other; those count only once the configuration
// says so.
//
// A node that joins replays the log from its beginning, and the first configuration that it meets
// there is that of the founding. One whose id was a founder's would take itself for a member of
// that, and alone of a cluster of one. So it keeps out until its log holds the entry that let it
// in: from there on the configurations in its log are newer than itself.
//
// A node that runs from the data of a member, at another address than the member has, may be a
// copy. It keeps out until the configuration has it where it is, which takes a majority that does
// not need it.

// Admission is how a node was let into a cluster that existed.
type Admission struct {
	ClusterID string `json:"cluster_id"`
	Index     uint64 `json:"index"` // of a configuration that has the node
	Held      bool   `json:"held"`  // this node's log has come that far
}

func (p filePromises) admission() string { return filepath.Join(p.dir, "admission.json") }

// Admitted implements Promises.
func (p filePromises) Admitted() (*Admission, error) {
	b, err := os.ReadFile(p.admission())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	a := new(Admission)
	if err := json.Unmarshal(b, a); err != nil {
		return nil, fmt.Errorf("%s: %w", p.admission(), err)
	}
	return a, nil
}

// Admit implements Promises.
func (p filePromises) Admit(a Admission) error {
	b, err := json.MarshalIndent(a, "", "  ")
	if err != nil {
		return err
	}
	return durable.WriteFile(p.admission(), append(b, '\n'))
}

// joining objects until this node's log holds the entry that let it in.
func (c *Cluster) joining() *objection {
	if a := c.admission.Load(); a != nil && !a.Held {
		return &objection{Why: fmt.Sprintf("it is new, and its log does not hold entry %d yet, which let it in", a.Index)}
	}
	return nil
}

// displaced objects while the configuration has this node at another address. The only voter is
// asked by nobody and asks nobody, so it may move as it likes.
func (c *Cluster) displaced() *objection {
	place, alone := c.seat()
	if place == "" || place == c.self().Address || alone {
		return nil
	}
	return &objection{Why: fmt.Sprintf("the cluster has it at %s, and it is at %s", place, c.self().Address)}
}

// seat returns where the configuration has this node, and whether nobody else votes.
func (c *Cluster) seat() (place string, alone bool) {
	r := c.raft.Load()
	if r == nil {
		return "", true
	}
	alone = true
	for _, s := range r.GetConfiguration().Configuration().Servers {
		switch {
		case string(s.ID) == c.id:
			place = string(s.Address)
		case s.Suffrage == raft.Voter:
			alone = false
		}
	}
	return place, alone
}

// unreached objects until a message for this node has come in, unless nobody else votes: with its
// address, a copy on another machine may have taken over its name, and what is sent there never
// arrives here.
func (c *Cluster) unreached() *objection {
	if _, alone := c.seat(); alone || c.reached.Load() {
		return nil
	}
	return &objection{Why: fmt.Sprintf("nobody has reached it at %s yet", c.self().Address)}
}

// mayVote answers why this node gives no votes now, or nil.
func (c *Cluster) mayVote() error {
	for _, o := range []*objection{c.joining(), c.displaced()} {
		if o != nil {
			return fmt.Errorf("node %s does not vote: %s", c.id, o.Why)
		}
	}
	return nil
}

// keepAdmission ends the time of joining: first in the data folder, then here.
func (c *Cluster) keepAdmission(ctx context.Context) {
	for c.joining() != nil && ctx.Err() == nil {
		a := *c.admission.Load()
		if c.applied() < a.Index {
			lifecycle.Pause(ctx, retryEvery)
			continue
		}
		a.Held = true
		if err := c.promises.Admit(a); err != nil {
			c.fail(fmt.Errorf("write down that this node has joined: %w", err))
			return
		}
		c.admission.Store(&a)
		usual := c.raft.Load().ReloadableConfig()
		usual.HeartbeatTimeout, usual.ElectionTimeout = c.cfg.Raft.Heartbeat, c.cfg.Raft.Election
		if err := c.raft.Load().ReloadConfig(usual); err != nil {
			c.fail(fmt.Errorf("take part in elections: %w", err))
		}
	}
}

// proveAddress calls this node at its own address until somebody has answered. Another process
// that answers with this node's id is the one that the others reach: this one must not go on.
func (c *Cluster) proveAddress(ctx context.Context) {
	for !c.reached.Load() && ctx.Err() == nil {
		if c.unreached() == nil { // there may be other voters later
			lifecycle.Pause(ctx, lookAgain)
			continue
		}
		g, err := c.hello(ctx, c.self())
		switch {
		case err == nil && g.Instance != c.instance:
			c.fail(fmt.Errorf("another process runs as node %s and answers at %s, this node's address: one of the two is a copy, and this one stops", c.id, c.self().Address))
			return
		case err != nil:
			c.log.Debug("this node does not reach itself", "address", c.self().Address, "error", err)
		}
		lifecycle.Pause(ctx, lookAgain)
	}
}
