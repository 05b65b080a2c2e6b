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

// Config describes this node to others, and where to find them.
type Config struct {
	Self    Peer     // Status is ignored. Its encoding must fit into 512 bytes
	Listen  string   // host:port, TCP and UDP; port 0 takes a free one
	Address string   // host:port at which others reach it; empty = Listen
	Key     []byte   // 16, 24 or 32 bytes; nil means no encryption
	Join    []string // gossip addresses of others; its own may be among them
	Logger  hclog.Logger

	// Every is the probe interval of a member. A dead member becomes suspect after about five
	// intervals. Default 1 s.
	Every time.Duration

	lookup lookup // nil = the system's
}

// Gossip suggests addresses of nodes. They may be outdated, wrong or missing: membership and
// leadership come from the log.
type Gossip struct {
	cfg       Config
	log       hclog.Logger
	list      atomic.Pointer[memberlist.Memberlist] // nil until the name in gossip.advertise resolves
	transport *transport
	lookup    lookup // resolves gossip.advertise
	changed   chan struct{}
	end       context.CancelFunc
	over      sync.WaitGroup

	mu      sync.Mutex // guards the fields below
	self    Peer
	leaving bool
	alive   map[string]Peer // by node id; copies, because memberlist keeps changing the nodes that it hands out
	gone    map[string]Peer // left or suspect; maxGone at most
	known   known
	named   map[string]string // ip:port of each address in cfg.Join that resolves, and its spelling there
}

// Bounds of gossip.
const (
	joinEvery   = 2 * time.Second // how often addresses that did not answer are retried
	leaveWithin = 2 * time.Second // how long each of the two good-byes may take
	maxGone     = 64              // lost nodes that are remembered
)

// Open listens and starts to look for the other nodes. The caller closes it.
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
	// LogOutput would put a time before the level and hide the level
	mc.Logger = log.New(throttle.New(said, 20, 10*time.Second), "", 0)
	mc.SecretKey = cfg.Key
	mc.Delegate, mc.Events, mc.Alive = (*delegate)(g), (*events)(g), (*door)(g)
	mc.ProbeInterval, mc.ProbeTimeout, mc.GossipInterval = cfg.Every, cfg.Every/2, cfg.Every/5
	mc.TCPTimeout = 3 * time.Second
	mc.QueueCheckInterval = cfg.Every
	// A node that was dead and returns at another address is the same node: its data folder
	// identifies it, not its address. memberlist's default would never accept it again under its
	// id.
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

// Address returns where others reach this node's gossip, or "" as long as its name does not
// resolve.
func (g *Gossip) Address() string {
	if list := g.list.Load(); list != nil {
		return list.LocalNode().Address()
	}
	return ""
}

// Dropped returns how many packets and streams have been withheld from memberlist.
func (g *Gossip) Dropped() uint64 { return g.transport.dropped.Load() }

// Close says good-bye, for at most 4 s, and stops listening. A probe that memberlist has in flight
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
		// memberlist distinguishes a node that left from one that died, but does not tell its
		// listeners. So a node announces that it leaves as its last metadata.
		g.broadcastMeta("that it leaves")
		if err := list.Leave(leaveWithin); err != nil {
			g.log.Debug("left before every node heard of it", "error", err)
		}
	}
	return list.Shutdown()
}
