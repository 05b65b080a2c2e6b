package gossip

import (
	"encoding/json"

	"github.com/hashicorp/memberlist"
)

// SetClusterID tells others which cluster this node belongs to now. It may wait for 2 s.
func (g *Gossip) SetClusterID(id string) {
	g.mu.Lock()
	same := g.self.ClusterID == id
	g.self.ClusterID = id
	g.mu.Unlock()
	if !same {
		g.tell("its cluster")
	}
}

// tell spreads what this node says of itself now.
func (g *Gossip) tell(what string) {
	list := g.list.Load()
	if list == nil {
		return // who comes to know this node hears it then
	}
	if err := list.UpdateNode(leaveWithin); err != nil {
		g.log.Debug("others may not have heard from this node", "what", what, "error", err)
	}
}

// meta is what a node says of itself, in JSON: small, and readable in a packet dump.
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
		panic(err) // strings always marshal
	}
	return b
}

type events Gossip

func (e *events) NotifyJoin(n *memberlist.Node)   { (*Gossip)(e).hear(n, true) }
func (e *events) NotifyUpdate(n *memberlist.Node) { (*Gossip)(e).hear(n, true) }
func (e *events) NotifyLeave(n *memberlist.Node)  { (*Gossip)(e).hear(n, false) }

// delegate gives memberlist what this node says of itself; nothing else travels by gossip.
type delegate Gossip

func (d *delegate) NodeMeta(int) []byte           { return (*Gossip)(d).meta() }
func (*delegate) NotifyMsg([]byte)                {}
func (*delegate) GetBroadcasts(int, int) [][]byte { return nil }
func (*delegate) LocalState(bool) []byte          { return nil }
func (*delegate) MergeRemoteState([]byte, bool)   {}
