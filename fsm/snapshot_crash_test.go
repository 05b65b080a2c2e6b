package fsm

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

// nestingMem lets nothing else that takes mu happen during an operation in which MemFS locks for
// reading twice: CrashClone, which locks for writing, in between makes the two wait for each other
// for ever.
type nestingMem struct {
	*vfs.MemFS
	mu sync.Mutex
}

func (m *nestingMem) Link(from, to string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.MemFS.Link(from, to)
}

func (m *nestingMem) Lock(name string) (io.Closer, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.MemFS.Lock(name)
}

func (m *nestingMem) ReuseForWrite(from, to string, category vfs.DiskWriteCategory) (vfs.File, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.MemFS.ReuseForWrite(from, to, category)
}

// TestCrashAnywhere crashes a node before every single operation on its disk, while it applies,
// flushes, writes a snapshot and restores one. Whatever is found on the disk afterwards is a state
// of the log, not older than what Flushed had promised, from which the log goes on to the same
// digest.
func TestCrashAnywhere(t *testing.T) {
	source := newWorld(t)
	live(source)
	ahead := snapshotOf(t, source.s)
	aheadIndex, _ := source.s.Digest()
	source.start("z", "order")
	final, digest := source.s.Digest()

	// story runs on a disk that crashes before its nth operation; it returns what the disk holds
	// then, and what had been promised.
	story := func(crash int) (disk *vfs.MemFS, promised uint64, total int) {
		mem := vfs.NewCrashableMem()
		var mu sync.Mutex // Pebble works on its disk in goroutines of its own
		var found *vfs.MemFS
		operations := 0
		nesting := &nestingMem{MemFS: mem}
		fs := errorfs.Wrap(nesting, errorfs.InjectorFunc(func(errorfs.Op) error {
			mu.Lock()
			defer mu.Unlock()
			if operations++; operations == crash {
				nesting.mu.Lock()
				defer nesting.mu.Unlock()
				found = mem.CrashClone(vfs.CrashCloneCfg{})
			}
			return nil
		}))
		crashed := func() *vfs.MemFS {
			mu.Lock()
			defer mu.Unlock()
			return found
		}
		s, err := Open(Config{Dir: "state", FS: fs, CacheBytes: 1 << 20, Level: source.level})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		promise := func() {
			if flushed := s.Flushed(); crashed() == nil {
				promised = flushed
			}
		}
		for i, e := range source.log[:8] {
			if _, err := s.Apply(uint64(i+1), e); err != nil {
				t.Fatal(err)
			}
			if i == 4 {
				if err := s.db.Flush(); err != nil {
					t.Fatal(err)
				}
				promise()
			}
		}
		snapshotOf(t, s)
		promise()
		if err := s.Restore(bytes.NewReader(ahead)); err != nil {
			t.Fatal(err)
		}
		promise()
		disk = crashed()
		mu.Lock()
		defer mu.Unlock()
		return disk, promised, operations
	}

	_, _, total := story(0)
	tried := 0
	for crash := 1; crash <= total; crash++ {
		disk, promised, _ := story(crash)
		if disk == nil {
			continue // Pebble's own goroutines make a few operations more or less
		}
		tried++
		s, err := Open(Config{Dir: "state", FS: disk, CacheBytes: 1 << 20, Level: source.level})
		if err != nil {
			t.Fatalf("operation %d: %v", crash, err)
		}
		from := s.Applied()
		if from < promised || from > aheadIndex {
			t.Errorf("operation %d: found index %d, %d was promised", crash, from, promised)
		}
		for i := from; i < final; i++ {
			if _, err := s.Apply(i+1, source.log[i]); err != nil {
				t.Fatal(err)
			}
		}
		if _, got := s.Digest(); got != digest {
			t.Errorf("operation %d: from index %d the log led to another digest", crash, from)
		}
		if err := errors.Join(Audit(s), s.Close()); err != nil {
			t.Errorf("operation %d: %v", crash, err)
		}
		if names, err := disk.List("state"); err != nil || len(names) != 2 {
			t.Errorf("operation %d: left in the folder: %v %v", crash, names, err)
		}
	}
	if tried < 100 {
		t.Errorf("only %d of %d operations were tried", tried, total)
	}
	t.Logf("crashed before %d operations", tried)
}

// TestSickDisk: an error of the disk under a flush, which no caller waits for, stops the node at
// the next entry.
func TestSickDisk(t *testing.T) {
	var sick atomic.Bool
	fs := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
		if sick.Load() && op.Kind.ReadOrWrite() == errorfs.OpIsWrite {
			return errorfs.ErrInjected
		}
		return nil
	}))
	w := &world{t: t, fs: fs, now: 1}
	w.open()
	w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
	sick.Store(true)
	if err := w.s.db.Flush(); !errors.Is(err, errorfs.ErrInjected) {
		t.Errorf("Flush said %v", err)
	}
	b, err := EncodeEntry(Entry{At: 2, Commands: []Envelope{{Command: &Check{Leader: "n"}}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.s.Apply(2, b); !errors.Is(err, errorfs.ErrInjected) {
		t.Errorf("Apply said %v", err)
	}
	if _, err := w.s.Snapshot(); !errors.Is(err, errorfs.ErrInjected) {
		t.Errorf("Snapshot said %v", err)
	}
	if err := w.s.Restore(bytes.NewReader(nil)); !errors.Is(err, errorfs.ErrInjected) {
		t.Errorf("Restore said %v", err)
	}
	sick.Store(false)
	if err := w.s.Close(); err != nil {
		t.Errorf("Close said %v", err)
	}
}

// TestCloseOnAFullDisk: a state that cannot be written down is closed all the same, and says why it
// is not on disk. The node would not end otherwise.
func TestCloseOnAFullDisk(t *testing.T) {
	for _, snapshot := range []bool{false, true} { // one is under way, and keeps the database open
		var sick atomic.Bool
		fs := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
			if sick.Load() && op.Kind.ReadOrWrite() == errorfs.OpIsWrite {
				return syscall.ENOSPC
			}
			return nil
		}))
		w := &world{t: t, fs: fs, now: 1}
		w.open()
		w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
		p, err := w.s.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		sick.Store(true)
		if snapshot {
			if _, err := p.WriteTo(io.Discard); !errors.Is(err, syscall.ENOSPC) {
				t.Errorf("the snapshot: %v", err)
			}
		}
		p.Release()
		if err := w.s.Close(); !snapshot && !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("Close said %v", err)
		}
	}
}

// TestNoRoomForTheListOfFiles: Pebble cannot go on, and whoever ends the process learns the cause.
func TestNoRoomForTheListOfFiles(t *testing.T) {
	var sick atomic.Bool
	fs := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
		if sick.Load() && op.Kind.ReadOrWrite() == errorfs.OpIsWrite && strings.Contains(op.Path, "MANIFEST") {
			return syscall.ENOSPC
		}
		return nil
	}))
	stopped := make(chan error)
	s, err := Open(Config{Dir: "state", FS: fs, Fatal: func(err error) {
		stopped <- err
		select {} // as if the process had ended
	}})
	if err != nil {
		t.Fatal(err)
	}
	b, err := EncodeEntry(Entry{At: 1, Commands: []Envelope{{Command: &Check{Leader: "n"}}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Apply(1, b); err != nil {
		t.Fatal(err)
	}
	sick.Store(true)
	go func() { _ = s.db.Flush() }()
	if err := <-stopped; !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "state on disk: MANIFEST") {
		t.Errorf("stopped by %v", err)
	}
	if err := s.failed(); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("the state goes on: %v", err)
	}
}
