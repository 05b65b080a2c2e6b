package gossip

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/hashicorp/memberlist"
)

// Peer is what gossip knows about a node. Nothing in it is certain.
type Peer struct {
	ID          string
	RaftAddress string
	HTTPAddress string
	ClusterID   string // empty while the node belongs to no cluster
	Status      string // alive, suspect or left
	Named       string // the address in cluster.join that led to it, or ""

	gossip string // its gossip address
}

// Peers returns the known nodes except this one, sorted by id. Once this node belongs to a cluster,
// it leaves out nodes of other clusters. Status is alive, left (it said good-bye) or suspect (it
// was lost).
func (g *Gossip) Peers() []Peer {
	g.mu.Lock()
	defer g.mu.Unlock()
	all := maps.Clone(g.gone)
	maps.Copy(all, g.alive)
	for id, p := range all {
		if g.isForeign(p.ClusterID) {
			delete(all, id)
			continue
		}
		p.Named = g.named[p.gossip]
		all[id] = p
	}
	return slices.SortedFunc(maps.Values(all), func(a, b Peer) int { return cmp.Compare(a.ID, b.ID) })
}

// isForeign reports whether a node of that cluster belongs to another cluster than this one. The
// caller holds g.mu.
func (g *Gossip) isForeign(cluster string) bool {
	return cluster != "" && g.self.ClusterID != "" && cluster != g.self.ClusterID
}

// Others returns the addresses to join except this node's own. A name that also stands for other
// nodes, such as a service's, counts as another node's.
func (g *Gossip) Others() []string {
	own := g.Address()
	g.mu.Lock()
	defer g.mu.Unlock()
	others := map[string]bool{}
	for at, address := range g.named {
		others[address] = others[address] || at != own
	}
	return slices.DeleteFunc(slices.Clone(g.cfg.Join), func(a string) bool {
		another, resolved := others[a]
		return a == own || resolved && !another
	})
}

// Changed is signalled after Peers changed. One signal may stand for several changes.
func (g *Gossip) Changed() <-chan struct{} { return g.changed }

// recordNode records what memberlist reports about a node. memberlist holds its lock: nothing here
// may call it back or keep n.
func (g *Gossip) recordNode(n *memberlist.Node, here bool) {
	if n.Name == g.cfg.Self.ID {
		return
	}
	var m meta
	if err := json.Unmarshal(n.Meta, &m); err != nil {
		return // cannot happen: door has decoded it
	}
	p := Peer{ID: n.Name, RaftAddress: m.Raft, HTTPAddress: m.HTTP, ClusterID: m.Cluster, gossip: n.Address()}
	g.mu.Lock()
	defer g.mu.Unlock()
	if here {
		g.known.here(p.ID)
	} else {
		g.known.gone(p.ID, time.Now())
	}
	switch delete(g.alive, p.ID); {
	case m.Leaving:
		p.Status = "left"
	case !here:
		p.Status = "suspect"
	default:
		p.Status = "alive"
		delete(g.gone, p.ID)
		g.alive[p.ID] = p
	}
	if p.Status != "alive" {
		for id := range g.gone {
			if len(g.gone) >= maxGone {
				delete(g.gone, id)
			}
		}
		g.gone[p.ID] = p
	}
	select {
	case g.changed <- struct{}{}:
	default:
	}
}
