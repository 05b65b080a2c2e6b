package cluster

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/cluster/backup"
	"aion.dev/aion/cluster/folder"
	"aion.dev/aion/fsm"
)

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
