package load

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"aion.dev/aion/jepsen/nodes"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/client"
)

// Workload is one kind of use. Its methods are called in this order, each once; Run alone meets faults.
type Workload interface {
	// Name is a word that people type: "catalog".
	Name() string
	// Setup prepares a healthy cluster.
	Setup(ctx context.Context, e *Env) error
	// Run calls the cluster until ctx ends, and returns when all its calls have. Calls that were made before the end may be waited for at most CallTimeout.
	Run(ctx context.Context, e *Env)
	// Settle works on a healed cluster: it repeats what has no known outcome until it has one, and reads the final state, all of it recorded. An error means
	// that the cluster did not come back, which is a violation.
	Settle(ctx context.Context, e *Env) error
	// Check finds what must not be in the history. It is pure.
	Check(ops []op.Op) []Violation
}

// Violation is a promise that the history breaks.
type Violation struct {
	Checker string `json:"checker"`
	What    string `json:"what"`            // in one sentence, with the names and indexes that prove it
	Ops     []int  `json:"ops,omitempty"`   // operations that prove it
	Shown   string `json:"shown,omitempty"` // file in the run's folder that shows it

	Draw func(path string) error `json:"-"` // writes that file, HTML; nil = there is nothing to see
}

// CallTimeout bounds one call.
const CallTimeout = 10 * time.Second

// Env is what a workload works with.
type Env struct {
	Cluster     *nodes.Cluster
	Record      *op.Recorder
	Dir         string // of the run, for whatever a workload keeps beside the history
	Seed        uint64
	Concurrency int     // callers that a workload has
	Rate        float64 // calls a second that one caller makes at most; 0 = as many as it can

	clients map[string]*client.Client // by node; fixed after NewEnv
}

// NewEnv makes an Env for a cluster that runs.
func NewEnv(c *nodes.Cluster, r *op.Recorder, dir string, seed uint64, concurrency int, rate float64) (*Env, error) {
	e := &Env{Cluster: c, Record: r, Dir: dir, Seed: seed, Concurrency: concurrency, Rate: rate, clients: map[string]*client.Client{}}
	for _, n := range c.Nodes() {
		cl, err := client.New(client.Config{Addresses: []string{n.Public.HTTP}, Patience: -1, Actor: "jepsen"})
		if err != nil {
			return nil, err
		}
		e.clients[n.Name] = cl
	}
	return e, nil
}

// Client returns the client of one node, which goes through the links and never repeats a call by itself.
func (e *Env) Client(node string) *client.Client { return e.clients[node] }

// Rand makes the generator of one stream of choices: the same seed and stream, the same choices.
func (e *Env) Rand(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(e.Seed, stream)) }

// AnyNode chooses a node.
func (e *Env) AnyNode(r *rand.Rand) string {
	names := e.Cluster.Names()
	return names[r.IntN(len(names))]
}

// Call records one call through a node.
func (e *Env) Call(ctx context.Context, o op.Op, call func(ctx context.Context, c *client.Client, o *op.Op) error) op.Op {
	return e.Record.Do(o, func(o *op.Op) error {
		ctx, cancel := context.WithTimeout(ctx, CallTimeout)
		defer cancel()
		return call(ctx, e.Client(o.Node), o)
	})
}

// Insist repeats a call under one request id, through one node after another, until its outcome is known. Every try is an operation of the history.
// The error says that ctx ended first.
func (e *Env) Insist(ctx context.Context, o op.Op, call func(ctx context.Context, c *client.Client, o *op.Op) error) (op.Op, error) {
	names := e.Cluster.Names()
	at := max(0, slices.Index(names, o.Node))
	for try := 0; ; try++ {
		o.Node, o.Repeat = names[(at+try)%len(names)], o.Repeat || try > 0
		done := e.Call(ctx, o, call)
		if done.Outcome == op.OK || done.Outcome == op.Refused {
			return done, nil
		}
		select {
		case <-time.After(time.Duration(min(try+1, 10)) * 50 * time.Millisecond):
		case <-ctx.Done():
			return done, fmt.Errorf("%s %s: no known outcome after %d tries: %s", o.F, o.Key, try+1, done.Error)
		}
	}
}

// Pace waits as long as the rate asks between two calls; false when ctx ended.
func (e *Env) Pace(ctx context.Context) bool {
	if e.Rate <= 0 {
		return ctx.Err() == nil
	}
	select {
	case <-time.After(time.Duration(float64(time.Second) / e.Rate)):
		return true
	case <-ctx.Done():
		return false
	}
}

// workloads are all there are, by name; each file adds its own in init.
var workloads = map[string]func() Workload{}

// densities are how often callers of a workload may call, compared with others: what each call of some costs afterwards, to wait for and to read again, differs.
var densities = map[string]float64{"timers": 0.2, "signals": 0.5}

// Density is what to multiply a rate that is the same for all workloads with.
func Density(name string) float64 {
	if d, ok := densities[name]; ok {
		return d
	}
	return 1
}

// New makes a workload by name.
func New(name string) (Workload, error) {
	make, ok := workloads[name]
	if !ok {
		return nil, fmt.Errorf("there is no workload %q; there are %v", name, Names())
	}
	return make(), nil
}

// Names lists the workloads.
func Names() []string {
	var names []string
	for name := range workloads {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
