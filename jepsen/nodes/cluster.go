package nodes

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"aion.dev/aion/jepsen/links"
	"aion.dev/aion/jepsen/netns"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// Config configures the cluster to run.
type Config struct {
	Binary string   // aion-node
	Other  string   // aion-node of another commit, as which nodes may be restarted; empty = none
	Dir    string   // for data, logs and everything else of this run; created if missing
	Nodes  int      // 3 to 5
	Flags  []string // of every node, in addition to its own
	Env    []string // of every node, in addition to PATH, HOME and TMPDIR
	Hold   bool     // nodes of Binary hold the level, so that Other may be an older build
	Seed   uint64   // of the links
	Tagged bool     // Binary was built with -tags aionfaults: each node reads its Control file
	Netns  bool     // each node in a network namespace of its own, see package netns
	TLS    bool     // nodes have certificates, which Rotation replaces
	Token  string   // secret of a token of every node's file that may do everything; empty = they are open
}

// Authorize lets a call that is made past the clients in, if nodes ask for tokens.
func (n *Node) Authorize(r *http.Request) {
	if token := n.cluster.cfg.Token; token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
}

// Token is the secret of the token that may do everything; empty = nodes are open.
func (c *Cluster) Token() string { return c.cfg.Token }

// Binary is the aion-node as which nodes begin.
func (c *Cluster) Binary() string { return c.cfg.Binary }

// Cluster is the nodes of one run. Its methods may be called by any goroutine; two operations on
// one node wait for each other.
type Cluster struct {
	Links *links.Net // of clients and workers, and between nodes if there is no Switch
	// between nodes in namespaces; otherwise nil. Its ends are the nodes' names and links.Client
	Switch *netns.Switch

	cfg         Config
	nodes       []*Node      // by number; fixed
	authorities *authorities // nil = no TLS
	web         *http.Client

	mu        sync.Mutex // guards the fields below
	strangers []*Node    // by age
}

// Start runs a new cluster and waits until every node is ready.
func Start(ctx context.Context, cfg Config) (*Cluster, error) {
	if err := os.MkdirAll(cfg.Dir, 0o755); err != nil {
		return nil, err
	}
	c := &Cluster{cfg: cfg, Links: links.New(cfg.Seed), web: http.DefaultClient}
	if cfg.TLS {
		var err error
		if c.authorities, err = newAuthorities(filepath.Join(cfg.Dir, "certificates")); err != nil {
			return nil, err
		}
		c.web = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: c.Roots()}}}
	}
	if cfg.Netns {
		if err := c.connect(); err != nil {
			return nil, err
		}
	}
	var join []string
	for i := range cfg.Nodes {
		n := &Node{cluster: c, Name: name(i), Data: filepath.Join(cfg.Dir, "data-"+name(i))}
		if cfg.Tagged {
			n.Extra = append(n.Extra, "AION_FAULTS="+n.Control())
		}
		if err := c.place(n); err != nil {
			c.Close()
			return nil, err
		}
		if err := c.authorities.equip(n); err != nil {
			c.Close()
			return nil, err
		}
		c.nodes = append(c.nodes, n)
		join = append(join, n.advertise.Gossip)
	}
	for _, n := range c.nodes {
		n.joins, n.expect = join, cfg.Nodes
		if err := n.Start(); err != nil {
			c.Close()
			return nil, err
		}
	}
	if err := c.AwaitReady(ctx); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// Nodes lists all nodes, by number.
func (c *Cluster) Nodes() []*Node { return c.nodes }

// Node returns a node by name.
func (c *Cluster) Node(name string) *Node {
	for _, n := range c.nodes {
		if n.Name == name {
			return n
		}
	}
	return nil
}

// Names lists the names of all nodes.
func (c *Cluster) Names() []string {
	names := make([]string, len(c.nodes))
	for i, n := range c.nodes {
		names[i] = n.Name
	}
	return names
}

// Leader returns the node that won most recently, as the nodes themselves report past all links;
// nil if none claims to lead.
func (c *Cluster) Leader(ctx context.Context) *Node {
	var leader *Node
	var term uint64
	var mu sync.Mutex
	var asked sync.WaitGroup
	for _, n := range c.nodes {
		asked.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
			defer cancel()
			s, err := n.Status(ctx)
			if err != nil || s.Leader != n.ID() {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			if leader == nil || s.Term > term {
				leader, term = n, s.Term
			}
		})
	}
	asked.Wait()
	return leader
}

// AwaitReady waits until every running node has a leader and has applied what was committed.
func (c *Cluster) AwaitReady(ctx context.Context) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		var waiting []string
		for _, n := range c.nodes {
			if err := n.Ready(ctx); err != nil {
				waiting = append(waiting, n.Name+" "+err.Error())
			}
		}
		if len(waiting) == 0 {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("not ready: %s", strings.Join(waiting, "; "))
		}
	}
}

// Dead lists nodes that ended although nobody killed them, with the end of their log.
func (c *Cluster) Dead() []string {
	var dead []string
	for _, n := range c.nodes {
		if why := n.Died(); why != "" {
			dead = append(dead, why)
		}
	}
	return dead
}

// Close kills every node and ends the links. Data and logs stay.
func (c *Cluster) Close() error {
	var errs []error
	for _, n := range append(c.Strangers(), c.nodes...) {
		n.Kill()
	}
	errs = append(errs, c.Links.Close())
	if c.Switch != nil {
		errs = append(errs, c.Switch.Close())
	}
	return errors.Join(errs...)
}

// direct returns a client that bypasses the links.
func (c *Cluster) direct(address string) (*client.Client, error) {
	return client.New(client.Config{Addresses: []string{address}, Patience: -1, Token: c.cfg.Token, RootCAs: c.Roots()})
}

// Status is a node's view of the cluster; see Node.Status.
type Status = wire.Cluster
