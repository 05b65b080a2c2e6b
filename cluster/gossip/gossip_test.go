package gossip

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"aion.dev/aion/internal/await"
	"aion.dev/aion/internal/lifecycle"
	"github.com/hashicorp/go-hclog"
)

func openTestGossip(t *testing.T, id string, join ...string) *Gossip {
	t.Helper()
	g, err := Open(Config{Self: Peer{ID: id, RaftAddress: id + ":7601", HTTPAddress: id + ":7600"}, Listen: "127.0.0.1:0", Join: join})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// until waits for a list of peers that satisfies ok, woken by changes.
func until(t *testing.T, g *Gossip, what string, ok func([]Peer) bool) {
	t.Helper()
	limit := time.NewTimer(await.Patience / 4)
	defer limit.Stop()
	for !ok(g.Peers()) {
		select {
		case <-g.Changed():
		case <-limit.C:
			t.Fatalf("%s: still %+v", what, g.Peers())
		}
	}
}

func TestGossipFindsUpdatesAndLeaves(t *testing.T) {
	a := openTestGossip(t, "a")
	defer a.Close()
	b := openTestGossip(t, "b", a.Address())
	defer b.Close()
	c := openTestGossip(t, "c", a.Address())

	for _, g := range []*Gossip{a, b, c} {
		until(t, g, "everybody knows everybody", func(p []Peer) bool {
			return len(p) == 2 && p[0].Status == "alive" && p[1].Status == "alive" && p[1].RaftAddress == p[1].ID+":7601"
		})
	}
	a.SetClusterID("cluster-1")
	until(t, b, "b hears a's cluster id", func(p []Peer) bool { return p[0].ClusterID == "cluster-1" })

	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	until(t, a, "a hears that c left", func(p []Peer) bool { return len(p) == 2 && p[1].ID == "c" && p[1].Status == "left" })

	back := openTestGossip(t, "c", a.Address())
	defer back.Close()
	until(t, a, "c is back", func(p []Peer) bool { return len(p) == 2 && p[1].Status == "alive" })
}

// TestGossipOfTwoClusters: nodes of two clusters that are given each other's addresses know only
// their own cluster, and keep finding its nodes.
func TestGossipOfTwoClusters(t *testing.T) {
	open := func(id, cluster string, join ...string) *Gossip {
		g, err := Open(Config{Self: Peer{ID: id, RaftAddress: id + ":7601", ClusterID: cluster}, Listen: "127.0.0.1:0", Join: join})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { g.Close() })
		return g
	}
	only := func(ids ...string) func([]Peer) bool {
		return func(peers []Peer) bool {
			var known []string
			for _, p := range peers {
				known = append(known, p.ID)
			}
			return slices.Equal(known, ids)
		}
	}
	a := open("a", "one")
	x := open("x", "two", a.Address())
	y := open("y", "two", x.Address(), a.Address())
	b := open("b", "one", a.Address(), x.Address(), y.Address())
	until(t, a, "a knows b", only("b"))
	until(t, b, "b knows a", only("a"))
	until(t, x, "x knows y", only("y"))
	until(t, y, "y knows x", only("x"))
}

func TestGossipRefusesWhatDoesNotFit(t *testing.T) {
	long := fmt.Sprintf("%0600d:1", 0)
	if _, err := Open(Config{Self: Peer{ID: "a", RaftAddress: long}, Listen: "127.0.0.1:0"}); err == nil {
		t.Error("opened with an address of 600 bytes")
	}
	if _, err := Open(Config{Self: Peer{ID: "a"}, Listen: "nonsense"}); err == nil {
		t.Error("opened on an address without a port")
	}
}

// A name may start to resolve only some time after the start. Until then this node has no gossip,
// and shuts down cleanly.
func TestGossipWaitsForItsName(t *testing.T) {
	var log bytes.Buffer
	g, err := Open(Config{
		Self: Peer{ID: "n1", RaftAddress: "127.0.0.1:1"}, Listen: "127.0.0.1:0", Address: "nosuch.invalid:7602", Every: 10 * time.Millisecond,
		Logger: hclog.New(&hclog.LoggerOptions{Output: &log}),
	})
	if err != nil {
		t.Fatal(err)
	}
	g.SetClusterID("c")
	if got := g.Address(); got != "" || len(g.Peers()) != 0 {
		t.Errorf("it is reached at %q and knows %v", got, g.Peers())
	}
	if err := g.Close(); err != nil {
		t.Error(err)
	}
	named, err := Open(Config{
		Self: Peer{ID: "n2", RaftAddress: "127.0.0.1:2"}, Listen: "127.0.0.1:0", Address: "localhost:7602", Every: 10 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer named.Close()
	deadline := time.Now().Add(30 * time.Second)
	for named.Address() == "" {
		if time.Now().After(deadline) {
			t.Fatal("a name that resolves was not taken")
		}
		lifecycle.Pause(t.Context(), 10*time.Millisecond)
	}
}
