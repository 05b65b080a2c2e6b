package gossip

import (
	"cmp"
	"context"
	"fmt"
	"log"
	"net"
	"sync"
	"sync/atomic"
	"time"

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

	// Every is the pace: how often a member is probed. A dead one is suspect after about five times
	// as long. Default 1 s.
	Every time.Duration

	lookup lookup // nil = the system's
}

// Gossip suggests addresses of nodes. What it says may be late, wrong or missing: membership and
// leadership come from the log.
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
	// A node that was dead and comes back at another address is the same node: its identity is in
	// its data folder, not in its address. The default never lets it back in under its id.
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

// Address returns where others reach this node's gossip; empty as long as that has no address.
func (g *Gossip) Address() string {
	if list := g.list.Load(); list != nil {
		return list.LocalNode().Address()
	}
	return ""
}

// Dropped returns how many packets and streams were not shown to memberlist so far.
func (g *Gossip) Dropped() uint64 { return g.transport.dropped.Load() }

// Close says good-bye, for 4 s at most, and stops listening. A probe that memberlist had under way
// may take one more interval to notice.
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
		// memberlist tells a node that left from one that died, but not its listeners. So the last
		// thing a node says of itself is that it leaves.
		g.tell("that it leaves")
		if err := list.Leave(leaveWithin); err != nil {
			g.log.Debug("left without everybody hearing of it", "error", err)
		}
	}
	return list.Shutdown()
}
