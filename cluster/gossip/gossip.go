package gossip

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"maps"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"aion.dev/aion/internal/lifecycle"
	"aion.dev/aion/internal/throttle"
	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/memberlist"
)

// Config says who this node is to others, and where it hears of them.
type Config struct {
	Self    Peer     // Status is ignored. What travels has to fit 512 bytes
	Listen  string   // host:port, TCP and UDP; port 0 takes a free one
	Address string   // host:port where others reach it; empty = Listen
	Key     []byte   // 16, 24 or 32 bytes; nil = in the clear
	Join    []string // gossip addresses of others; its own may be among them
	Logger  hclog.Logger

	// Every is the pace: how often a member is probed. A dead one is suspect after about five times as long. Default 1 s.
	Every time.Duration

	lookup lookup // nil = the system's
}

// Gossip suggests addresses of nodes. What it says may be late, wrong or missing: membership and leadership come from the log.
type Gossip struct {
	cfg       Config
	log       hclog.Logger
	list      atomic.Pointer[memberlist.Memberlist] // nil until gossip.advertise has an address
	transport *transport
	lookup    lookup // of gossip.advertise
	changed   chan struct{}
	end       context.CancelFunc
	over      sync.WaitGroup

	mu      sync.Mutex // over everything below
	self    Peer
	leaving bool
	alive   map[string]Peer // by node id. Kept here because what memberlist hands out goes on changing under the reader
	gone    map[string]Peer // left or suspect; maxGone at most
	known   known
	named   map[string]string // ip:port of each address in cfg.Join that resolves, and how it stands there
}

// Bounds of gossip.
const (
	joinEvery   = 2 * time.Second // how often addresses that did not answer are tried again
	leaveWithin = 2 * time.Second // how long each of two good-byes may take
	maxGone     = 64              // nodes remembered after they were last heard of
)

// Open listens and starts to look for the others. The caller closes it.
func Open(cfg Config) (_ *Gossip, err error) {
	cfg.Every = cmp.Or(cfg.Every, time.Second)
	g := &Gossip{
		cfg: cfg, log: cmp.Or(cfg.Logger, hclog.NewNullLogger()).Named("gossip"), self: cfg.Self,
		alive: map[string]Peer{}, gone: map[string]Peer{}, changed: make(chan struct{}, 1),
		known: known{ids: map[string]time.Time{}}, lookup: cfg.lookup,
	}
	if g.lookup == nil {
		g.lookup = net.DefaultResolver.LookupIPAddr
	}
	if n := len(g.meta()); n > memberlist.MetaMaxSize {
		return nil, fmt.Errorf("gossip: this node's id, cluster and addresses take %d bytes, more than %d: raft.advertise or http.advertise is too long", n, memberlist.MetaMaxSize)
	}
	mc := memberlist.DefaultLANConfig()
	mc.Name = cfg.Self.ID
	said := g.log.StandardWriter(&hclog.StandardLoggerOptions{InferLevels: true})
	mc.Logger = log.New(throttle.New(said, 20, 10*time.Second), "", 0) // LogOutput would put a time before the level, and hide it
	mc.SecretKey = cfg.Key
	mc.Delegate, mc.Events, mc.Alive = (*delegate)(g), (*events)(g), (*door)(g)
	mc.ProbeInterval, mc.ProbeTimeout, mc.GossipInterval = cfg.Every, cfg.Every/2, cfg.Every/5
	mc.TCPTimeout = 3 * time.Second
	mc.QueueCheckInterval = cfg.Every
	// A node that was dead and comes back at another address is the same node: its identity is in its data folder, not in its address. The default never
	// lets it back in under its id.
	mc.DeadNodeReclaimTime = time.Millisecond
	host := ""
	if cfg.Address != "" {
		if host, mc.AdvertisePort, err = splitAddress("gossip.advertise", cfg.Address); err != nil {
			return nil, err
		}
	}
	transport, err := openTransport(cfg.Listen, cfg.Key, mc.Logger)
	if err != nil {
		return nil, err
	}
	g.transport = transport
	if mc.Transport = transport; mc.AdvertisePort == 0 {
		mc.AdvertisePort = transport.GetAutoBindPort()
	}
	ctx, end := context.WithCancel(context.Background())
	g.end = end
	if host == "" || net.ParseIP(host) != nil {
		mc.AdvertiseAddr = host
		if err := g.join(mc); err != nil {
			end()
			transport.Shutdown()
			return nil, err
		}
		g.over.Go(func() { g.keepJoining(ctx) })
		return g, nil
	}
	g.over.Go(func() {
		if g.joinByName(ctx, mc, host) {
			g.keepJoining(ctx)
		}
	})
	return g, nil
}

// join begins to speak with others.
func (g *Gossip) join(mc *memberlist.Config) error {
	list, err := memberlist.Create(mc)
	if err != nil {
		return fmt.Errorf("gossip.address %s: %w", g.cfg.Listen, err)
	}
	g.list.Store(list)
	return nil
}

// joinByName is join at the address that host has, as soon as it has one: a name of a StatefulSet
// resolves some seconds after its pod has started. It answers false when ctx ends before.
func (g *Gossip) joinByName(ctx context.Context, mc *memberlist.Config, host string) bool {
	said := ""
	for ; ctx.Err() == nil; lifecycle.Pause(ctx, g.cfg.Every) {
		ips, err := g.lookup(ctx, host)
		if err == nil {
			mc.AdvertiseAddr = ips[0].IP.String()
			if err = g.join(mc); err == nil {
				return true
			}
		}
		if ctx.Err() == nil && err.Error() != said {
			said = err.Error()
			g.log.Warn("gossip.advertise has no address yet, trying again", "host", host, "error", err)
		}
	}
	return false
}

func splitAddress(key, address string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(address)
	if err == nil {
		port, err = strconv.Atoi(text)
	}
	if err != nil {
		return "", 0, fmt.Errorf("%s %q is no host:port: %w", key, address, err)
	}
	return cmp.Or(host, "0.0.0.0"), port, nil
}

// keepJoining asks the configured addresses whenever fewer nodes are known than are configured, or none: a node that was cut off, and given up by
// everybody, finds back by this.
func (g *Gossip) keepJoining(ctx context.Context) {
	tick := time.NewTicker(joinEvery)
	defer tick.Stop()
	said := ""
	for {
		g.resolve(ctx)
		said = g.sayMoved(ctx, said)
		if n := g.list.Load().NumMembers(); len(g.cfg.Join) > 0 && n < max(2, len(g.cfg.Join)) {
			if n, err := g.list.Load().Join(g.cfg.Join); err != nil && n == 0 {
				g.log.Debug("no address to join answers yet", "addresses", g.cfg.Join, "error", err)
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// resolve looks up the addresses to join: peers are known by IP address.
func (g *Gossip) resolve(ctx context.Context) {
	named := map[string]string{}
	for _, address := range g.cfg.Join {
		host, port, err := net.SplitHostPort(address)
		if err != nil {
			continue
		}
		ips, err := net.DefaultResolver.LookupHost(ctx, host)
		if err != nil {
			continue // tried again with the next round
		}
		for _, ip := range ips {
			named[net.JoinHostPort(ip, port)] = address
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.named = named
}

// Peers returns the nodes heard of but this one, sorted by id; once this node belongs to a cluster, none
// of others. Status is alive, left (it said good-bye) or suspect (it was lost).
func (g *Gossip) Peers() []Peer {
	g.mu.Lock()
	defer g.mu.Unlock()
	all := maps.Clone(g.gone)
	maps.Copy(all, g.alive)
	for id, p := range all {
		if g.foreign(p.ClusterID) {
			delete(all, id)
			continue
		}
		p.Named = g.named[p.gossip]
		all[id] = p
	}
	return slices.SortedFunc(maps.Values(all), func(a, b Peer) int { return cmp.Compare(a.ID, b.ID) })
}

// foreign reports whether a node of that cluster is none of ours; g.mu is held.
func (g *Gossip) foreign(cluster string) bool {
	return cluster != "" && g.self.ClusterID != "" && cluster != g.self.ClusterID
}

// Others returns the addresses to join but this node's own. A name that stands for other nodes too, such as that of a service, is
// another's.
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

// Address returns where others reach this node's gossip; empty as long as that has no address.
func (g *Gossip) Address() string {
	if list := g.list.Load(); list != nil {
		return list.LocalNode().Address()
	}
	return ""
}

// Dropped returns how many packets and streams were not shown to memberlist so far.
func (g *Gossip) Dropped() uint64 { return g.transport.dropped.Load() }

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

// Close says good-bye, for 4 s at most, and stops listening. A probe that memberlist had under way may take one more interval to notice.
func (g *Gossip) Close() error {
	g.mu.Lock()
	again := g.leaving
	g.leaving = true
	g.mu.Unlock()
	if again {
		return nil
	}
	g.end()
	g.over.Wait()
	list := g.list.Load()
	if list == nil {
		return g.transport.Shutdown()
	}
	if list.NumMembers() > 1 {
		// memberlist tells a node that left from one that died, but not its listeners. So the last thing a node says of itself is that it leaves.
		g.tell("that it leaves")
		if err := list.Leave(leaveWithin); err != nil {
			g.log.Debug("left without everybody hearing of it", "error", err)
		}
	}
	return list.Shutdown()
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

// hear takes what memberlist says of a node, with memberlist's lock held: nothing here may call back or keep n.
func (g *Gossip) hear(n *memberlist.Node, here bool) {
	if n.Name == g.cfg.Self.ID {
		return
	}
	var m meta
	if err := json.Unmarshal(n.Meta, &m); err != nil {
		return // cannot be: door has read it
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
