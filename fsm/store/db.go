package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"aion.dev/aion/fsm/rows"
	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// FS is where the state lies; tests use vfs.NewMem().
type FS = vfs.FS

// Config says where a DB lives, and what it may take.
type Config struct {
	Dir        string      // folder of its own; made when missing
	FS         FS          // nil = the operating system's
	CacheBytes int64       // Pebble's block cache; 0 = 64 MiB
	OpenFiles  int         // of the database; 0 = 1,000
	Fatal      func(error) // must not return: the database cannot go on; nil = a panic
}

// DB is the rows of the state on one disk, in a folder that no other process has open. The Reader
// in it reads them as they stand now.
//
// Its methods are called by one goroutine at a time, except where they say otherwise. Swap and
// Close are called when nobody reads.
type DB struct {
	Reader

	cfg  Config
	dir  layout
	lock io.Closer  // of dir
	db   *pebble.DB // nil while it is closed

	backlog *backlog // of db

	seen       [rows.Families]*seen  // of the filtered families; made by Reopen
	ranges     int                   // deleted and still in memory
	background atomic.Pointer[error] // what a reader or Pebble's own goroutines met first
	broken     chan struct{}         // closed once background is set
	folders    atomic.Uint64         // numbers the folders of snapshots
	progress   atomic.Uint64
}

// Open opens the database in cfg.Dir, or makes an empty one. It first finishes or undoes a swap
// that a crash broke off.
func Open(cfg Config) (*DB, error) {
	if cfg.FS == nil {
		cfg.FS = vfs.Default
	}
	if cfg.CacheBytes == 0 {
		cfg.CacheBytes = 64 << 20
	}
	d := &DB{cfg: cfg, dir: layout{cfg.FS, cfg.Dir}, broken: make(chan struct{})}
	lock, err := d.dir.lock()
	if err != nil {
		return nil, err
	}
	d.lock = lock
	if err = d.dir.repair(); err == nil {
		err = d.Reopen()
	}
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return d, nil
}

// Reopen opens the database in the live folder, after Swap.
func (d *DB) Reopen() error {
	db, err := pebble.Open(d.dir.live(), d.options())
	if err != nil {
		return err
	}
	d.db, d.backlog = db, newBacklog(db, &d.progress)
	d.Reader = Reader{currentReader{d.backlog}}
	m, err := d.Meta()
	if err != nil {
		return errors.Join(err, d.shut())
	}
	d.refill(m)
	return nil
}

// Close releases the folder. It does not flush: what is in memory only is gone, as after a crash.
func (d *DB) Close() error {
	return errors.Join(d.shut(), d.lock.Close())
}

// shut closes the database and keeps the folder.
func (d *DB) shut() error {
	db := d.db
	if db == nil {
		return nil
	}
	d.db, d.backlog, d.Reader = nil, nil, Reader{}
	return db.Close()
}

// Flushed returns the index up to which the state is on disk. Any goroutine may call it.
func (d *DB) Flushed() (uint64, error) {
	var m rows.Meta
	it, err := d.db.NewIter(&pebble.IterOptions{LowerBound: rows.Key(rows.FamilyMeta), UpperBound: rows.Key(rows.FamilyMeta + 1), OnlyReadGuaranteedDurable: true})
	if err != nil {
		return 0, err
	}
	if it.First() {
		err = rows.Decode(it.Value(), &m)
	}
	return m.Index, errors.Join(err, it.Error(), it.Close())
}

// DiskBytes returns what the database takes on disk. Any goroutine may call it.
func (d *DB) DiskBytes() uint64 { return d.db.Metrics().DiskSpaceUsage() }

// Reclaim gives back the space of deleted rows of the families. It does not hold up commits, and
// ends with ctx. Any goroutine may call it.
func (d *DB) Reclaim(ctx context.Context, families ...byte) error {
	if err := d.Flush(); err != nil {
		return fmt.Errorf("flush before compaction: %w", err)
	}
	for _, family := range families {
		if err := d.db.Compact(ctx, []byte{family}, []byte{family + 1}, false); err != nil {
			return fmt.Errorf("compact the histories: %w", err)
		}
	}
	return nil
}

// Worked adds to Progress. Any goroutine may call it.
func (d *DB) Worked(units uint64) { d.progress.Add(units) }

// Progress is a number that grows with every row that an Overlay reads or writes, and with what
// others say that they worked. Any goroutine may call it.
func (d *DB) Progress() uint64 { return d.progress.Load() }
