package logstore

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"aion.dev/aion/cluster/durable"
	"aion.dev/aion/internal/faults"
	"aion.dev/aion/internal/lifecycle"
	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"
)

// Config configures where and how raft's log is stored. Zero fields have defaults.
type Config struct {
	Dir          string // a folder of its own; created if missing
	LogStore     string // Bolt or WAL; default WAL. A folder keeps the store that created it
	CacheEntries int    // newest entries kept in memory; default 2,048: twice what can be in flight
	CacheBytes   int    // their maximal size; default 64 MiB
	SegmentBytes int    // of a file of the wal; default 64 MiB
	// Fatal is called once when the log or the vote could not be read or written. The process must
	// end, because what is on disk is no longer known. Required.
	Fatal func(error)
	// Exit is called after Fatal if raft would panic next. It ends the process and says why. Nil =
	// raft panics.
	Exit   func(error)
	Logger hclog.Logger
}

// KeptSnapshots is how many snapshots are kept: the newest, and the one before it.
const KeptSnapshots = 2

// Stores holds raft's log, its vote and its snapshots.
type Stores struct {
	Log       raft.LogStore
	Stable    raft.StableStore
	Snapshots raft.SnapshotStore
	Close     func() error // may be nil
	folder    string       // of Snapshots; empty = in memory
	weighed   *weighed     // below Log; nil where bytes are not counted
}

// Head opens a snapshot for reading its beginning. Unlike Snapshots.Open it does not check all of
// the content first, which takes as long as the snapshot is large: the reader checks what it reads.
func (s *Stores) Head(id string) (io.ReadCloser, error) {
	if s.folder == "" {
		_, content, err := s.Snapshots.Open(id)
		return content, err
	}
	return os.Open(filepath.Join(s.folder, id, "state.bin"))
}

// Weighed reports whether the log's bytes are counted. They are in the stores that Open returns.
func (s *Stores) Weighed() bool { return s.weighed != nil }

// Bytes returns the bytes of all entries of a weighed log, and of those after index.
func (s *Stores) Bytes(index uint64) (all, after uint64) { return s.weighed.bytes(index) }

// Written returns the bytes of the entries that a weighed log has written since it was opened, and
// in how many writes. Each write ends with an fsync.
func (s *Stores) Written() (bytes, writes uint64) {
	return s.weighed.written.Load(), s.weighed.writes.Load()
}

// WriteTimes returns how long the writes of a weighed log took, each with its fsync.
func (s *Stores) WriteTimes() *Durations { return &s.weighed.took }

// Newest returns how many of the newest entries of a weighed log fit into this many bytes.
func (s *Stores) Newest(bytes uint64) uint64 { return s.weighed.newest(bytes) }

// Open opens raft's stores in cfg.Dir, or creates them. From here on an acknowledged log entry is
// durable: it is on disk before StoreLogs returns. The caller calls Close after raft has shut down.
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
	snapshots, err := raft.NewFileSnapshotStoreWithLogger(cfg.Dir, KeptSnapshots, cfg.Logger.Named("snapshot"))
	if err != nil {
		return nil, err
	}
	if err := durable.SyncFolder(cfg.Dir); err != nil { // so that the files created above survive a crash
		return nil, err
	}
	guard := &guard{fatal: cfg.Fatal, exit: cfg.Exit, rotation: rotation}
	size, err := folderBytes(filepath.Join(cfg.Dir, "wal"), filepath.Join(cfg.Dir, "log.db"))
	if err != nil {
		return nil, err
	}
	weighed, err := weigh(guardLog(log, guard), size)
	if err != nil {
		return nil, err
	}
	folder := filepath.Join(cfg.Dir, "snapshots")
	return &Stores{
		weighed:   weighed,
		Log:       newTail(weighed, cmp.Or(cfg.CacheEntries, 2048), cmp.Or(cfg.CacheBytes, 64<<20)),
		Stable:    guardStable(faults.Stable(filepath.Join(cfg.Dir, "stable.db"), stable), guard),
		folder:    folder,
		Snapshots: faults.SnapshotStore(folder, snapshots),
		Close: func() error {
			guard.close()
			return opened.Close()
		},
	}, nil
}

// folderBytes returns the size of all files at and below these paths.
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
