package cluster

import (
	"context"
	"fmt"

	"aion.dev/aion/cluster/port"
	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"github.com/fxamacker/cbor/v2"
)

// subject returns the node that a command is about, if a follower may forward the command to the
// leader. Those are the commands in which a node reports about itself or its own configuration.
func subject(cmd fsm.Command) (node string, ok bool) {
	switch c := cmd.(type) {
	case *fsm.AnnounceNode:
		return c.Node.ID, true
	case *fsm.ReportReady:
		return c.Node, true
	case *fsm.ReportDigest:
		return c.Node, true
	case *fsm.SetLimits:
		return c.Node, true
	}
	return "", false
}

// forwardAnswer is the outcome of a forwarded command. The answers of these commands contain only
// the index.
type forwardAnswer struct {
	Index   uint64         `cbor:"1,keyasint"`
	Refused *remoteRefusal `cbor:"2,keyasint,omitempty"`
}

// remoteRefusal is a refusal from another node.
type remoteRefusal struct {
	Text string         `cbor:"1,keyasint"`
	Kind string         `cbor:"2,keyasint"`
	More map[string]any `cbor:"3,keyasint,omitempty"`
}

// Error implements error.
func (r *remoteRefusal) Error() string { return r.Text }

// Code implements fsm.Refusal.
func (r *remoteRefusal) Code() string { return r.Kind }

// Facts implements fsm.Refusal.
func (r *remoteRefusal) Facts() map[string]any { return r.More }

// forward sends one of this node's own commands, encoded, to the leader.
func (c *Cluster) forward(ctx context.Context, piece []byte) (fsm.Result, error) {
	r := c.raft.Load()
	address, id := r.LeaderWithID()
	if address == "" || string(id) == c.id {
		return fsm.Result{}, &engine.NotLeader{}
	}
	b, err := c.caller.Call(ctx, port.Server{ID: string(id), Address: string(address)}, callPropose, piece)
	if err != nil {
		return fsm.Result{}, err
	}
	var a forwardAnswer
	if err := cbor.Unmarshal(b, &a); err != nil {
		return fsm.Result{}, &engine.Unknown{Cause: fmt.Errorf("the leader's answer cannot be read: %w", err)}
	}
	if a.Refused != nil {
		return fsm.Result{Index: a.Index, Refusal: a.Refused}, nil
	}
	return fsm.Result{Index: a.Index, Answer: &fsm.Done{}}, nil
}

// mayForward returns nil if the leader may propose a node's envelope for it, and otherwise an error
// with the reason. A node speaks only for itself.
func mayForward(from string, e fsm.Envelope) error {
	about, ok := subject(e.Command)
	switch {
	case !ok:
		return &engine.Unavailable{Why: fmt.Sprintf("commands of kind %d are not forwarded between nodes", e.Command.Kind())}
	case about != from:
		return &engine.Unavailable{Why: fmt.Sprintf("node %s speaks for node %s: a node reports only about itself", from, about)}
	case e.Request != nil:
		return &engine.Unavailable{Why: "a node's own commands carry no request id"}
	}
	return nil
}

// proposeFor answers a follower's forward. A node speaks only for itself, and only while it is a
// member.
func (c *Cluster) proposeFor(ctx context.Context, from port.Introduction, piece []byte) ([]byte, error) {
	if err := c.closedError(); err != nil {
		return nil, err
	}
	e, err := fsm.DecodeEnvelope(piece)
	if err != nil {
		return nil, &engine.Unavailable{Why: fmt.Sprintf("a forwarded command cannot be read: %v", err)}
	}
	if err := mayForward(from.From, e); err != nil {
		return nil, err
	}
	if a, ok := e.Command.(*fsm.AnnounceNode); ok {
		if err := c.checkRow(a); err != nil {
			return nil, err
		}
	}
	t, err := c.term(ctx)
	if err != nil {
		return nil, err // one hop: a caller that is told about another leader asks that one itself
	}
	results, err := t.committer.propose(ctx, newCommand(markOf(e.Command), fsm.Estimate(e.Command), piece))
	if err != nil {
		return nil, err
	}
	a := forwardAnswer{Index: results[0].Index}
	if r := results[0].Refusal; r != nil {
		a.Refused = &remoteRefusal{Text: r.Error(), Kind: r.Code(), More: r.Facts()}
	}
	return cbor.Marshal(a)
}
