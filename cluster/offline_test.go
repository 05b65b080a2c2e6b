package cluster

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/cluster/folder"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/audit"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/freeport"
	"github.com/hashicorp/raft"
)

// The folders of these tests are those of n1, a voter of the cluster "old" with n2 and n3.

func offlineConfig(t *testing.T) Config {
	return Config{NodeID: "n1", DataDir: filepath.Join(t.TempDir(), "data"), RaftListen: freeAddress(t), State: StateConfig{CacheBytes: 1 << 20}}
}

// freeAddress is one at which nobody listens.
func freeAddress(t *testing.T) string {
	list, err := freeport.Take(1)
	if err != nil {
		t.Fatal(err)
	}
	return list[0]
}

// survivor makes a folder whose log has entries up to last, of which it knew the first half to be
// committed, and had applied a third.
func survivor(t *testing.T, cfg Config, last uint64, others ...string) {
	t.Helper()
	cfg, err := cfg.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	o, err := openOffline(cfg)
	if err != nil {
		t.Fatal(err)
	}
	servers := []raft.Server{{ID: "n1", Address: raft.ServerAddress(cfg.RaftListen)}}
	for i, address := range others {
		servers = append(servers, raft.Server{ID: raft.ServerID(fmt.Sprint("n", i+2)), Address: raft.ServerAddress(address)})
	}
	logs := []*raft.Log{{Index: 1, Term: 1, Type: raft.LogConfiguration, Data: raft.EncodeConfiguration(raft.Configuration{Servers: servers})}}
	for i := uint64(2); i <= last; i++ {
		logs = append(logs, &raft.Log{Index: i, Term: 2, Type: raft.LogCommand, Data: announcement(t, i)})
	}
	for _, step := range []func() error{
		func() error { return o.identity.SetClusterID("old") },
		func() error { return o.stores.Log.StoreLogs(logs) },
		func() error { return o.stores.Stable.SetUint64([]byte("CurrentTerm"), 2) },
		func() error { return o.stores.Stable.SetUint64(commitIndexKey, last/2) },
		func() error {
			for _, l := range logs[1 : last/3] {
				if _, err := o.state.Apply(l.Index, l.Data); err != nil {
					return err
				}
			}
			return nil
		},
		o.close,
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
}

// announcement is the entry that announces a node named after its index.
func announcement(t *testing.T, index uint64) []byte {
	t.Helper()
	b, err := fsm.EncodeEntry(fsm.Entry{At: 7, Commands: []fsm.Envelope{
		{Command: &fsm.AnnounceNode{Node: rows.Node{ID: fmt.Sprint("at-", index)}, ClusterID: "old"}},
		{Request: &fsm.Request{ID: fmt.Sprint("request-", index)}, Command: &fsm.LoadPackage{Package: catalog.Package{
			Version: catalog.Version(sha256.Sum256(fmt.Append(nil, index))), Blob: catalog.Digest(sha256.Sum256(archiveOf(index))),
			Members: []catalog.Member{{Type: fmt.Sprint("type-", index), EntryModule: "m", EntryFunction: "f"}},
		}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func archiveOf(index uint64) []byte { return fmt.Append(nil, "archive ", index) }

// runAlone starts the node, waits until it leads, calls f and stops it.
func runAlone(t *testing.T, cfg Config, f func(*Cluster)) {
	t.Helper()
	c, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	leads := make(chan struct{})
	go func() {
		ended <- c.Run(ctx, func(ctx context.Context, _ uint64) { close(leads); <-ctx.Done() })
	}()
	select {
	case <-leads:
		f(c)
	case <-time.After(30 * time.Second):
		t.Error("the node does not lead")
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestRecoverKeepsTheWholeLog: what this node knew to be committed, and what it did not.
func TestRecoverKeepsTheWholeLog(t *testing.T) {
	cfg := offlineConfig(t)
	survivor(t, cfg, 30, freeAddress(t), freeAddress(t))
	dry, err := Recover(t.Context(), cfg, "", true)
	if err != nil || dry.Applied != 10 || dry.Committed != 15 || dry.Last != 30 || dry.Cluster != "old" || dry.New != "" || len(dry.Voters) != 3 {
		t.Fatalf("%+v, %v", dry, err)
	}
	for _, confirm := range []string{"", "new"} {
		if _, err := Recover(t.Context(), cfg, confirm, false); !refusedFor(err, "confirm it by naming that id") {
			t.Errorf("confirmed by %q: %v", confirm, err)
		}
	}
	if again, err := Recover(t.Context(), cfg, "", true); err != nil || again.Applied != dry.Applied {
		t.Errorf("what was refused has changed something: %+v, %v", again, err)
	}
	r, err := Recover(t.Context(), cfg, "old", false)
	if err != nil || r.Last != 30 || r.Index != 31 || r.New == "" || r.New == "old" {
		t.Fatalf("%+v, %v", r, err)
	}
	if _, err := Recover(t.Context(), cfg, r.New, false); !refusedFor(err, "is the only voter") {
		t.Errorf("again: %v", err)
	}
	runAlone(t, cfg, func(c *Cluster) {
		if id := c.clusterID(); id != r.New {
			t.Errorf("cluster %s, want %s", id, r.New)
		}
		haveAll(t, c.state, 30)
	})
}

// haveAll checks that the state has what entries 2 to last brought, but no old node.
func haveAll(t *testing.T, s *fsm.State, last uint64) {
	t.Helper()
	s.View(func(v fsm.View) {
		if n := uint64(len(v.Catalog().Packages())); n != last-1 {
			t.Errorf("%d packages, want %d", n, last-1)
		}
		for _, n := range v.Nodes() {
			if strings.HasPrefix(n.ID, "at-") {
				t.Errorf("node %s of the old cluster is known", n.ID)
			}
		}
	})
	if err := audit.Check(s); err != nil {
		t.Error(err)
	}
}

// TestARecoveryThatWasKilledGoesOn, wherever that was, and no node starts meanwhile.
func TestARecoveryThatWasKilledGoesOn(t *testing.T) {
	mark := &folder.Unfinished{Command: "recover", ClusterID: "new"}
	for name, before := range map[string]func(*testing.T, Config){
		"at its beginning": func(*testing.T, Config) {},
		"when the state was that of the new cluster": func(t *testing.T, cfg Config) {
			cfg, _ = cfg.withDefaults()
			o, err := openOffline(cfg)
			if err != nil {
				t.Fatal(err)
			}
			entry, err := fsm.EncodeEntry(fsm.Entry{Commands: []fsm.Envelope{{Command: &fsm.Refound{ClusterID: "new"}}}})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := o.applyAll(); err != nil {
				t.Fatal(err)
			}
			if _, err := o.state.Apply(31, entry); err != nil {
				t.Fatal(err)
			}
			if err := o.close(); err != nil {
				t.Fatal(err)
			}
		},
		"at its end": func(t *testing.T, cfg Config) {
			if _, err := Recover(t.Context(), cfg, "", false); err != nil {
				t.Fatal(err)
			}
			if err := mark.Begin(cfg.DataDir); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := offlineConfig(t)
			survivor(t, cfg, 30, freeAddress(t), freeAddress(t))
			if err := mark.Begin(cfg.DataDir); err != nil {
				t.Fatal(err)
			}
			before(t, cfg)
			if c, err := Open(cfg); err == nil || !strings.Contains(err.Error(), "aion-node recover has not finished") {
				t.Fatalf("the node starts: %v, %v", c, err)
			}
			if _, err := Recover(t.Context(), cfg, "", true); !refusedFor(err, "must be finished") {
				t.Errorf("dry: %v", err)
			}
			r, err := Recover(t.Context(), cfg, "", false)
			if err != nil || r.New != "new" || r.Index != 31 {
				t.Fatalf("%+v, %v", r, err)
			}
			runAlone(t, cfg, func(c *Cluster) { haveAll(t, c.state, 30) })
		})
	}
}

// TestRecoverIsRefused where another voter may be alive, and for nodes with nothing to recover.
func TestRecoverIsRefused(t *testing.T) {
	frozen, err := net.Listen("tcp", "127.0.0.1:0") // accepts, and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer frozen.Close()
	cfg := offlineConfig(t)
	survivor(t, cfg, 4, freeAddress(t), frozen.Addr().String())
	if _, err := Recover(t.Context(), cfg, "old", false); !refusedFor(err, "n3 at "+frozen.Addr().String()+" (accepts connections and says nothing)") || strings.Contains(err.Error(), "n2 at") {
		t.Errorf("a frozen voter: %v", err)
	}

	other := offlineConfig(t)
	other.NodeID = "n7"
	c, err := Open(other)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	cfg = offlineConfig(t)
	survivor(t, cfg, 4, freeAddress(t), other.RaftListen)
	if _, err := Recover(t.Context(), cfg, "old", false); !refusedFor(err, "n3 at "+other.RaftListen+" (answers") {
		t.Errorf("another node at a voter's address: %v", err)
	}

	cfg = offlineConfig(t)
	if _, err := Recover(t.Context(), cfg, "old", false); !refusedFor(err, "is empty") {
		t.Errorf("an empty folder: %v", err)
	}
	if _, err := os.Stat(cfg.DataDir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an empty folder was made: %v", err)
	}
	survivor(t, cfg, 4)
	if _, err := Recover(t.Context(), cfg, "old", false); !refusedFor(err, "is the only voter") {
		t.Errorf("a cluster of one: %v", err)
	}
}

func refusedFor(err error, why string) bool {
	r, is := errors.AsType[*Refused](err)
	return is && strings.Contains(r.Error(), why)
}
