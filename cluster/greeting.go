package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"aion.dev/aion/engine"
	"github.com/hashicorp/raft"
)

// The calls between nodes.
const (
	callHello   = "hello"   // who are you, and how far are you
	callPromise = "promise" // found a cluster with these, and no other
	callJoin    = "join"    // let me in
	callPropose = "propose" // a command of a follower's own
)

// helloWithin bounds one hello.
const helloWithin = time.Second

// Server is a node as a raft configuration knows it.
type Server struct {
	ID      string `json:"id"`
	Address string `json:"address"` // of the node port
}

// greeting is what a node says of itself.
type greeting struct {
	Server
	HTTPAddress string   `json:"http_address"`
	Version     string   `json:"version"`
	ClusterID   string   `json:"cluster_id,omitempty"`
	Empty       bool     `json:"empty"`             // it belongs to no cluster: raft does not run there
	Expect      int      `json:"expect"`            // bootstrap_expect
	Promise     []Server `json:"promise,omitempty"` // with whom it founds a cluster or founded one
	Leader      Server   `json:"leader"`
	Applied     uint64   `json:"applied"` // raft's index
	State       uint64   `json:"state"`   // the state's index
	Missing     int      `json:"missing"` // archives that its state names and its disk lacks

	Last       uint64      `json:"last"`                 // index of the newest entry in its log
	Objections []objection `json:"objections,omitempty"` // why it should not lead
	Draining   bool        `json:"draining,omitempty"`
}

// greet returns this node's greeting.
func (c *Cluster) greet() (greeting, error) {
	g := greeting{
		Server:      c.self(),
		HTTPAddress: c.cfg.HTTPAddress,
		Version:     c.cfg.Version,
		ClusterID:   c.clusterID(),
		Expect:      c.cfg.BootstrapExpect,
		Applied:     c.applied(),
		State:       c.state.Applied(),
		Objections:  c.objections(),
		Draining:    c.Draining(),
	}
	if c.archives != nil {
		g.Missing = c.archives.Missing()
	}
	var err error
	if g.Promise, err = c.promises.Promised(); err != nil {
		return g, err
	}
	if r := c.raft.Load(); r != nil {
		address, id := r.LeaderWithID()
		g.Leader = Server{ID: string(id), Address: string(address)}
		g.Last = r.LastIndex()
		return g, nil
	}
	// Raft may be about to start here; what counts is whether there is anything that it would start from.
	existing, err := raft.HasExistingState(c.stores.Log, c.stores.Stable, c.stores.Snapshots)
	g.Empty = !existing
	return g, err
}

func (c *Cluster) self() Server { return Server{ID: c.id, Address: string(c.link.LocalAddr())} }

// hello asks the node at address who it is.
func (c *Cluster) hello(ctx context.Context, address string) (greeting, error) {
	ctx, cancel := context.WithTimeout(ctx, helloWithin)
	defer cancel()
	var g greeting
	err := c.call(ctx, address, callHello, struct{}{}, &g)
	return g, err
}

// call asks in JSON.
func (c *Cluster) call(ctx context.Context, address, name string, question, reply any) error {
	body, err := json.Marshal(question)
	if err != nil {
		return err
	}
	b, err := c.caller.Call(ctx, address, name, body)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, reply); err != nil {
		return fmt.Errorf("%s: node at %s answered what cannot be read: %w", name, address, err)
	}
	return nil
}

// handleCalls names what this node answers to others.
func (c *Cluster) handleCalls() {
	handle(c, callHello, func(context.Context, struct{}) (greeting, error) { return c.greet() })
	handle(c, callPromise, func(_ context.Context, servers []Server) (struct{}, error) { return struct{}{}, c.promise(servers) })
	handle(c, callJoin, c.admit)
	handle(c, callOperate, c.operate)
	c.caller.Handle(callPropose, c.proposeFor)
}

// handle answers a call in JSON while this node is up.
func handle[Q, A any](c *Cluster, name string, f func(context.Context, Q) (A, error)) {
	c.caller.Handle(name, func(ctx context.Context, body []byte) ([]byte, error) {
		if err := c.refuse(); err != nil {
			return nil, err
		}
		var question Q
		if err := json.Unmarshal(body, &question); err != nil {
			return nil, &engine.Unavailable{Why: fmt.Sprintf("%s: the question cannot be read: %v", name, err)}
		}
		a, err := f(ctx, question)
		if err != nil {
			return nil, err
		}
		return json.Marshal(a)
	})
}
