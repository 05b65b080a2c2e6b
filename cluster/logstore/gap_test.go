package logstore

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/raft"
)

// TestGapInTheMiddle: an entry is missing between others. Entries that were cut at either end, or
// were never written, are no gap.
func TestGapInTheMiddle(t *testing.T) {
	store := raft.NewInmemStore()
	for i := uint64(1); i <= 9; i++ {
		if err := store.StoreLog(testEntry(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(store.DeleteRange(1, 2), store.DeleteRange(6, 6)); err != nil {
		t.Fatal(err)
	}
	for index, want := range map[uint64]string{2: "", 3: "", 6: "entry 6 is missing in the middle of the log", 9: "", 10: ""} {
		var fatal, last error
		l := guardLog(store, &guard{fatal: func(err error) { fatal = err }, exit: func(err error) { last = err }})
		err := l.GetLog(index, &raft.Log{})
		if want == "" {
			if fatal != nil || last != nil || err != nil && err != raft.ErrLogNotFound {
				t.Errorf("entry %d: %v; the node stops with %v, %v", index, err, fatal, last)
			}
			continue
		}
		for _, err := range []error{err, fatal, last} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("entry %d: %v, want %q", index, err, want)
			}
		}
	}
}

// TestSegmentIsMissing: a log that lacks one of its files is refused, and the file is named.
func TestSegmentIsMissing(t *testing.T) {
	dir := t.TempDir()
	cfg := Config{Dir: dir, SegmentBytes: 4 << 10, Fatal: func(err error) { t.Error(err) }}
	s, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for i := uint64(1); i <= 100; i++ {
		if err := s.Log.StoreLog(&raft.Log{Index: i, Term: 1, Data: []byte(strings.Repeat(fmt.Sprint(i), 100))}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "wal", "*.wal"))
	if err != nil || len(files) < 4 {
		t.Fatal(files, err)
	}
	gone := files[len(files)/2]
	if err := os.Remove(gone); err != nil {
		t.Fatal(err)
	}
	if s, err := Open(cfg); err == nil {
		s.Close()
		t.Errorf("a log without %s was opened", gone)
	} else if !strings.Contains(err.Error(), filepath.Base(gone)) {
		t.Errorf("the error names another file than %s: %v", gone, err)
	}
}
