package gossip

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"aion.dev/aion/cluster/nodeid"
	"github.com/hashicorp/memberlist"
)

// These bound how many nodes gossip remembers. Anybody who reaches the port can invent nodes,
// unless gossip.key is set. A cluster has only a handful, so nodes beyond the bound are ignored.
const (
	maxKnown    = 256             // ids known at a time
	forgetAfter = 5 * time.Minute // of silence; memberlist itself forgets dead nodes somewhat sooner
)

// known is the set of ids that memberlist keeps.
type known struct {
	ids map[string]time.Time // zero while the node is present, otherwise since when it is gone
}

// admit reports whether memberlist may keep id, and records it if so. A node at an address that
// cluster.join names is kept even when the set is full.
func (k *known) admit(id string, configured bool, now time.Time) bool {
	if _, ok := k.ids[id]; ok {
		return true
	}
	if len(k.ids) >= maxKnown {
		for other, gone := range k.ids {
			if !gone.IsZero() && now.Sub(gone) >= forgetAfter {
				delete(k.ids, other)
			}
		}
	}
	if len(k.ids) >= maxKnown && !configured {
		return false
	}
	k.ids[id] = time.Time{}
	return true
}

func (k *known) here(id string)                { k.ids[id] = time.Time{} }
func (k *known) gone(id string, now time.Time) { k.ids[id] = now }

// door is asked before memberlist keeps a node.
type door Gossip

// NotifyAlive implements memberlist.AliveDelegate. It is called with memberlist's lock held.
func (d *door) NotifyAlive(n *memberlist.Node) error {
	g := (*Gossip)(d)
	if n.Name == g.cfg.Self.ID {
		return nil
	}
	if !nodeid.Valid(n.Name) {
		return errors.New("not a node id")
	}
	// A single node that claims another protocol version would make every exchange of node lists
	// fail.
	own := memberlist.DefaultLANConfig()
	if n.PMin > own.ProtocolVersion || n.PMax < own.ProtocolVersion || n.PCur != own.ProtocolVersion || n.DCur != own.DelegateProtocolVersion {
		return fmt.Errorf("it speaks protocol %d to %d, now %d", n.PMin, n.PMax, n.PCur)
	}
	var m meta
	if len(n.Meta) > memberlist.MetaMaxSize {
		return fmt.Errorf("its metadata has %d bytes", len(n.Meta))
	}
	if err := json.Unmarshal(n.Meta, &m); err != nil {
		return fmt.Errorf("its metadata cannot be read: %w", err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.isForeign(m.Cluster) {
		return fmt.Errorf("it belongs to cluster %s, this node to %s", m.Cluster, g.self.ClusterID)
	}
	if _, configured := g.named[n.Address()]; !g.known.admit(n.Name, configured, time.Now()) {
		return fmt.Errorf("%d nodes are known already; set gossip.key to keep invented nodes out", maxKnown)
	}
	return nil
}
