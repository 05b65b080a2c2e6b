package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

const killsVersions = 6 // of each family

var killsFamilies = []string{"red", "blue"}

// killsSource is code whose result contains its version and its input.
const killsSource = `
NAME = %q
def run(ctx, input):
    ctx.sleep(input["sleep"])
    maybe = ctx.signal("never", timeout = "30ms")
    got = [ctx.signal("s") for _ in range(input["signals"])]
    child = None
    if input["child"]:
        child = ctx.child(%q, input["n"])
    ctx.sleep("1ms")
    return {"name": NAME, "n": input["n"], "got": got, "child": child, "maybe": maybe}
`

const killsChild = `
NAME = %q
def run(ctx, input):
    ctx.sleep("20ms")
    return {"name": NAME, "n": input}
`

type killsWorld struct {
	t   *testing.T
	f   *fleet
	ctx context.Context

	archives map[string][][]byte // by family
	names    map[string]string   // of versions
	nodes    []*client.Client    // each knows one node, and never retries a call

	mu      sync.Mutex
	starts  []*killsStart
	changes []*killsChange
	digests map[uint64]string // by index
	signals int
	lost    int
	acked   map[string]uint64 // by type: the newest index of an acknowledged change of its route
	did     string
	next    int
}

// killsStart is a run that a worker asked for, and what the worker knows about it.
type killsStart struct {
	id, typ, request  string
	n, signals        int
	child             bool
	after             uint64 // index of the newest change of the type's route that was acknowledged before the start was sent
	answer            *wire.StartAnswer
	never             bool  // every attempt was answered with "retry", and then the start was given up
	sent              []int // payloads of acknowledged signals, in order
	neverSent         []int // payloads of signals that never arrived
	terminated, ended bool
}

// killsChange is a deploy operation with a known outcome.
type killsChange struct {
	request, operation, family string
	message                    string
	code                       string // of a refusal; empty = it succeeded
	index                      uint64
	version                    string
	never                      bool
}

// hand is one worker's source of randomness.
type hand struct{ *rand.Rand }

func (w *killsWorld) hand(seed int64, n int) *hand {
	return &hand{rand.New(rand.NewPCG(uint64(seed), uint64(n)))}
}

func newKillsWorld(t *testing.T, f *fleet, ctx context.Context) *killsWorld {
	w := &killsWorld{t: t, f: f, ctx: ctx, archives: map[string][][]byte{}, names: map[string]string{}, digests: map[uint64]string{}, acked: map[string]uint64{}}
	for _, family := range killsFamilies {
		for i := range killsVersions {
			name, child := fmt.Sprintf("%s-%d", family, i), family+"_child"
			m := catalog.Manifest{Format: catalog.Format, ABI: catalog.ABI, Activities: []string{}, Workflows: []catalog.Workflow{
				{Type: family, EntryModule: "parent", EntryFunction: "run"}, {Type: child, EntryModule: "child", EntryFunction: "run"},
			}}
			modules := []catalog.Module{{Name: "parent.star", Source: fmt.Appendf(nil, killsSource, name, child)}, {Name: "child.star", Source: fmt.Appendf(nil, killsChild, name)}}
			archive, err := catalog.Write(m, modules)
			if err != nil {
				t.Fatal(err)
			}
			version, err := catalog.Hash(m, modules)
			if err != nil {
				t.Fatal(err)
			}
			w.archives[family] = append(w.archives[family], archive)
			w.names[version.String()] = name
		}
	}
	for _, name := range f.order {
		c, err := client.New(client.Config{Addresses: []string{f.nodes[name].http}, Patience: -1})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		w.nodes = append(w.nodes, c)
	}
	return w
}

func (w *killsWorld) versionOf(family string, i int) string {
	for v, name := range w.names {
		if name == fmt.Sprintf("%s-%d", family, i) {
			return v
		}
	}
	panic("no such version")
}

func (w *killsWorld) number() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.next++
	return w.next
}
