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

// This file decides when a node must stay out of elections entirely: it neither stands nor votes.
// It still replicates and acknowledges entries; its acknowledgements count only once it is a voter
// in the configuration.
//
// A node that joins replays the log from the beginning, and the first configuration it meets there
// is the founders'. A node that reuses a founder's id would believe that it is a member of that
// configuration, or even its only voter. So it stays out until its log holds the entry that
// admitted it. Every configuration after that entry is newer than the node.
//
// A node whose address differs from the one in the configuration may be running on a copy of a
// member's data. It stays out until the configuration has its address. That change takes a majority
// that does not need this node's vote.

// Admission records how a node was admitted to an existing cluster.
type Admission struct {
	ClusterID string `json:"cluster_id"`
	Index     uint64 `json:"index"` // index of a configuration that contains the node
	Held      bool   `json:"held"`  // this node's log has reached Index
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

// joining objects until this node's log holds the entry that admitted it.
func (c *Cluster) joining() *objection {
	if a := c.admission.Load(); a != nil && !a.Held {
		return &objection{Why: fmt.Sprintf("it is new, and its log does not yet hold entry %d, which admitted it", a.Index)}
	}
	return nil
}

// displaced objects while the configuration has this node at another address. It does not object
// for an only voter: that node exchanges votes with nobody, so it may move freely.
func (c *Cluster) displaced() *objection {
	place, alone := c.ownSeat()
	if place == "" || place == c.self().Address || alone {
		return nil
	}
	return &objection{Why: fmt.Sprintf("the cluster has it at %s, and it is at %s", place, c.self().Address)}
}

// ownSeat returns this node's address in the configuration, and whether it is the only voter.
func (c *Cluster) ownSeat() (place string, alone bool) {
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

// unreached objects until a message for this node has arrived. A copy of the node on another
// machine may have taken over its address; messages for the node then never arrive here. An only
// voter is exempt.
func (c *Cluster) unreached() *objection {
	if _, alone := c.ownSeat(); alone || c.reached.Load() {
		return nil
	}
	return &objection{Why: fmt.Sprintf("nobody has reached it at %s yet", c.self().Address)}
}

// mayVote returns nil if this node may vote now, and otherwise an error with the reason.
func (c *Cluster) mayVote() error {
	for _, o := range []*objection{c.joining(), c.displaced()} {
		if o != nil {
			return fmt.Errorf("node %s does not vote: %s", c.id, o.Why)
		}
	}
	return nil
}

// keepAdmission ends the joining phase once the log holds the admission: first in the data folder,
// then in memory.
func (c *Cluster) keepAdmission(ctx context.Context) {
	for c.joining() != nil && ctx.Err() == nil {
		a := *c.admission.Load()
		if c.applied() < a.Index {
			lifecycle.Pause(ctx, retryEvery)
			continue
		}
		a.Held = true
		if err := c.promises.Admit(a); err != nil {
			c.fail(fmt.Errorf("record that this node has joined: %w", err))
			return
		}
		c.admission.Store(&a)
		err := c.tune(func(rc *raft.ReloadableConfig) {
			rc.HeartbeatTimeout, rc.ElectionTimeout = c.cfg.Raft.Heartbeat, c.cfg.Raft.Election
		})
		if err != nil {
			c.fail(fmt.Errorf("take part in elections: %w", err))
		}
	}
}

// proveAddress calls this node at its own address until something answers. If another process
// answers with this node's id, the other nodes reach that process, so this one must stop.
func (c *Cluster) proveAddress(ctx context.Context) {
	for !c.reached.Load() && ctx.Err() == nil {
		if c.unreached() == nil { // other voters may join later
			lifecycle.Pause(ctx, lookAgain)
			continue
		}
		g, err := c.hello(ctx, c.self())
		switch {
		case err == nil && g.Instance != c.instance:
			c.fail(fmt.Errorf("another process runs as node %s and answers at %s, which is this node's address: one of the two is a copy, so this one stops", c.id, c.self().Address))
			return
		case err != nil:
			c.log.Debug("this node does not reach itself", "address", c.self().Address, "error", err)
		}
		lifecycle.Pause(ctx, lookAgain)
	}
}
