package load

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"aion.dev/aion/jepsen/nodes"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/client"
)

// CallTimeout bounds one call.
const CallTimeout = 10 * time.Second

// Faces are the ways in which callers and workers of a run call nodes: over the hot face alone for
// all that it has; as programs do, which begin over HTTP and go back to it when a stream breaks;
// and over HTTP alone.
var Faces = []string{"hot", "both", "http"}

// FaceOf returns a face as the client takes it.
func FaceOf(name string) client.Face {
	if name == "both" {
		return client.FaceAuto
	}
	return client.Face(name)
}

// Env is what a workload works with.
type Env struct {
	Cluster     *nodes.Cluster
	Record      *op.Recorder
	Dir         string // of the run, for files that a workload keeps beside the history
	Seed        uint64
	Face        string  // one of Faces
	Concurrency int     // number of a workload's callers
	Rate        float64 // calls a second that one caller makes at most; 0 = unlimited

	clients map[string]*client.Client // by node; fixed after NewEnv
}

// NewEnv makes an Env for a cluster that runs.
func NewEnv(c *nodes.Cluster, r *op.Recorder, dir string, seed uint64, face string, concurrency int, rate float64) (*Env, error) {
	e := &Env{Cluster: c, Record: r, Dir: dir, Seed: seed, Face: face, Concurrency: concurrency, Rate: rate, clients: map[string]*client.Client{}}
	for _, n := range c.Nodes() {
		cl, err := client.New(client.Config{Addresses: []string{n.ClientAddress()}, Patience: -1, Actor: "jepsen", Face: FaceOf(face), Token: c.Token(), RootCAs: c.Roots()})
		if err != nil {
			return nil, err
		}
		e.clients[n.Name] = cl
	}
	return e, nil
}

// Client returns the client of one node. It goes through the links and never retries by itself.
func (e *Env) Client(node string) *client.Client { return e.clients[node] }

// As returns a client of one node that calls with another token. The caller closes it.
func (e *Env) As(node, secret string) (*client.Client, error) {
	for _, n := range e.Cluster.Nodes() {
		if n.Name == node {
			return client.New(client.Config{Addresses: []string{n.ClientAddress()}, Patience: -1, Face: client.FaceHTTP, Token: secret, RootCAs: e.Cluster.Roots()})
		}
	}
	return nil, fmt.Errorf("there is no node %s", node)
}

// In returns a client of one node whose calls are of a namespace.
func (e *Env) In(node, space string) (*client.Client, error) {
	for _, n := range e.Cluster.Nodes() {
		if n.Name == node {
			return client.New(client.Config{Addresses: []string{n.Public.HTTP}, Patience: -1, Actor: "jepsen", Face: FaceOf(e.Face), Token: e.Cluster.Token(), Namespace: space})
		}
	}
	return nil, fmt.Errorf("there is no node %s", node)
}

// Rand returns the generator of one stream of choices: the same seed and stream give the same
// choices.
func (e *Env) Rand(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(e.Seed, stream)) }

// AnyNode chooses a node.
func (e *Env) AnyNode(r *rand.Rand) string {
	names := e.Cluster.Names()
	return names[r.IntN(len(names))]
}

// NodeFor spreads reads over the nodes: the same name always gets the same node.
func (e *Env) NodeFor(name string) string {
	names := e.Cluster.Names()
	sum := 0
	for _, b := range []byte(name) {
		sum += int(b)
	}
	return names[sum%len(names)]
}

// Call records one call through a node.
func (e *Env) Call(ctx context.Context, o op.Op, call func(ctx context.Context, c *client.Client, o *op.Op) error) op.Op {
	return e.Record.Do(o, func(o *op.Op) error {
		ctx, cancel := context.WithTimeout(ctx, CallTimeout)
		defer cancel()
		return call(ctx, e.Client(o.Node), o)
	})
}

// Insist repeats a call under one request id, through one node after another, until its outcome is
// known. Every attempt is an operation of the history. An error means that ctx ended first.
func (e *Env) Insist(ctx context.Context, o op.Op, call func(ctx context.Context, c *client.Client, o *op.Op) error) (op.Op, error) {
	names := e.Cluster.Names()
	at := max(0, slices.Index(names, o.Node))
	for try := 0; ; try++ {
		o.Node, o.Repeat = names[(at+try)%len(names)], o.Repeat || try > 0
		done := e.Call(ctx, o, call)
		if done.Outcome == op.OK || done.Outcome == op.Refused || try >= mostHeld && strings.Contains(done.Error, heldBack) {
			return done, nil
		}
		select {
		case <-time.After(time.Duration(min(try+1, 10)) * 50 * time.Millisecond):
		case <-ctx.Done():
			return done, fmt.Errorf("%s %s: no known outcome after %d tries: %s", o.F, o.Key, try+1, done.Error)
		}
	}
}

// Nodes that hold the level of the state (runs of the family upgrade with an even seed) never do
// what a later level brings. Where the level is on its way, it comes in far fewer tries.
const (
	heldBack = "the cluster is being upgraded: it is at level"
	mostHeld = 8
)

// Repeated returns an operation to be sent again by another caller.
func (e *Env) Repeated(o op.Op) op.Op {
	return op.Op{Process: e.Record.Process(), Workload: o.Workload, F: o.F, Key: o.Key, Value: o.Value, Request: o.Request, Node: o.Node, Repeat: true}
}
