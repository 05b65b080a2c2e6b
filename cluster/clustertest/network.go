package clustertest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"aion.dev/aion/cluster/gossip"
	"aion.dev/aion/cluster/port"
	"aion.dev/aion/engine"
	"github.com/hashicorp/raft"
)

// network carries raft's messages and node calls between its nodes.
type network struct {
	mu      sync.Mutex
	cut     map[[2]string]bool          // pairs of addresses that do not reach each other
	deaf    map[[2]string]bool          // pairs between which only raft's messages are lost
	dead    map[string]bool             // unreachable addresses
	ended   map[string]bool             // those of them whose process has ended
	latency time.Duration               // of every message in each direction; 0 = none, and raft pipelines
	slow    map[[2]string]time.Duration // additional latency between two addresses
	links   map[string]*wire
	callers map[string]*caller
}

func newNetwork(latency time.Duration) *network {
	return &network{cut: map[[2]string]bool{}, deaf: map[[2]string]bool{}, dead: map[string]bool{}, ended: map[string]bool{}, slow: map[[2]string]time.Duration{}, latency: latency, links: map[string]*wire{}, callers: map[string]*caller{}}
}

var errCut = errors.New("the network is cut here")

func pair(a, b string) [2]string {
	if a > b {
		a, b = b, a
	}
	return [2]string{a, b}
}

func (n *network) connected(a, b string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.open(a, b)
}

// open is connected with n.mu held.
func (n *network) open(a, b string) bool { return !n.cut[pair(a, b)] && !n.dead[a] && !n.dead[b] }

// hears reports whether raft's messages get from a to b.
func (n *network) hears(a, b string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.open(a, b) && !n.deaf[pair(a, b)]
}

// delay waits as long as a message from a to b takes.
func (n *network) delay(a, b string) {
	n.mu.Lock()
	d := n.latency + n.slow[pair(a, b)]
	n.mu.Unlock()
	time.Sleep(d)
}

// set cuts or heals the link between two addresses.
func (n *network) set(a, b string, cut bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cut[pair(a, b)] = cut
	n.connect(a, b)
	n.connect(b, a)
}

// kill makes an address unreachable, or reachable again, in addition to cut links.
func (n *network) kill(address string, dead bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.dead[address] = dead
	for other := range n.links {
		n.connect(address, other)
		n.connect(other, address)
	}
}

// end kills an address whose process has ended, which its machine tells everybody that it reaches.
func (n *network) end(address string) {
	n.kill(address, true)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ended[address] = true
	for other, w := range n.links {
		if other != address && !n.cut[pair(address, other)] {
			select {
			case w.parted <- n.links[address].id:
			default:
			}
		}
	}
}

// connect makes the raft transport at a know the one at b, or forget it. The caller holds n.mu.
func (n *network) connect(a, b string) {
	from, to := n.links[a], n.links[b]
	if from == nil || a == b {
		return
	}
	if to == nil || !n.open(a, b) || n.deaf[pair(a, b)] {
		from.Disconnect(raft.ServerAddress(b))
	} else {
		from.Connect(raft.ServerAddress(b), to.InmemTransport)
	}
}

// plug attaches a new node's transports to the network at address. They need to learn the node's id
// later.
func (n *network) plug(id, address string) (*wire, *caller) {
	_, inmem := raft.NewInmemTransportWithTimeout(raft.ServerAddress(address), 500*time.Millisecond)
	w := &wire{InmemTransport: inmem, net: n, id: id, address: address, parted: make(chan string, 16)}
	c := &caller{wire: w, handlers: map[string]port.Handler{}}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.links[address], n.callers[address] = w, c
	delete(n.ended, address)
	for other := range n.links {
		n.connect(address, other)
		n.connect(other, address)
	}
	return w, c
}

// unplug detaches a node's transports.
func (n *network) unplug(address string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.links, address)
	delete(n.callers, address)
	for other := range n.links {
		n.connect(other, address)
	}
}

// wire is raft's in-memory transport with latency, and with answers that a cut loses.
type wire struct {
	*raft.InmemTransport
	net         *network
	id, address string
	parted      chan string
	self        func() port.Introduction // guarded by net.mu; nil until its node is open
}

// introduce does what the preamble of a real connection does. It returns an error if the node at
// address must not talk to this one. refuse is the rule for the kind of message.
func (w *wire) introduce(id, address string, refuse func(i, own port.Introduction) string) error {
	w.net.mu.Lock()
	to := w.net.links[address]
	var self, own func() port.Introduction
	if to != nil {
		self, own = w.self, to.self
	}
	w.net.mu.Unlock()
	if self == nil || own == nil {
		return errCut
	}
	i := self()
	i.To, i.Address = id, w.address
	if why := refuse(i, own()); why != "" {
		return errors.New("refused: " + why)
	}
	return nil
}

// CloseOthers implements cluster.Link.
func (w *wire) CloseOthers(id raft.ServerID, keep raft.ServerAddress) {
	w.net.mu.Lock()
	defer w.net.mu.Unlock()
	for address, other := range w.net.links {
		if other.id == string(id) && address != string(keep) {
			w.Disconnect(raft.ServerAddress(address)) // this ends the pipelines, too
			w.net.connect(w.address, address)
		}
	}
}

// Parted implements cluster.Link.
func (w *wire) Parted() <-chan string { return w.parted }

func (w *wire) carry(id raft.ServerID, target raft.ServerAddress, rpc func() error) error {
	if err := w.introduce(string(id), string(target), port.Introduction.RefuseRaft); err != nil {
		return err
	}
	w.net.delay(w.address, string(target))
	if !w.net.hears(w.address, string(target)) {
		return errCut
	}
	err := rpc()
	w.net.delay(w.address, string(target))
	if !w.net.hears(w.address, string(target)) {
		return errCut // whatever happened there, the answer is lost
	}
	return err
}

func (w *wire) AppendEntries(id raft.ServerID, to raft.ServerAddress, args *raft.AppendEntriesRequest, resp *raft.AppendEntriesResponse) error {
	return w.carry(id, to, func() error { return w.InmemTransport.AppendEntries(id, to, args, resp) })
}

func (w *wire) RequestVote(id raft.ServerID, to raft.ServerAddress, args *raft.RequestVoteRequest, resp *raft.RequestVoteResponse) error {
	return w.carry(id, to, func() error { return w.InmemTransport.RequestVote(id, to, args, resp) })
}

func (w *wire) RequestPreVote(id raft.ServerID, to raft.ServerAddress, args *raft.RequestPreVoteRequest, resp *raft.RequestPreVoteResponse) error {
	return w.carry(id, to, func() error { return w.InmemTransport.RequestPreVote(id, to, args, resp) })
}

func (w *wire) InstallSnapshot(id raft.ServerID, to raft.ServerAddress, args *raft.InstallSnapshotRequest, resp *raft.InstallSnapshotResponse, r io.Reader) error {
	return w.carry(id, to, func() error { return w.InmemTransport.InstallSnapshot(id, to, args, resp, r) })
}

func (w *wire) TimeoutNow(id raft.ServerID, to raft.ServerAddress, args *raft.TimeoutNowRequest, resp *raft.TimeoutNowResponse) error {
	return w.carry(id, to, func() error { return w.InmemTransport.TimeoutNow(id, to, args, resp) })
}

func (w *wire) AppendEntriesPipeline(id raft.ServerID, to raft.ServerAddress) (raft.AppendPipeline, error) {
	if w.net.latency > 0 { // the in-memory pipeline cannot be delayed
		return nil, raft.ErrPipelineReplicationNotSupported
	}
	if err := w.introduce(string(id), string(to), port.Introduction.RefuseRaft); err != nil {
		return nil, err
	}
	return w.InmemTransport.AppendEntriesPipeline(id, to)
}

// caller carries node calls.
type caller struct {
	*wire
	handlers map[string]port.Handler // guarded by net.mu
}

func (c *caller) Handle(name string, h port.Handler) {
	c.net.mu.Lock()
	defer c.net.mu.Unlock()
	c.handlers[name] = h
}

// Gone implements cluster.Caller.
func (c *caller) Gone(_ context.Context, node port.Server) bool {
	c.net.mu.Lock()
	defer c.net.mu.Unlock()
	return c.net.ended[node.Address] && !c.net.cut[pair(c.address, node.Address)]
}

// replace lets the node at address answer a call in another way.
func (n *network) replace(address, name string, h port.Handler) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.callers[address].handlers[name] = h
}

// forget makes the node at address one of a release that does not know a call.
func (n *network) forget(address, name string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.callers[address].handlers, name)
}

func (c *caller) Call(ctx context.Context, server port.Server, name string, body []byte) ([]byte, error) {
	address := server.Address
	c.net.delay(c.address, address)
	c.net.mu.Lock()
	to := c.net.callers[address]
	var h port.Handler
	if to != nil {
		h = to.handlers[name]
	}
	c.net.mu.Unlock()
	if to == nil || !c.net.connected(c.address, address) {
		return nil, &engine.Unavailable{Why: fmt.Sprintf("the node at %s cannot be reached: %v", address, errCut)}
	}
	if h == nil {
		return nil, &engine.Unavailable{Why: fmt.Sprintf("node at %s does not know %s", address, name)}
	}
	if err := c.introduce(server.ID, address, port.Introduction.RefuseCall); err != nil {
		return nil, &engine.Unavailable{Why: err.Error()}
	}
	from := c.self()
	from.To, from.Address = server.ID, c.address
	if err := from.MayCall(name, to.self()); err != nil {
		return nil, err
	}
	b, err := h(ctx, from, body)
	c.net.delay(c.address, address)
	if !c.net.connected(c.address, address) {
		return nil, &engine.Unknown{Cause: errCut}
	}
	return b, err
}

// peers is a fixed list in place of gossip and cluster.join.
type peers struct {
	mu      sync.Mutex
	list    []gossip.Peer
	changed chan struct{}
}

func (p *peers) Peers() []gossip.Peer {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := slices.Clone(p.list)
	for i := range list {
		list[i].Named = list[i].RaftAddress
	}
	return list
}

func (p *peers) Others() []string { return nil }

func (p *peers) Changed() <-chan struct{} { return p.changed }

func (p *peers) add(peer gossip.Peer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.list = append(p.list, peer)
}

func (p *peers) rename(i int, id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.list[i].ID = id
}
