package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// TestDisasters plays the runbooks of docs/OPERATIONS.md while callers start runs: a backup from a
// follower over a connection that is cut again and again, the loss of all nodes, a restore that the
// others join, and then the loss of two of three. Every start that was acknowledged before the
// backup began is in what was restored, and every one that the leader acknowledged is in what was
// recovered from it, under its request id.
func TestDisasters(t *testing.T) {
	t.Parallel()
	f := &fleet{dir: t.TempDir(), nodes: map[string]*process{}}
	f.client.Timeout = 5 * time.Second
	defer f.killAll()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check(f.startAll("a", "b", "c"))
	w := &starters{t: t}
	for _, p := range f.nodes {
		w.addresses = append(w.addresses, p.http)
	}
	w.deploy()
	leader, err := f.leader()
	check(err)
	follower := "a"
	if leader == follower {
		follower = "b"
	}

	stop := w.begin()
	w.await(300)
	proxy := cutting(t, f.nodes[follower].http, 150<<10)
	before := w.newest()
	file := filepath.Join(f.dir, "all.backup")
	var made backedUp
	said := cli(t, &made, "backup", file, "--from", proxy.address, "--json")
	if made.Index < before || made.Node != follower || proxy.cuts.Load() == 0 || !strings.Contains(said, "going on") {
		t.Errorf("the backup is of index %d and node %s, %d was acknowledged before; %d cuts; it said\n%s", made.Index, made.Node, before, proxy.cuts.Load(), said)
	}
	w.await(50)
	stop()
	var verified backedUp
	cli(t, &verified, "backup", "verify", file, "--rebuild", "--json")
	f.killAll()

	a := f.nodes["a"]
	for _, p := range f.nodes {
		p.data += "-2"
	}
	var again restored
	cli(t, &again, "restore", file, "--id", "a", "--data-dir", a.data, "--raft-address", a.raft, "--json")
	if again.Backup.Digest != made.Digest || again.ClusterID == made.ClusterID {
		t.Errorf("restored %+v of %+v", again, made)
	}
	check(f.start("a"))
	check(f.ready("a"))
	w.compare(a.http, made.Index)
	check(f.start("b"))
	check(f.start("c"))
	check(f.ready("b"))
	check(f.ready("c"))
	check(eventually(func() error { return alike(f, again.ClusterID) }))

	stop = w.begin()
	w.await(200)
	check(f.kill("b"))
	check(f.kill("c"))
	stop()
	if leader, err := f.status("a"); err != nil || leader.ClusterID != again.ClusterID {
		t.Errorf("%+v, %v", leader, err)
	}
	check(f.kill("a"))
	settings := []string{"recover", "--id", "a", "--data-dir", a.data, "--raft-address", a.raft, "--json"}
	var dry, done recovery
	cli(t, &dry, append(settings, "--dry-run")...)
	cli(t, &done, append(settings, "--confirm", dry.ClusterID)...)
	if dry.ClusterID != again.ClusterID || done.New == dry.ClusterID || done.Last != dry.Last || len(dry.Lost) != 2 {
		t.Errorf("dry %+v, done %+v", dry, done)
	}
	check(f.start("a"))
	check(f.ready("a"))
	w.compare(a.http, 1<<62)
}

// alike reports whether three voters are at one digest.
func alike(f *fleet, cluster string) error {
	at := map[uint64]string{}
	for _, name := range []string{"a", "b", "c"} {
		s, err := f.status(name)
		if err != nil {
			return err
		}
		voters := 0
		for _, m := range s.Members {
			if m.Role == "voter" {
				voters++
			}
		}
		if voters != 3 || s.ClusterID != cluster || s.Leader != "a" {
			return fmt.Errorf("%s: cluster %s, leader %s, %d voters", name, s.ClusterID, s.Leader, voters)
		}
		at[s.DigestIndex] = s.Digest
	}
	if len(at) > 1 {
		return fmt.Errorf("digests %v", at)
	}
	return nil
}

// cli runs aion-node, decodes what it prints, and returns what it says.
func cli(t *testing.T, into any, args ...string) string {
	t.Helper()
	cmd := exec.Command("aion-node", args...)
	var out, says bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &says
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %v\n%s%s", args, err, says.String(), out.String())
	}
	if err := json.Unmarshal(out.Bytes(), into); err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out.String())
	}
	return says.String()
}

// starters start runs, and know which starts were acknowledged.
type starters struct {
	t         *testing.T
	addresses []string
	mu        sync.Mutex
	acked     []ackedStart
	next      int
}

type ackedStart struct {
	id, run string
	index   uint64
}

var padding = strings.Repeat("x", 2000)

func (w *starters) client(addresses ...string) *client.Client {
	c, err := client.New(client.Config{Addresses: addresses})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(c.Close)
	return c
}

func (w *starters) deploy() {
	m := catalog.Manifest{Format: catalog.Format, ABI: catalog.ABI, Activities: []string{}, Workflows: []catalog.Workflow{{Type: "w", EntryModule: "w", EntryFunction: "run"}}}
	archive, err := catalog.Write(m, []catalog.Module{{Name: "w.star", Source: []byte("def run(ctx, input):\n    ctx.sleep(\"200ms\")\n    return ctx.signal(\"go\")\n")}})
	if err == nil {
		_, err = w.client(w.addresses...).Load(w.t.Context(), archive, wire.LoadOptions{})
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// begin starts callers, and returns how to stop them.
func (w *starters) begin() (stop func()) {
	ctx, cancel := context.WithCancel(w.t.Context())
	var callers sync.WaitGroup
	for range 6 {
		c := w.client(w.addresses...)
		callers.Go(func() {
			for ctx.Err() == nil {
				w.mu.Lock()
				w.next++
				id := fmt.Sprint("run-", w.next)
				w.mu.Unlock()
				a, err := c.Start(ctx, wire.StartRequest{Type: "w", WorkflowID: id, Input: json.RawMessage(`"` + padding + `"`)}, client.RequestID("request-"+id))
				if err != nil {
					continue // not acknowledged
				}
				w.mu.Lock()
				w.acked = append(w.acked, ackedStart{id, a.RunID, a.Index})
				w.mu.Unlock()
			}
		})
	}
	return func() { cancel(); callers.Wait() }
}

// await waits until more starts are acknowledged.
func (w *starters) await(more int) {
	w.t.Helper()
	w.mu.Lock()
	want := len(w.acked) + more
	w.mu.Unlock()
	if err := eventually(func() error {
		w.mu.Lock()
		defer w.mu.Unlock()
		if len(w.acked) < want {
			return fmt.Errorf("%d of %d starts", len(w.acked), want)
		}
		return nil
	}); err != nil {
		w.t.Fatal(err)
	}
}

// newest returns the newest index that was acknowledged.
func (w *starters) newest() (index uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.acked {
		index = max(index, s.index)
	}
	return index
}

// compare checks that a node has exactly the acknowledged starts up to an index, and forgets the
// others.
func (w *starters) compare(address string, index uint64) {
	w.t.Helper()
	c := w.client(address)
	there := map[string]string{}
	for page := (wire.Page{Limit: wire.MaxPage}); ; {
		list, err := c.List(w.t.Context(), wire.RunFilter{Type: "w"}, page)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, r := range list.Workflows {
			there[r.WorkflowID] = r.RunID
		}
		if page.Cursor = list.NextCursor; page.Cursor == "" {
			break
		}
	}
	var kept []ackedStart
	for _, s := range w.acked {
		run, ok := there[s.id]
		if ok != (s.index <= index) || ok && run != s.run {
			w.t.Errorf("%s was acknowledged as run %s at index %d; there it is run %q (%v), up to index %d", s.id, s.run, s.index, run, ok, index)
		}
		if ok {
			kept = append(kept, s)
		}
	}
	w.acked = kept
	for _, s := range kept[:min(20, len(kept))] {
		a, err := c.Start(w.t.Context(), wire.StartRequest{Type: "w", WorkflowID: s.id, Input: json.RawMessage(`"` + padding + `"`)}, client.RequestID("request-"+s.id))
		if err != nil || a.RunID != s.run || !a.Deduplicated {
			w.t.Errorf("%s, asked for again: %+v, %v; it was run %s", s.id, a, err, s.run)
		}
	}
}

// cutter passes connections on, and cuts each after some bytes.
type cutter struct {
	address string
	cuts    atomic.Int64
}

func cutting(t *testing.T, to string, after int64) *cutter {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	p := &cutter{address: l.Addr().String()}
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer in.Close()
				out, err := net.Dial("tcp", to)
				if err != nil {
					return
				}
				defer out.Close()
				go io.Copy(out, in)
				if n, _ := io.CopyN(in, out, after); n == after {
					p.cuts.Add(1)
				}
			}()
		}
	}()
	return p
}
