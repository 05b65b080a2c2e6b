//go:build aionfaults

package faults

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"
	raftboltdb "github.com/hashicorp/raft-boltdb/v2"
	wal "github.com/hashicorp/raft-wal"
	"github.com/hashicorp/raft-wal/metadb"
)

// TestMain is also the process that is killed: it writes into all stores, and prints its progress
// after each round of writes.
func TestMain(m *testing.M) {
	if dir := os.Getenv("FAULTS_TEST_DIR"); dir != "" {
		known, _ := strconv.ParseUint(os.Getenv("FAULTS_TEST_KNOWN"), 10, 64)
		if err := victim(dir, known); err != nil {
			fmt.Println(err)
		}
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// valueOf returns the value stored under n: from nothing to a few sectors.
func valueOf(n uint64) []byte {
	r := rand.New(rand.NewPCG(n, 2))
	b := make([]byte, r.IntN(3000))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// victim checks that what it printed in its former life is stored, and continues until it is
// killed.
func victim(dir string, known uint64) error {
	for _, name := range []string{"raft/wal", "blobs"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			return err
		}
	}
	db, err := pebble.Open(filepath.Join(dir, "state"), &pebble.Options{FS: FS(nil), MemTableSize: 64 << 10})
	if err != nil {
		return err
	}
	// one segment is enough; cluster tests what a full one needs after a kill
	walDir := filepath.Join(dir, "raft/wal")
	log, err := wal.Open(walDir, wal.WithMetaStore(Meta(walDir, &metadb.BoltMetaDB{})), Segments(walDir))
	if err != nil {
		return err
	}
	bolt, err := raftboltdb.NewBoltStore(filepath.Join(dir, "raft/stable.db"))
	if err != nil {
		return err
	}
	vote := Stable(filepath.Join(dir, "raft/stable.db"), bolt)
	files, err := raft.NewFileSnapshotStoreWithLogger(filepath.Join(dir, "raft"), 2, hclog.NewNullLogger())
	if err != nil {
		return err
	}
	snapshots := SnapshotStore(filepath.Join(dir, "raft/snapshots"), files)
	if err := newest(snapshots, known); err != nil {
		return err
	}

	if known > 0 {
		if n, err := vote.GetUint64([]byte("n")); err != nil || n < known {
			return fmt.Errorf("the vote is %d: %w", n, err)
		}
	}
	first, _ := log.FirstIndex()
	for n := uint64(1); n <= known; n++ {
		v, c, err := db.Get(binaryOf(n))
		if err != nil || !bytes.Equal(v, valueOf(n)) {
			return fmt.Errorf("key %d: %d bytes, %w", n, len(v), err)
		}
		c.Close()
		if b, err := os.ReadFile(filepath.Join(dir, "blobs", strconv.FormatUint(n, 10))); err != nil || !bytes.Equal(b, valueOf(n)) {
			return fmt.Errorf("archive %d: %d bytes, %w", n, len(b), err)
		}
		if n+100 > known && n >= first { // what is older may have been deleted
			var l raft.Log
			if err := log.GetLog(n, &l); err != nil || !bytes.Equal(l.Data, valueOf(n)) {
				return fmt.Errorf("entry %d: %d bytes, %w", n, len(l.Data), err)
			}
		}
	}
	last, err := log.LastIndex()
	if err != nil || last < known || first > known+1 {
		return fmt.Errorf("entries %d to %d, of %d: %w", first, last, known, err)
	}
	fmt.Println("ready")
	for n := max(known, last) + 1; ; n++ {
		for k := known + 1; k <= n; k++ { // entries may have outlived the rest
			err = errors.Join(err, db.Set(binaryOf(k), valueOf(k), pebble.Sync), archive(dir, k))
		}
		known = n
		err = errors.Join(err, log.StoreLogs([]*raft.Log{{Index: n, Term: 1, Data: valueOf(n)}}), vote.SetUint64([]byte("n"), n))
		if n%snapshotEvery == 0 {
			err = errors.Join(err, takeSnapshot(snapshots, n))
		}
		if n%50 == 0 && n > 100 {
			err = errors.Join(err, log.DeleteRange(0, n-100))
		}
		if err != nil {
			return err
		}
		fmt.Println(n)
	}
}

const snapshotEvery = 20

// newest checks that the newest known snapshot exists, or a later one.
func newest(s raft.SnapshotStore, known uint64) error {
	all, err := s.List()
	if err != nil || known < snapshotEvery {
		return err
	}
	if len(all) == 0 || all[0].Index < known-known%snapshotEvery {
		return fmt.Errorf("the snapshots are %v", all)
	}
	_, r, err := s.Open(all[0].ID)
	if err != nil {
		return fmt.Errorf("snapshot %d: %w", all[0].Index, err)
	}
	defer r.Close()
	if b, err := io.ReadAll(r); err != nil || !bytes.Equal(b, valueOf(all[0].Index)) {
		return fmt.Errorf("snapshot %d: %d bytes, %w", all[0].Index, len(b), err)
	}
	return nil
}

func takeSnapshot(s raft.SnapshotStore, n uint64) error {
	_, transport := raft.NewInmemTransport("")
	sink, err := s.Create(raft.SnapshotVersionMax, n, 1, raft.Configuration{}, 1, transport)
	if err != nil {
		return err
	}
	_, err = sink.Write(valueOf(n))
	return errors.Join(err, sink.Close(), sink.Close()) // both the state machine and raft close it
}

func binaryOf(n uint64) []byte { return fmt.Appendf(nil, "%08d", n) }

// archive stores one as the cluster does.
func archive(dir string, n uint64) error {
	name := filepath.Join(dir, "blobs", strconv.FormatUint(n, 10))
	file, err := os.Create(name + ".tmp")
	if err != nil {
		return err
	}
	f := Archive(file)
	_, err = f.Write(valueOf(n))
	if os.Getenv("FAULTS_TEST_CARELESS") == "" {
		err = errors.Join(err, f.Sync())
	}
	if err = errors.Join(err, f.Close(), Rename(name+".tmp", name)); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	defer folder.Close()
	return SyncFolder(filepath.Dir(name), folder.Sync)
}

// TestWhatWasSyncedOutlivesThePower kills a process with real stores at random points, and discards
// what it had not synced.
func TestWhatWasSyncedOutlivesThePower(t *testing.T) {
	if missed := lives(t, 6, func(life uint64) bool { return life%3 == 1 }); missed != "" {
		t.Error(missed)
	}
}

// TestAMissingSyncShows does the same with a process that does not sync its archives.
func TestAMissingSyncShows(t *testing.T) {
	t.Setenv("FAULTS_TEST_CARELESS", "1")
	if missed := lives(t, 2, func(uint64) bool { return true }); !strings.Contains(missed, "archive 1: ") {
		t.Errorf("it misses %q", missed)
	}
}

// lives returns what a process misses when it starts, in the first of its lives in which it misses
// something.
func lives(t *testing.T, most uint64, all func(life uint64) bool) (missed string) {
	root := t.TempDir()
	told, data := filepath.Join(root, "faults.json"), filepath.Join(root, "data")
	if err := os.Mkdir(data, 0o755); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(4, 4))
	known := uint64(0)
	for life := range most {
		c, err := json.Marshal(Control{Power: Power{Watch: true, Lose: life, All: all(life)}})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(told, c, 0o644); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "AION_FAULTS="+told, "FAULTS_TEST_DIR="+data, fmt.Sprintf("FAULTS_TEST_KNOWN=%d", known))
		var said strings.Builder
		cmd.Stderr = &said
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		began, left := false, r.IntN(150)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			n, err := strconv.ParseUint(lines.Text(), 10, 64)
			switch {
			case err == nil:
				known = n
			case lines.Text() == "ready":
				began = true
			default:
				missed = fmt.Sprintf("life %d, %d known: %s", life, known, lines.Text())
			}
			if left--; left == 0 {
				cmd.Process.Kill() // what it prints until it is dead counts, too
			}
		}
		cmd.Process.Kill()
		cmd.Wait()
		if missed != "" {
			return missed
		}
		if !began {
			t.Fatalf("life %d did not begin: %s", life, said.String())
		}
	}
	return ""
}
