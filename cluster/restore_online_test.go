package cluster_test

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"aion.dev/aion/cluster"
	"aion.dev/aion/cluster/logstore"
	"aion.dev/aion/fsm"
)

// TestRestoreIntoNodesOnFiles: with both kinds of log the archives come along, and all of it is
// there after a restart. With bolt, whose log allows gaps, the process would end if there were
// one.
func TestRestoreIntoNodesOnFiles(t *testing.T) {
	const packages = 3
	old := startReal(t, cluster.Config{DataDir: t.TempDir(), RaftListen: "127.0.0.1:0", Version: "test"})
	eventually(t, "a ready node", old.Ready)
	for i := range packages {
		if _, err := old.load(t.Context(), fmt.Sprint("v", i)); err != nil {
			t.Fatal(err)
		}
	}
	s, err := old.BeginBackup(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := s.Send(t.Context(), &file, 0); err != nil {
		t.Fatal(err)
	}
	old.end()
	for _, kind := range []string{logstore.WAL, logstore.Bolt} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			restoresOnFiles(t, kind, packages, file.Bytes())
		})
	}
}

func restoresOnFiles(t *testing.T, kind string, packages int, file []byte) {
	quick := cluster.RaftConfig{LogStore: kind, Heartbeat: 500 * time.Millisecond, Election: 500 * time.Millisecond, Lease: 250 * time.Millisecond, MembersEvery: 200 * time.Millisecond}
	dir, gossip, addresses := t.TempDir(), freeAddresses(t, 2), freeAddresses(t, 2)
	start := func(i int) *real {
		return startReal(t, cluster.Config{
			NodeID: fmt.Sprint("n", i+1), DataDir: filepath.Join(dir, fmt.Sprint(i)), RaftListen: addresses[i], Raft: quick,
			GossipListen: gossip[i], Join: gossip, BootstrapExpect: 2, Version: "test",
		})
	}
	nodes := []*real{start(0), start(1)}
	whole := func() error {
		for _, n := range nodes {
			if err := n.Ready(); err != nil {
				return fmt.Errorf("node %s: %w", n.ID(), err)
			}
			loaded := 0
			n.View(func(v fsm.View) { loaded = len(v.Catalog().Packages()) })
			if s, err := n.Status(t.Context()); err != nil || loaded != packages || s.Members[0].MissingBlobs+s.Members[1].MissingBlobs > 0 {
				return fmt.Errorf("node %s has %d packages; %+v, %v", n.ID(), loaded, s.Members, err)
			}
		}
		return nil
	}
	eventually(t, "a restore", func() error {
		var failed error
		for _, n := range nodes {
			r, err := n.RestoreInto(t.Context(), bytes.NewReader(file))
			if err == nil {
				if len(r.Voters) != 2 {
					t.Errorf("answered %+v", r)
				}
				return nil
			}
			failed = errors.Join(failed, err)
		}
		return failed
	})
	eventually(t, "both have all of it", whole)
	for i, n := range nodes {
		if err := n.end(); err != nil {
			t.Errorf("node %s ended with %v", n.ID(), err)
		}
		nodes[i] = start(i)
	}
	eventually(t, "both have all of it after a restart", whole)
	for _, n := range nodes {
		n.end()
	}
}
