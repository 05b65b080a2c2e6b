package enginetest

import (
	"context"
	"maps"
	"slices"
	"sync/atomic"
	"testing"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/runtime/starlark"
	"aion.dev/aion/engine/solo"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/audit"
	"aion.dev/aion/fsm/rows"
)

// Node is one node that leads. Restart replaces its Engine; State, Log and Blobs stay.
type Node struct {
	*engine.Engine
	State *fsm.State
	Log   *Log
	Blobs *Blobs

	t      testing.TB
	config engine.Config
	term   uint64
	serves atomic.Pointer[process] // Engine, for workers that outlive a Restart
	run    stop                    // stops Engine.Run
	lead   stop                    // stops Engine.Lead
}

// process is an engine until it crashes. Then its calls end, as connections to a process do; a
// stopped engine would never answer them.
type process struct {
	*engine.Engine
	over context.Context
}

// call makes a context for one call: it ends with ctx or with the process.
func (p *process) call(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	ended := context.AfterFunc(p.over, cancel)
	return ctx, func() { ended(); cancel() }
}

// stop stops something and waits until it has ended.
type stop func()

// New opens an empty state and starts a node on it, which leads until the test ends. configure
// changes its configuration first.
func New(t testing.TB, configure ...func(*engine.Config)) *Node {
	t.Helper()
	return newNode(t, audit.Check, configure...)
}

// NewFast is New without checks of the state's invariants, for benchmarks.
func NewFast(t testing.TB, configure ...func(*engine.Config)) *Node {
	t.Helper()
	return newNode(t, nil, configure...)
}

func newNode(t testing.TB, check func(*fsm.State) error, configure ...func(*engine.Config)) *Node {
	t.Helper()
	state, err := solo.NewState(check)
	if err != nil {
		t.Fatal(err)
	}
	n := &Node{
		State: state, t: t,
		Log:   &Log{Log: solo.NewLog(state)},
		Blobs: &Blobs{Blobs: solo.NewBlobs()},
	}
	n.config = engine.Config{Node: "n1", Log: n.Log, Blobs: n.Blobs, Compiler: starlark.Compiler{}}
	for _, c := range configure {
		c(&n.config)
	}
	t.Cleanup(func() {
		n.Crash()
		if err := state.Close(); err != nil {
			t.Errorf("close the state: %v", err)
		}
	})
	for _, id := range []string{"n1", "n2"} {
		n.announce(id)
	}
	n.Restart()
	return n
}

// announce writes a node's row, as every node of a cluster does when it boots. The second node
// exists only in the table.
func (n *Node) announce(id string) {
	n.t.Helper()
	_, err := n.Log.Propose(context.Background(), fsm.Envelope{Command: &fsm.AnnounceNode{
		Node: rows.Node{ID: id, RaftAddress: id + ":7601", HTTPAddress: id + ":7600", Version: "test"}, ClusterID: "enginetest",
	}})
	if err != nil {
		n.t.Fatal(err)
	}
}

// Crash ends the engine: it loses everything that it knew apart from the state.
func (n *Node) Crash() {
	n.Depose()
	if n.run != nil {
		n.run()
		n.run = nil
	}
}

// Restart starts a new engine on the same state, and makes it lead.
func (n *Node) Restart() {
	n.t.Helper()
	n.Crash()
	var err error
	if n.Engine, err = engine.New(n.config); err != nil {
		n.t.Fatal(err)
	}
	e := n.Engine
	over, crash := context.WithCancel(context.Background())
	n.serves.Store(&process{e, over})
	end := begin(func(ctx context.Context) {
		if err := e.Run(ctx); err != nil && ctx.Err() == nil {
			n.t.Errorf("the engine's loops ended: %v", err)
		}
	})
	n.run = func() { crash(); end() }
	n.Elect()
}

// Depose takes leadership away.
func (n *Node) Depose() {
	n.Log.SetLeads(false)
	if n.lead != nil {
		n.lead()
		n.lead = nil
	}
}

// Elect makes the node lead again, in a new term.
func (n *Node) Elect() {
	n.Depose()
	n.Log.SetLeads(true)
	n.term++
	e, term := n.Engine, n.term
	n.lead = begin(func(ctx context.Context) { e.Lead(ctx, term) })
}

// begin runs f until stopped.
func begin(f func(context.Context)) stop {
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan struct{})
	go func() {
		defer close(over)
		f(ctx)
	}()
	return func() {
		cancel()
		<-over
	}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
