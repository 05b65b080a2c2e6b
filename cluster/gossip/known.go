package gossip

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"aion.dev/aion/cluster/nodeid"
	"github.com/hashicorp/memberlist"
)

// Bounds of what gossip makes a node remember. Anybody who reaches the port can invent nodes,
// unless gossip.key is set: a cluster is a handful, so whoever comes when the list is full is left
// out.
const (
	maxKnown    = 256             // ids that are known at a time
	forgetAfter = 5 * time.Minute // of silence; memberlist itself forgets the dead somewhat sooner
)

// known are the ids that memberlist keeps.
type known struct {
	ids map[string]time.Time // zero while the node is there, else since when it is not
}

// admit answers whether id may be kept, and keeps it then. A node at an address that cluster.join
// names is kept also when the list is full.
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
		return errors.New("no id of a node")
	}
	// One node that claims to speak something else would make every exchange of lists fail.
	own := memberlist.DefaultLANConfig()
	if n.PMin > own.ProtocolVersion || n.PMax < own.ProtocolVersion || n.PCur != own.ProtocolVersion || n.DCur != own.DelegateProtocolVersion {
		return fmt.Errorf("it speaks protocol %d to %d, now %d", n.PMin, n.PMax, n.PCur)
	}
	var m meta
	if len(n.Meta) > memberlist.MetaMaxSize {
		return fmt.Errorf("it says %d bytes of itself", len(n.Meta))
	}
	if err := json.Unmarshal(n.Meta, &m); err != nil {
		return fmt.Errorf("what it says of itself cannot be read: %w", err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.foreign(m.Cluster) {
		return fmt.Errorf("it belongs to cluster %s, this node to %s", m.Cluster, g.self.ClusterID)
	}
	if _, configured := g.named[n.Address()]; !g.known.admit(n.Name, configured, time.Now()) {
		return fmt.Errorf("%d nodes are known already; set gossip.key to keep inventions out", maxKnown)
	}
	return nil
}
