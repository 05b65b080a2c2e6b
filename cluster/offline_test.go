package cluster

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/cluster/backup"
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

// backupOf is the file of a state with the entries up to last.
func backupOf(t *testing.T, last uint64, change func(*backup.Header)) []byte {
	t.Helper()
	s, err := fsm.Open(fsm.Config{Dir: t.TempDir(), CacheBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for i := uint64(2); i <= last; i++ {
		if _, err := s.Apply(i, announcement(t, i)); err != nil {
			t.Fatal(err)
		}
	}
	snapshot, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer snapshot.Release()
	f, err := fsm.FactsOf(snapshot)
	if err != nil {
		t.Fatal(err)
	}
	from := fakeSource{snapshot, map[catalog.Digest][]byte{}}
	h := backup.Header{ID: "b", ClusterID: f.ClusterID, Index: f.Index, Term: 9, Level: f.Level, Digest: f.Digest.String(), Versions: f.Versions}
	if h.StateBytes, err = snapshot.Size(); err != nil {
		t.Fatal(err)
	}
	for i := uint64(2); i <= last; i++ {
		b := archiveOf(i)
		d := catalog.Digest(sha256.Sum256(b))
		from.archives[d] = b
		h.Archives = append(h.Archives, backup.Archive{Digest: d, Bytes: int64(len(b))})
	}
	if change != nil {
		change(&h)
	}
	var file bytes.Buffer
	if err := backup.Write(t.Context(), &file, h, from, 0); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

type fakeSource struct {
	*fsm.Snapshot
	archives map[catalog.Digest][]byte
}

func (f fakeSource) Archive(_ context.Context, d catalog.Digest) ([]byte, error) {
	return f.archives[d], nil
}

// TestRestoreMakesACluster of one node with the state and every archive of the backup.
func TestRestoreMakesACluster(t *testing.T) {
	cfg := offlineConfig(t)
	r, err := Restore(t.Context(), cfg, bytes.NewReader(backupOf(t, 20, nil)), io.Discard)
	if err != nil || r.Index != 21 || r.Cluster == "" || r.Cluster == "old" || r.Header.Index != 20 || r.Node != "n1" {
		t.Fatalf("%+v, %v", r, err)
	}
	runAlone(t, cfg, func(c *Cluster) {
		haveAll(t, c.state, 20)
		if id, missing, term := c.clusterID(), c.blobs.Missing(), c.raft.Load().CurrentTerm(); id != r.Cluster || missing != 0 || term <= 9 {
			t.Errorf("cluster %s, %d archives missing, term %d", id, missing, term)
		}
		b, err := c.blobs.Get(t.Context(), catalog.Digest(sha256.Sum256(archiveOf(7))))
		if err != nil || !bytes.Equal(b, archiveOf(7)) {
			t.Errorf("archive %q, %v", b, err)
		}
	})
}

// TestARestoreThatFailsLeavesNothing, and one that was killed is repeated.
func TestARestoreThatFailsLeavesNothing(t *testing.T) {
	file := backupOf(t, 5, nil)
	for name, c := range map[string]struct {
		file []byte
		says string
	}{
		"cut off":        {file[:len(file)-1], "the file ends"},
		"changed":        {slices.Concat(file[:len(file)/2], []byte{file[len(file)/2] ^ 1}, file[len(file)/2+1:]), "checksum is wrong"},
		"another digest": {backupOf(t, 5, func(h *backup.Header) { h.Digest = strings.Repeat("0", 64) }), "the backup says"},
		"too new":        {backupOf(t, 5, func(h *backup.Header) { h.Level = fsm.NewestLevel + 1 }), "use a build like the one that made it"},
		"another index":  {backupOf(t, 5, func(h *backup.Header) { h.Index++ }), "the backup says"},
	} {
		cfg := offlineConfig(t)
		if _, err := Restore(t.Context(), cfg, bytes.NewReader(c.file), io.Discard); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Stat(cfg.DataDir); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: the folder stays: %v", name, err)
		}
	}

	cfg := offlineConfig(t)
	cfg.MaxArchiveBytes = 5
	if _, err := Restore(t.Context(), cfg, bytes.NewReader(file), io.Discard); !refusedFor(err, "deploy.max_archive_bytes is 5") {
		t.Errorf("large archives: %v", err)
	}
	survivor(t, cfg, 4)
	if _, err := Restore(t.Context(), cfg, bytes.NewReader(file), io.Discard); !refusedFor(err, "is not empty") {
		t.Errorf("over a node: %v", err)
	}

	cfg = offlineConfig(t)
	survivor(t, cfg, 4) // stands for anything that a restore can have written
	mark := &folder.Unfinished{Command: "restore", ClusterID: "x"}
	if err := mark.Begin(cfg.DataDir); err != nil {
		t.Fatal(err)
	}
	if _, err := Recover(t.Context(), cfg, "old", false); !refusedFor(err, "aion-node restore has not finished") {
		t.Errorf("recover instead: %v", err)
	}
	if _, err := Restore(t.Context(), cfg, bytes.NewReader(file), io.Discard); err != nil {
		t.Fatal(err)
	}
	runAlone(t, cfg, func(c *Cluster) { haveAll(t, c.state, 5) })
}

// TestReaddressMovesEveryMember in the log, and keeps every entry.
func TestReaddressMovesEveryMember(t *testing.T) {
	cfg := offlineConfig(t)
	survivor(t, cfg, 30, freeAddress(t), freeAddress(t))
	was := cfg.RaftListen
	cfg.RaftListen = freeAddress(t)
	to := map[string]string{"n1": cfg.RaftListen, "n2": "b.example:7601", "n3": "c.example:7601"}
	for name, c := range map[string]struct {
		addresses map[string]string
		says      string
	}{
		"not itself":    {map[string]string{"n2": "b.example:7601"}, "this node, n1, would be at " + was},
		"a stranger":    {map[string]string{"n1": cfg.RaftListen, "n9": "z:1"}, "no member of the cluster is called n9; there are n1 at " + was},
		"two at one":    {map[string]string{"n1": cfg.RaftListen, "n2": cfg.RaftListen}, "nodes n1 and n2 would both be at"},
		"not reachable": {map[string]string{"n1": cfg.RaftListen, "n2": ":7601"}, "is not one that others can reach"},
	} {
		if _, err := Readdress(t.Context(), cfg, c.addresses, false); !refusedFor(err, c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	dry, err := Readdress(t.Context(), cfg, to, true)
	if err != nil || dry.Cluster != "old" || len(dry.Members) != 3 || dry.Members[0] != (Moved{"n1", was, cfg.RaftListen, true}) {
		t.Fatalf("%+v, %v", dry, err)
	}
	raftDir := filepath.Join(cfg.DataDir, "raft")
	for name, before := range map[string]func() error{
		"at once":                        func() error { return nil },
		"killed between the two renames": func() error { return os.Rename(raftDir, raftDir+".next") },
		"killed before the first":        func() error { return os.CopyFS(raftDir+".next", os.DirFS(raftDir)) },
		"killed after the second":        func() error { return os.CopyFS(raftDir+".old", os.DirFS(raftDir)) },
	} {
		if err := before(); err != nil {
			t.Fatal(err)
		}
		if name != "at once" {
			if err := (&folder.Unfinished{Command: "recover --address", ClusterID: "old"}).Begin(cfg.DataDir); err != nil {
				t.Fatal(err)
			}
			if _, err := Open(cfg); err == nil || !strings.Contains(err.Error(), "aion-node recover --address has not finished") {
				t.Errorf("%s: the node starts: %v", name, err)
			}
		}
		if _, err := Readdress(t.Context(), cfg, to, false); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		full, _ := cfg.withDefaults()
		o, err := openOffline(full)
		if err != nil {
			t.Fatal(err)
		}
		conf, err := o.configuration()
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range conf.Servers {
			if string(s.Address) != to[string(s.ID)] {
				t.Errorf("%s: %s is at %s", name, s.ID, s.Address)
			}
		}
		term, err := o.stores.Term()
		if last, committed, err2 := o.ends(); term != 2 || last != 30 || committed != 15 || err != nil || err2 != nil {
			t.Errorf("%s: term %d, last %d, committed %d, %v, %v", name, term, last, committed, err, err2)
		}
		for i := uint64(2); i <= 30; i++ {
			var l raft.Log
			if err := o.stores.Log.GetLog(i, &l); err != nil || l.Term != 2 || !bytes.Equal(l.Data, announcement(t, i)) {
				t.Fatalf("%s: entry %d: %+v, %v", name, i, l, err)
			}
		}
		if err := o.close(); err != nil {
			t.Fatal(err)
		}
	}
}
