package cluster_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"testing"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/cluster"
	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/internal/freeport"
	"go.uber.org/goleak"
)

// real is a node on real sockets and real files.
type real struct {
	*cluster.Cluster
	stop context.CancelFunc
	over chan error
}

func startReal(t *testing.T, cfg cluster.Config) *real {
	t.Helper()
	c, err := cluster.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	r := &real{c, stop, make(chan error, 1)}
	go func() { r.over <- c.Run(ctx, func(ctx context.Context, _ uint64) { <-ctx.Done() }) }()
	t.Cleanup(func() { r.end() })
	return r
}

func (r *real) end() error {
	r.stop()
	err := <-r.over
	r.over <- err
	return err
}

// freeAddresses returns addresses at which nobody listens.
func freeAddresses(t testing.TB, n int) []string {
	t.Helper()
	list, err := freeport.Take(n)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// eventually polls real sockets; nothing signals what it waits for.
func eventually(t *testing.T, what string, f func() error) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	var err error
	for range 1500 {
		if err = f(); err == nil {
			return
		}
		<-tick.C
	}
	t.Fatalf("%s: %v", what, err)
}

// load puts an archive and loads it as a package with the given contents.
func (r *real) load(ctx context.Context, content string) (fsm.Result, error) {
	blob, err := r.Blobs().Put(ctx, []byte(content))
	if err != nil {
		return fsm.Result{}, err
	}
	return r.Propose(ctx, fsm.Envelope{Command: &fsm.LoadPackage{Route: true, Package: catalog.Package{
		Version: sha256.Sum256([]byte(content)), Blob: blob, ManifestDigest: sha256.Sum256([]byte(content)),
		Members: []catalog.Member{{Type: "order", EntryModule: "order", EntryFunction: "run"}},
	}}})
}

func TestThreeNodesOnSocketsAndFiles(t *testing.T) {
	defer goleak.VerifyNone(t, lastProbe)
	dir := t.TempDir()
	gossip := freeAddresses(t, 3)
	config := func(i int) cluster.Config {
		return cluster.Config{
			NodeID: fmt.Sprint("n", i+1), DataDir: filepath.Join(dir, fmt.Sprint(i)), RaftListen: "127.0.0.1:0",
			HTTPAddress: fmt.Sprint("127.0.0.1:", 1000+i), GossipListen: gossip[i], Join: gossip, BootstrapExpect: 3, Version: "test",
		}
	}
	// A node keeps its address over restarts.
	addresses := freeAddresses(t, 3)
	var nodes []*real
	start := func(i int) *real {
		cfg := config(i)
		cfg.RaftListen = addresses[i]
		return startReal(t, cfg)
	}
	for i := range 3 {
		nodes = append(nodes, start(i))
	}
	ready := func() error {
		for _, n := range nodes {
			if err := n.Ready(); err != nil {
				return fmt.Errorf("node %s: %w", n.ID(), err)
			}
		}
		return nil
	}
	eventually(t, "three ready nodes", ready)
	load := func(content string) (r fsm.Result) {
		eventually(t, "a proposal", func() error {
			for _, n := range nodes {
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				var err error
				r, err = n.load(ctx, content)
				cancel()
				if err == nil {
					return nil
				}
			}
			return errors.New("no node took it")
		})
		return r
	}
	index := load("v1").Index
	for _, n := range nodes {
		if err := n.WaitIndex(t.Context(), index); err != nil {
			t.Fatal(err)
		}
	}

	// All go down and come up again.
	for _, n := range nodes {
		if err := n.end(); err != nil {
			t.Errorf("node %s ended with %v", n.ID(), err)
		}
	}
	for i := range nodes {
		nodes[i] = start(i)
	}
	eventually(t, "three ready nodes after a restart", ready)
	for _, n := range nodes {
		n.View(func(v fsm.View) {
			if _, _, _, ok := v.Catalog().Resolve("order"); !ok {
				t.Errorf("node %s has forgotten the route", n.ID())
			}
		})
	}
	status, err := nodes[0].Status(t.Context())
	if err != nil || len(status.Members) != 3 || status.ClusterID == "" {
		t.Errorf("status %+v, %v", status, err)
	}
	for _, m := range status.Members {
		if m.Role != "voter" || m.Status != "alive" || m.HTTPAddress == "" || m.MissingBlobs != 0 {
			t.Errorf("member %+v", m)
		}
	}
	for _, n := range nodes {
		n.end()
	}
	if _, err := nodes[0].Propose(t.Context(), fsm.Envelope{Command: &fsm.TerminateRun{}}); !errors.As(err, new(*engine.Unavailable)) {
		t.Errorf("a node that has ended answered %v", err)
	}
}

// TestProposingAnArchiveThatNobodyPut is refused: the archive could be swept before the entry names
// it.
func TestProposingAnArchiveThatNobodyPut(t *testing.T) {
	n := startReal(t, cluster.Config{DataDir: t.TempDir(), RaftListen: "127.0.0.1:0"})
	eventually(t, "a ready node", n.Ready)
	_, err := n.Propose(t.Context(), fsm.Envelope{Command: &fsm.LoadPackage{Package: catalog.Package{Blob: catalog.Digest{1}}}})
	if !errors.As(err, new(*engine.Unavailable)) {
		t.Errorf("answered %v", err)
	}
}

// lastProbe matches a probe that memberlist had in flight at shutdown, which does not wait for it:
// the next test of the package may still see it.
var lastProbe = goleak.IgnoreAnyFunction("github.com/hashicorp/memberlist.(*Memberlist).probeNode")

func TestOneNodeAlone(t *testing.T) {
	defer goleak.VerifyNone(t, lastProbe)
	dir := t.TempDir()
	for i := range 3 {
		n := startReal(t, cluster.Config{DataDir: dir, RaftListen: "127.0.0.1:0"})
		eventually(t, "a ready node", n.Ready)
		r, err := n.load(t.Context(), fmt.Sprint("v", i))
		if err != nil || r.Refusal != nil {
			t.Fatalf("start %d: %v, %v", i, err, r.Refusal)
		}
		n.View(func(v fsm.View) {
			if got := len(v.Catalog().Packages()); got != i+1 {
				t.Errorf("start %d: %d versions", i, got)
			}
		})
		if err := n.end(); err != nil {
			t.Error(err)
		}
	}
}

func TestOpenReleasesWhatItOpenedWhenItFails(t *testing.T) {
	defer goleak.VerifyNone(t, lastProbe)
	dir := t.TempDir()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for range 2 { // the second start would meet the locks of the first
		if _, err := cluster.Open(cluster.Config{DataDir: dir, RaftListen: taken.Addr().String()}); err == nil {
			t.Fatal("a node opened an address that is taken")
		}
	}
	c, err := cluster.Open(cluster.Config{DataDir: dir, RaftListen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}
