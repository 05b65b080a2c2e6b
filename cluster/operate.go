package cluster

import (
	"context"
	"errors"
	"fmt"

	"aion.dev/aion/cluster/port"
	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
)

// What operators ask of one node travels between nodes as a call, so that any node can be asked.

const (
	callOperate = "operate" // do something to this node, or as the leader

	operateRemove  = "remove"  // a node, on the leader
	operateDrain   = "drain"   // the node that is asked
	operateUndrain = "undrain" // likewise
)

// operation is one of the above.
type operation struct {
	Do   string `json:"do"`
	Node string `json:"node"`
}

// operated is how it ended, unless by an error between nodes.
type operated struct {
	Refused *remoteRefusal `json:"refused,omitempty"`
}

// operateOn asks a node.
func (c *Cluster) operateOn(ctx context.Context, to port.Server, o operation) error {
	var a operated
	if err := c.call(ctx, to, callOperate, o, &a); err != nil {
		return err
	}
	if a.Refused != nil {
		return a.Refused
	}
	return nil
}

// operate answers operateOn.
func (c *Cluster) operate(ctx context.Context, _ port.Introduction, o operation) (operated, error) {
	var err error
	switch {
	case o.Do == operateRemove:
		err = c.Remove(ctx, o.Node)
	case o.Node != c.id:
		err = &UnknownNode{o.Node, fmt.Sprintf("was meant, but here answers node %s", c.id)}
	case o.Do == operateDrain:
		err = c.Drain(ctx, c.id, true)
	case o.Do == operateUndrain:
		err = c.Drain(ctx, c.id, false)
	default:
		err = &engine.Unavailable{Why: fmt.Sprintf("node %s does not know how to %s", c.id, o.Do)}
	}
	var refusal fsm.Refusal
	switch {
	case err == nil:
		return operated{}, nil
	case errors.As(err, new(*engine.NotLeader)), errors.As(err, new(*engine.NoQuorum)),
		errors.As(err, new(*engine.Unavailable)), errors.As(err, new(*engine.Unknown)):
		return operated{}, err // these cross as they are
	case errors.As(err, &refusal):
		return operated{Refused: &remoteRefusal{refusal.Error(), refusal.Code(), refusal.Facts()}}, nil
	}
	return operated{}, err
}
