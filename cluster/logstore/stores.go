package logstore

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"aion.dev/aion/cluster/durable"
	"aion.dev/aion/internal/faults"
	"aion.dev/aion/internal/lifecycle"
	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"
	raftboltdb "github.com/hashicorp/raft-boltdb/v2"
	wal "github.com/hashicorp/raft-wal"
	"github.com/hashicorp/raft-wal/metadb"
	"go.etcd.io/bbolt"
)

// The log stores to choose from. The vote always lives in bolt.
const (
	Bolt = "bolt"
	WAL  = "wal"
)

// Config says where and how raft keeps its log. Zero fields have defaults.
type Config struct {
	Dir             string // folder of its own; made when missing
	LogStore        string // Bolt or WAL; default WAL. A folder keeps the one it was made with
	CacheEntries    int    // newest entries kept in memory; default 2,048: twice what can be in flight
	CacheBytes      int    // and their size at most; default 64 MiB
	SegmentBytes    int    // of a file of the wal; default 64 MiB
	RetainSnapshots int    // default 2
	// Fatal is called once, when the log or the vote could not be read or written. The process must end: what is on disk is no longer known. Required.
	Fatal  func(error)
	Logger hclog.Logger
}

// Stores are where raft keeps its log, its vote and its snapshots.
type Stores struct {
	Log       raft.LogStore
	Stable    raft.StableStore
	Snapshots raft.SnapshotStore
	Close     func() error // may be nil
	weighed   *weighed     // below Log; nil where nobody counts bytes
}

// Weighed reports whether the log's bytes are counted: they are by what Open returns.
func (s *Stores) Weighed() bool { return s.weighed != nil }

// Bytes returns what all entries of a weighed log have, and those after index.
func (s *Stores) Bytes(index uint64) (all, after uint64) { return s.weighed.bytes(index) }

// Newest returns how many of the newest entries of a weighed log have at most this many bytes
// together.
func (s *Stores) Newest(bytes uint64) uint64 { return s.weighed.newest(bytes) }

// Open opens what raft keeps in cfg.Dir, or makes it. What a log entry's acknowledgement promises holds from here on: it is on disk before
// StoreLogs returns. The caller calls Close after raft has shut down.
func Open(cfg Config) (_ *Stores, err error) {
	cfg.LogStore = cmp.Or(cfg.LogStore, WAL)
	cfg.Logger = cmp.Or(cfg.Logger, hclog.NewNullLogger())
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, err
	}
	var opened lifecycle.Closers
	defer func() {
		if err != nil {
			opened.Close()
		}
	}()

	stable, err := openBolt(filepath.Join(cfg.Dir, "stable.db"))
	if err != nil {
		return nil, err
	}
	opened.Add(stable.Close)
	if err := checkLogStore(stable, cfg.LogStore); err != nil {
		return nil, fmt.Errorf("%s: %w", cfg.Dir, err)
	}
	if err := syncTree(cfg.Dir); err != nil {
		return nil, err
	}
	rotation := &rotation{Logger: cfg.Logger.Named("wal")}
	log, err := openLogStore(cfg, &opened, rotation)
	if err != nil {
		return nil, err
	}
	if err := removeUnfinishedSnapshots(cfg.Dir); err != nil {
		return nil, err
	}
	snapshots, err := raft.NewFileSnapshotStoreWithLogger(cfg.Dir, cmp.Or(cfg.RetainSnapshots, 2), cfg.Logger.Named("snapshot"))
	if err != nil {
		return nil, err
	}
	if err := durable.SyncFolder(cfg.Dir); err != nil { // the files made above are there after a crash too
		return nil, err
	}
	guard := &guard{fatal: cfg.Fatal, rotation: rotation}
	size, err := folderBytes(filepath.Join(cfg.Dir, "wal"), filepath.Join(cfg.Dir, "log.db"))
	if err != nil {
		return nil, err
	}
	weighed, err := weigh(guardLog(log, guard), size)
	if err != nil {
		return nil, err
	}
	return &Stores{
		weighed:   weighed,
		Log:       newTail(weighed, cmp.Or(cfg.CacheEntries, 2048), cmp.Or(cfg.CacheBytes, 64<<20)),
		Stable:    guardStable(faults.Stable(filepath.Join(cfg.Dir, "stable.db"), stable), guard),
		Snapshots: faults.SnapshotStore(filepath.Join(cfg.Dir, "snapshots"), snapshots),
		Close: func() error {
			guard.close()
			return opened.Close()
		},
	}, nil
}

// folderBytes is what the files at these paths and below have together.
func folderBytes(all ...string) (sum uint64, err error) {
	for _, path := range all {
		err := filepath.WalkDir(path, func(_ string, e fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil || !e.Type().IsRegular() {
				return err
			}
			info, err := e.Info()
			if err == nil {
				sum += uint64(info.Size())
			}
			return err
		})
		if err != nil {
			return 0, err
		}
	}
	return sum, nil
}

// removeUnfinishedSnapshots removes what a crash while a snapshot was written has left. Raft's store passes over it, and keeps it for ever: each such crash would
// cost the disk another copy of the state. Nobody writes there now, for the lock of the stable store is ours.
func removeUnfinishedSnapshots(dir string) error {
	dir = filepath.Join(dir, "snapshots")
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".tmp" {
			continue
		}
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

func openLogStore(cfg Config, opened *lifecycle.Closers, rotation *rotation) (raft.LogStore, error) {
	switch cfg.LogStore {
	case Bolt:
		log, err := openBolt(filepath.Join(cfg.Dir, "log.db"))
		if err != nil {
			return nil, err
		}
		opened.Add(log.Close)
		return log, nil
	case WAL:
		dir := filepath.Join(cfg.Dir, "wal")
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
		// The wal never closes its meta database (v0.4.0), and an open one keeps its file lock: whoever opened the folder again in this process would
		// wait for ever. So it is ours, and closed after the wal.
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

// openBolt opens a bolt file. Without a synced freelist a commit is one fsync instead of two; opening scans the file instead.
func openBolt(path string) (*raftboltdb.BoltStore, error) {
	db, err := raftboltdb.New(raftboltdb.Options{
		Path: path,
		BoltOptions: &bbolt.Options{
			NoFreelistSync: true,
			FreelistType:   bbolt.FreelistMapType,
			Timeout:        time.Second, // the default waits for ever for another process
		},
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return db, nil
}

// checkLogStore keeps a folder with the log store that it was made with: opening the other one would find an empty log beside a vote, which raft takes
// for a node that has forgotten what it acknowledged.
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
