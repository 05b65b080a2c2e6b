package cluster

import (
	"context"
	"errors"
	"fmt"

	"aion.dev/aion/cluster/port"
	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
)

// Operators may ask any node to operate on any other: the operation travels between nodes as a
// call.

const (
	callOperate = "operate" // make a node do something to itself, or as the leader

	operateRemove  = "remove"  // remove a node; asks the leader
	operateDemote  = "demote"  // make a voter a non-voter; asks the leader
	operateDrain   = "drain"   // drain the node that is asked
	operateUndrain = "undrain" // undrain the node that is asked
)

// operation is one of the operations above.
type operation struct {
	Do      string       `json:"do"`
	Node    string       `json:"node"`
	Request *fsm.Request `json:"request,omitempty"`
}

// operated is the outcome of an operation, unless the call itself failed.
type operated struct {
	Refused  *remoteRefusal  `json:"refused,omitempty"`
	Answered engine.Answered `json:"answered,omitzero"`
}

// operateOn asks a node to do an operation.
func (c *Cluster) operateOn(ctx context.Context, to port.Server, o operation) (engine.Answered, error) {
	var a operated
	if err := c.call(ctx, to, callOperate, o, &a); err != nil {
		return engine.Answered{}, err
	}
	if a.Refused != nil {
		return a.Answered, a.Refused
	}
	return a.Answered, nil
}

// operate answers operateOn.
func (c *Cluster) operate(ctx context.Context, _ port.Introduction, o operation) (operated, error) {
	var (
		a   engine.Answered
		err error
	)
	switch {
	case o.Do == operateRemove:
		a, err = c.Remove(ctx, o.Request, o.Node)
	case o.Do == operateDemote:
		a, err = c.Demote(ctx, o.Request, o.Node)
	case o.Node != c.id:
		err = &UnknownNode{o.Node, fmt.Sprintf("was meant, but here answers node %s", c.id)}
	case o.Do == operateDrain:
		a, err = c.Drain(ctx, o.Request, c.id, true)
	case o.Do == operateUndrain:
		a, err = c.Drain(ctx, o.Request, c.id, false)
	default:
		err = &engine.Unavailable{Why: fmt.Sprintf("node %s does not know how to %s", c.id, o.Do)}
	}
	var refusal fsm.Refusal
	switch {
	case err == nil:
		return operated{Answered: a}, nil
	case errors.As(err, new(*engine.NotLeader)), errors.As(err, new(*engine.NoQuorum)),
		errors.As(err, new(*engine.Unavailable)), errors.As(err, new(*engine.Unknown)):
		return operated{}, err // these errors cross the wire unchanged
	case errors.As(err, &refusal):
		return operated{Refused: &remoteRefusal{refusal.Error(), refusal.Code(), refusal.Facts()}, Answered: a}, nil
	}
	return operated{}, err
}
