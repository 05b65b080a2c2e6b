package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"aion.dev/aion/cluster/folder"
	"aion.dev/aion/cluster/port"
	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/internal/faults"
	"github.com/hashicorp/raft"
)

// These are the calls between members. The port defines those that strangers may make.
const callPropose = "propose" // a command of a follower's own

// helloWithin bounds one hello.
const helloWithin = time.Second

// Introduction returns what this node sends when it opens a connection.
func (c *Cluster) Introduction() port.Introduction {
	return port.Introduction{Name: c.cfg.ClusterName, Cluster: c.clusterID(), From: c.id, Instance: c.instance}
}

// greeting is what a node reports about itself.
type greeting struct {
	port.Server
	Instance    string        `json:"instance"`          // id of the process
	Name        string        `json:"name,omitempty"`    // cluster.name
	Members     []port.Server `json:"members,omitempty"` // of the newest configuration that it knows
	HTTPAddress string        `json:"http_address"`
	Version     string        `json:"version"`
	ClusterID   string        `json:"cluster_id,omitempty"`
	Empty       bool          `json:"empty"`  // it belongs to no cluster: raft does not run on it
	Expect      int           `json:"expect"` // bootstrap_expect
	// the founders it promised to found, or founded, a cluster with
	Promise *Founding   `json:"promise,omitempty"`
	Leader  port.Server `json:"leader"`
	Applied uint64      `json:"applied"` // raft's index
	State   uint64      `json:"state"`   // the state's index
	Missing int         `json:"missing"` // archives that its state names and its disk does not have

	Last       uint64           `json:"last"`                 // index of the newest entry in its log
	Objections []objection      `json:"objections,omitempty"` // why it should not lead
	Draining   bool             `json:"draining,omitempty"`
	Joining    bool             `json:"joining,omitempty"` // see admission.go
	Disk       folder.DiskState `json:"disk,omitzero"`     // Size is 0 from older nodes

	Level     uint64 `json:"level,omitempty"`      // newest level that its build knows; see level.go
	HoldLevel bool   `json:"hold_level,omitempty"` // it keeps the cluster from raising the level

	named string // set by the node that greeted it: the address in cluster.join that led to it
	Clock int64  `json:"clock,omitempty"` // its wall clock, in nanoseconds of Unix time; 0 from older nodes
}

// ownGreeting returns this node's greeting.
func (c *Cluster) ownGreeting() (greeting, error) {
	g := greeting{
		Server:      c.self(),
		Instance:    c.instance,
		Name:        c.cfg.ClusterName,
		HTTPAddress: c.cfg.HTTPAddress,
		Version:     c.cfg.Version,
		ClusterID:   c.clusterID(),
		Expect:      c.cfg.BootstrapExpect,
		Applied:     c.applied(),
		State:       c.state.Applied(),
		Objections:  c.objections(),
		Draining:    c.Draining(),
		Joining:     c.joining() != nil,
		Disk:        c.Disk(),
		Level:       fsm.NewestLevel,
		HoldLevel:   c.cfg.HoldLevel,
		Clock:       c.wall(faults.Now()).UnixNano(),
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
		g.Leader = port.Server{ID: string(id), Address: string(address)}
		g.Last = r.LastIndex()
		for _, s := range r.GetConfiguration().Configuration().Servers {
			g.Members = append(g.Members, port.Server{ID: string(s.ID), Address: string(s.Address)})
		}
		return g, nil
	}
	// Raft may be starting here at this moment. What counts is whether there is anything on disk to
	// start from.
	existing, err := raft.HasExistingState(c.stores.Log, c.stores.Stable, c.stores.Snapshots)
	g.Empty = !existing
	return g, err
}

func (c *Cluster) self() port.Server {
	return port.Server{ID: c.id, Address: string(c.link.LocalAddr())}
}

// hello asks a node for its greeting.
func (c *Cluster) hello(ctx context.Context, to port.Server) (greeting, error) {
	ctx, cancel := context.WithTimeout(ctx, helloWithin)
	defer cancel()
	var g greeting
	sent := faults.Now()
	err := c.call(ctx, to, port.CallHello, struct{}{}, &g)
	if err == nil && to.ID != "" && g.ID != to.ID {
		err = fmt.Errorf("node %[2]s answers at %[1]s, not node %[3]s", to.Address, g.ID, to.ID)
	}
	if err == nil && g.Clock != 0 {
		c.clocks.record(g.ID, sent, faults.Now(), time.Unix(0, g.Clock))
	}
	return g, err
}

// call asks a node and decodes its answer, both in JSON.
func (c *Cluster) call(ctx context.Context, to port.Server, name string, question, reply any) error {
	body, err := json.Marshal(question)
	if err != nil {
		return err
	}
	b, err := c.caller.Call(ctx, to, name, body)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, reply); err != nil {
		return fmt.Errorf("%s: node %s answered what cannot be read: %w", name, to, err)
	}
	return nil
}

// handleCalls registers the calls that this node answers.
func (c *Cluster) handleCalls() {
	handle(c, port.CallHello, func(_ context.Context, from port.Introduction, _ struct{}) (greeting, error) {
		if from.To == c.id && (from.From != c.id || from.Instance == c.instance) {
			c.reached.Store(true)
		}
		return c.ownGreeting()
	})
	handle(c, port.CallPromise, func(_ context.Context, _ port.Introduction, f Founding) (struct{}, error) {
		return struct{}{}, c.promise(f)
	})
	handle(c, port.CallJoin, c.admit)
	handle(c, callOperate, c.operate)
	handle(c, callTerm, c.answerTerm)
	handle(c, callGone, c.answerGone)
	handle(c, callIndex, c.answerIndex)
	c.caller.Handle(callPropose, c.proposeFor)
}

// handle registers a handler of a call in JSON, which answers while this node is up.
func handle[Q, A any](c *Cluster, name string, f func(context.Context, port.Introduction, Q) (A, error)) {
	c.caller.Handle(name, func(ctx context.Context, from port.Introduction, body []byte) ([]byte, error) {
		if err := c.closedError(); err != nil {
			return nil, err
		}
		var question Q
		if err := json.Unmarshal(body, &question); err != nil {
			return nil, &engine.Unavailable{Why: fmt.Sprintf("%s: the question cannot be read: %v", name, err)}
		}
		a, err := f(ctx, from, question)
		if err != nil {
			return nil, err
		}
		return json.Marshal(a)
	})
}
