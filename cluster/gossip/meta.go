package gossip

import (
	"encoding/json"

	"github.com/hashicorp/memberlist"
)

// SetClusterID tells others which cluster this node now belongs to. It may block for 2 s.
func (g *Gossip) SetClusterID(id string) {
	g.mu.Lock()
	same := g.self.ClusterID == id
	g.self.ClusterID = id
	g.mu.Unlock()
	if !same {
		g.broadcastMeta("its cluster")
	}
}

// broadcastMeta spreads this node's current metadata.
func (g *Gossip) broadcastMeta(what string) {
	list := g.list.Load()
	if list == nil {
		return // nodes that meet this one later get it then
	}
	if err := list.UpdateNode(leaveWithin); err != nil {
		g.log.Debug("other nodes may have missed this node's update", "what", what, "error", err)
	}
}

// meta is this node's metadata, in JSON: small, and readable in a packet dump.
type meta struct {
	Raft    string `json:"r"`
	HTTP    string `json:"h"`
	Cluster string `json:"c,omitempty"`
	Leaving bool   `json:"x,omitempty"`
}

func (g *Gossip) meta() []byte {
	g.mu.Lock()
	defer g.mu.Unlock()
	b, err := json.Marshal(meta{g.self.RaftAddress, g.self.HTTPAddress, g.self.ClusterID, g.leaving})
	if err != nil {
		panic(err) // strings never fail to marshal
	}
	return b
}

type events Gossip

func (e *events) NotifyJoin(n *memberlist.Node)   { (*Gossip)(e).recordNode(n, true) }
func (e *events) NotifyUpdate(n *memberlist.Node) { (*Gossip)(e).recordNode(n, true) }
func (e *events) NotifyLeave(n *memberlist.Node)  { (*Gossip)(e).recordNode(n, false) }

// delegate gives memberlist this node's metadata; nothing else travels by gossip.
type delegate Gossip

func (d *delegate) NodeMeta(int) []byte           { return (*Gossip)(d).meta() }
func (*delegate) NotifyMsg([]byte)                {}
func (*delegate) GetBroadcasts(int, int) [][]byte { return nil }
func (*delegate) LocalState(bool) []byte          { return nil }
func (*delegate) MergeRemoteState([]byte, bool)   {}
