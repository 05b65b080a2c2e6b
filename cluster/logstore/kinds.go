package logstore

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"aion.dev/aion/internal/faults"
	"aion.dev/aion/internal/lifecycle"
	"github.com/hashicorp/raft"
	raftboltdb "github.com/hashicorp/raft-boltdb/v2"
	wal "github.com/hashicorp/raft-wal"
	"github.com/hashicorp/raft-wal/metadb"
	"go.etcd.io/bbolt"
)

// The available log stores. The vote is always in bolt.
const (
	Bolt = "bolt"
	WAL  = "wal"
)

func openLogStore(cfg Config, opened *lifecycle.Closers, rotation *rotation) (raft.LogStore, error) {
	switch cfg.LogStore {
	case Bolt:
		log, err := openBolt(filepath.Join(cfg.Dir, "log.db"))
		if err != nil {
			return nil, err
		}
		opened.Add(log.Close)
		return gapless{log}, nil
	case WAL:
		dir := filepath.Join(cfg.Dir, "wal")
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
		// The wal never closes its meta database (v0.4.0), and an open one keeps its file lock: a
		// second opening of the folder in this process would wait forever. So this package opens
		// the database itself, and closes it after the wal.
		if err := checkMeta(filepath.Join(dir, metadb.FileName)); err != nil {
			return nil, err
		}
		meta := &metadb.BoltMetaDB{}
		opened.Add(meta.Close)
		if err := finishRotation(dir, faults.Meta(dir, meta), cmp.Or(cfg.SegmentBytes, 64<<20)); err != nil {
			return nil, fmt.Errorf("%s: %w", dir, err)
		}
		log, err := wal.Open(dir, wal.WithMetaStore(faults.Meta(dir, meta)), wal.WithSegmentSize(cmp.Or(cfg.SegmentBytes, 64<<20)), wal.WithLogger(rotation), faults.Segments(dir))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", dir, err)
		}
		opened.Add(log.Close)
		return log, nil
	}
	return nil, fmt.Errorf("raft.log_store %q: choose %s or %s", cfg.LogStore, Bolt, WAL)
}

// gapless makes raft empty a log that allows gaps before it goes on behind a snapshot. Whoever
// reads the log takes a gap for entries that were lost; see guard.
type gapless struct{ raft.LogStore }

// IsMonotonic implements raft.MonotonicLogStore.
func (gapless) IsMonotonic() bool { return true }

// openBolt opens a bolt file. Without a synced freelist a commit takes one fsync instead of two;
// opening scans the file instead.
func openBolt(path string) (*raftboltdb.BoltStore, error) {
	db, err := raftboltdb.New(raftboltdb.Options{
		Path: path,
		BoltOptions: &bbolt.Options{
			NoFreelistSync: true,
			FreelistType:   bbolt.FreelistMapType,
			Timeout:        time.Second, // the default waits forever for another process
		},
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return db, nil
}

// checkLogStore refuses another log store than the one that created the folder. The other one would
// find an empty log beside a vote, which to raft is a node that has forgotten what it acknowledged.
func checkLogStore(stable raft.StableStore, want string) error {
	key := []byte("aion/log_store")
	have, err := stable.Get(key)
	switch {
	case errors.Is(err, raftboltdb.ErrKeyNotFound):
		return stable.Set(key, []byte(want))
	case err != nil:
		return err
	case string(have) != want:
		return fmt.Errorf("raft.log_store is %s, but this folder's log is kept by %s", want, have)
	}
	return nil
}
