package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// TestKillsFrozenLeader freezes the leader's process, lets the others go on, and sends it reads
// while it is frozen. When it wakes, believing that it leads, its answers must be as new as what
// was acknowledged before the reads were sent. AION_KILLS_FREEZE lengthens the freeze.
func TestKillsFrozenLeader(t *testing.T) {
	t.Parallel()
	more, _ := time.ParseDuration(os.Getenv("AION_KILLS_FREEZE"))
	f := &fleet{dir: t.TempDir(), nodes: map[string]*process{}}
	defer f.killAll()
	if err := f.startAll("a", "b", "c"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	w := newKillsWorld(t, f, ctx)
	h := w.hand(1, 0)
	w.load(h, "red", 0, true)
	leader, err := f.leader()
	if err != nil {
		t.Fatal(err)
	}
	frozen := slices.Index(f.order, leader)
	process := f.nodes[leader].cmd.Process
	if err := process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	defer process.Signal(syscall.SIGCONT)
	all := w.nodes
	w.nodes = slices.Delete(slices.Clone(all), frozen, frozen+1)
	w.load(h, "red", 1, true)
	start := func(id string) func(context.Context, *client.Client) (*wire.StartAnswer, error) {
		return func(ctx context.Context, c *client.Client) (*wire.StartAnswer, error) {
			return c.Start(ctx, wire.StartRequest{Type: "red", WorkflowID: id, Input: json.RawMessage(`{"sleep": "0s", "signals": 1, "child": false, "n": 1}`)}, client.RequestID(id))
		}
	}
	ask(w, "start", start("elsewhere"))

	var asked sync.WaitGroup
	for i := range 20 {
		asked.Go(func() {
			switch d, err := all[frozen].Describe(ctx, wire.RunRef{WorkflowID: "elsewhere"}); {
			case err != nil && wire.Of(err).Outcome != wire.Retry:
				t.Errorf("the leader that slept cannot find a run that was acknowledged: %v", err)
			case err == nil && w.names[d.Version] != "red-1":
				t.Errorf("the leader that slept describes %+v", d)
			}
		})
		asked.Go(func() {
			id := fmt.Sprintf("asleep-%d", i)
			_, err := start(id)(ctx, all[frozen])
			if err != nil && wire.Of(err).Outcome == wire.Rejected {
				t.Errorf("the leader that slept refused: %v", err)
			}
			never := err != nil && wire.Of(err).Outcome == wire.Retry
			if d, err := all[(frozen+1)%3].Describe(ctx, wire.RunRef{WorkflowID: id}); err == nil && never {
				t.Errorf("a start that was answered with retry is there: %+v", d)
			}
			if a := ask(w, "start again", start(id)); w.names[a.Version] != "red-1" {
				t.Errorf("%s started version %s, after the route to red-1 was acknowledged", id, w.names[a.Version])
			}
		})
	}
	time.Sleep(200*time.Millisecond + more) // let the calls reach the socket
	if err := process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	asked.Wait()
	w.nodes = all
	w.checkNodes()
}

// TestKillsMajorityGone: the rest of a cluster makes no changes and serves only stale reads, and
// goes on when the others are back.
func TestKillsMajorityGone(t *testing.T) {
	t.Parallel()
	f := &fleet{dir: t.TempDir(), nodes: map[string]*process{}}
	defer f.killAll()
	if err := f.startAll("a", "b", "c"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	w := newKillsWorld(t, f, ctx)
	w.load(w.hand(1, 0), "red", 0, true)
	leader, err := f.leader()
	if err != nil {
		t.Fatal(err)
	}
	left := slices.Index(f.order, leader)
	for i, name := range f.order {
		if i != left {
			w.kill(name)
		}
	}
	c := w.nodes[left]
	start := wire.StartRequest{Type: "red", WorkflowID: "r", Input: json.RawMessage(`{"sleep": "0s", "signals": 0, "child": false, "n": 1}`)}
	for i := range 2 {
		_, err := c.Start(ctx, start, client.RequestID("r"))
		p := wire.Of(err)
		if err == nil || p.Outcome == wire.Rejected || i > 0 && p.Code != "no_quorum" && p.Code != "no_leader" { // the first may have got into its own log
			t.Errorf("start %d: %v", i, err)
		}
	}
	if _, err := c.Versions(ctx, ""); err == nil || wire.Of(err).Outcome != wire.Retry {
		t.Errorf("linearizable read: %v", err)
	}
	resp, err := f.get(leader, "/v1/versions?consistency=stale")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != 200 || resp.Header.Get(wire.HeaderLeaderContact) == "" {
		t.Errorf("stale read: %s %v", resp.Status, resp.Header)
	}
	if resp, err := f.get(leader, "/health/ready"); err != nil || resp.StatusCode == 200 {
		t.Errorf("it says that it is ready: %v %v", resp, err)
	}
	for i, name := range f.order {
		if i != left {
			w.restart(name)
		}
	}
	a := ask(w, "start", func(ctx context.Context, c *client.Client) (*wire.StartAnswer, error) {
		return c.Start(ctx, start, client.RequestID("r"))
	})
	ask(w, "describe", func(ctx context.Context, c *client.Client) (*wire.Described, error) {
		return c.Describe(ctx, wire.RunRef{WorkflowID: "r", RunID: a.RunID})
	})
	for _, name := range f.order {
		if err := f.ready(name); err != nil {
			t.Fatal(err)
		}
	}
	w.checkNodes()
}
