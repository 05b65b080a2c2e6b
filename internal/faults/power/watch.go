//go:build linux

package power

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"unsafe"
)

// Watch records what a process does to its files. All methods may be called by any goroutine at any
// time. A nil Watch passes everything through and records nothing.
//
// Files are identified by inode, so that they may be renamed. The folder of the Watch keeps a link
// to each written file, and everything that was removed, so that no other file gets the inode of
// one that can come back.
type Watch struct {
	dir string

	mu      sync.Mutex // guards the fields below, and changes of names, which the journal has in their real order
	journal *os.File
	seq     int64
	linked  map[uint64]bool
}

// Open opens the watch in dir, a folder of its own on the same file system as the files, and
// continues where the previous process ended: starting a process does not sync what the previous
// one had not synced. It is never closed.
func Open(dir string) (*Watch, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	had, err := read(dir)
	if err != nil {
		return nil, err
	}
	w := &Watch{dir: dir, linked: map[uint64]bool{}}
	if w.journal, err = os.OpenFile(filepath.Join(dir, journalFile), os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return nil, err
	}
	whole := int64(0)
	for i := range had { // drop the line that the kill has torn
		line, err := json.Marshal(&had[i])
		if err != nil {
			return nil, err
		}
		whole += int64(len(line)) + 1
		w.seq = had[i].Seq
	}
	if err := w.journal.Truncate(whole); err != nil {
		return nil, err
	}
	_, err = w.journal.Seek(whole, 0)
	return w, err
}

// append adds a record. The caller holds mu.
func (w *Watch) append(r record) (seq int64, err error) {
	w.seq++
	r.Seq = w.seq
	line, err := json.Marshal(&r)
	if err != nil {
		return 0, err
	}
	_, err = w.journal.Write(append(line, '\n'))
	return r.Seq, err
}

// Write must be called before n bytes are written to the file open as fd, at an offset, or at the
// descriptor's position if at is negative.
func (w *Watch) Write(fd uintptr, at int64, n int) error {
	if w == nil {
		return nil
	}
	var st syscall.Stat_t
	if err := syscall.Fstat(int(fd), &st); err != nil {
		return fmt.Errorf("power: fstat: %w", err)
	}
	if at < 0 {
		var err error
		if at, err = syscall.Seek(int(fd), 0, 1); err != nil {
			return fmt.Errorf("power: where a descriptor stands: %w", err)
		}
	}
	r := record{Do: write, File: st.Ino, At: at, Len: int64(n), Size: st.Size}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.link(fd, st.Ino); err != nil || !w.linked[st.Ino] {
		return err
	}
	if had := min(at+int64(n), st.Size) - at; had > 0 {
		f, err := os.Open(w.kept(st.Ino)) // fd may be write-only
		if err != nil {
			return err
		}
		defer f.Close()
		r.Old = make([]byte, had)
		if _, err := f.ReadAt(r.Old, at); err != nil {
			return fmt.Errorf("power: what is overwritten: %w", err)
		}
		if zeros(r.Old) {
			r.Old = nil
		}
	}
	_, err := w.append(r)
	return err
}

func zeros(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// Grown must be called after the file open as fd was enlarged from was without writing.
func (w *Watch) Grown(fd uintptr, was int64) error {
	if w == nil {
		return nil
	}
	var st syscall.Stat_t
	if err := syscall.Fstat(int(fd), &st); err != nil {
		return fmt.Errorf("power: fstat: %w", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.link(fd, st.Ino); err != nil || !w.linked[st.Ino] {
		return err
	}
	_, err := w.append(record{Do: write, File: st.Ino, At: was, Size: was})
	return err
}

// Sync records do, the fsync of the file open as fd.
func (w *Watch) Sync(fd uintptr, do func() error) error {
	if w == nil {
		return do()
	}
	var st syscall.Stat_t
	if err := syscall.Fstat(int(fd), &st); err != nil {
		return fmt.Errorf("power: fstat: %w", err)
	}
	return w.sync(synced, st.Ino, "", do)
}

// sync covers everything that was recorded before it began.
func (w *Watch) sync(as verb, file uint64, name string, do func() error) error {
	w.mu.Lock()
	upto := w.seq
	w.mu.Unlock()
	if err := do(); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	_, err := w.append(record{Do: as, File: file, Name: name, Upto: upto})
	return err
}

// link keeps a link to the file open as fd. A file without a name is invisible after a crash, so it
// is not kept.
func (w *Watch) link(fd uintptr, ino uint64) error {
	if w.linked[ino] {
		return nil
	}
	err := linkat(fmt.Sprintf("/proc/self/fd/%d", fd), w.kept(ino))
	if errors.Is(err, syscall.ENOENT) {
		return nil
	}
	if err != nil && !errors.Is(err, syscall.EEXIST) { // the previous process has kept it
		return fmt.Errorf("power: keep a link: %w", err)
	}
	w.linked[ino] = true
	return nil
}

func (w *Watch) kept(ino uint64) string { return filepath.Join(w.dir, keptFile(ino)) }

func keptFile(ino uint64) string { return fmt.Sprintf("file-%d", ino) }

// linkat is link(2) that follows a symbolic link, which the names of descriptors under /proc are.
func linkat(from, to string) error {
	const (
		here   = -100  // AT_FDCWD
		follow = 0x400 // AT_SYMLINK_FOLLOW
	)
	f, err := syscall.BytePtrFromString(from)
	if err != nil {
		return err
	}
	t, err := syscall.BytePtrFromString(to)
	if err != nil {
		return err
	}
	cwd := here
	if _, _, e := syscall.Syscall6(syscall.SYS_LINKAT, uintptr(cwd), uintptr(unsafe.Pointer(f)), uintptr(cwd), uintptr(unsafe.Pointer(t)), follow, 0); e != 0 {
		return e
	}
	return nil
}
