package logstore

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/raft"
	wal "github.com/hashicorp/raft-wal"
	walfs "github.com/hashicorp/raft-wal/fs"
	"github.com/hashicorp/raft-wal/metadb"
	"github.com/hashicorp/raft-wal/segment"
	"github.com/hashicorp/raft-wal/types"
)

// A list of segments that was cut off is an error that names the file, and no panic.
func TestListOfSegmentsThatWasCutOff(t *testing.T) {
	dir := t.TempDir()
	fillSegment(t, filepath.Join(dir, "wal"))
	path := filepath.Join(dir, "wal", metadb.FileName)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{0, 100, 4096} {
		if err := os.WriteFile(path, whole[:size], 0o600); err != nil {
			t.Fatal(err)
		}
		stores, err := Open(Config{Dir: dir, Fatal: func(err error) { t.Error(err) }})
		if err == nil {
			stores.Close()
		}
		if err == nil || !strings.Contains(err.Error(), metadb.FileName) {
			t.Errorf("cut off after %d of %d bytes: %v", size, len(whole), err)
		}
	}
}

// TestAFullSegmentIsFollowedByAnother: a process that ended after it filled a segment, and before
// the list of segments recorded that, does not leave a log that refuses every write.
func TestAFullSegmentIsFollowedByAnother(t *testing.T) {
	dir := t.TempDir()
	last := fillSegment(t, filepath.Join(dir, "wal"))
	for range 2 { // the second time there is nothing to repair
		stores, err := Open(Config{Dir: dir, SegmentBytes: 4 << 10, Fatal: func(err error) { t.Error(err) }})
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			last++
			if err := stores.Log.StoreLogs([]*raft.Log{entryOf(last)}); err != nil {
				t.Fatal(err)
			}
		}
		for i := uint64(1); i <= last; i++ {
			var l raft.Log
			if err := stores.Log.GetLog(i, &l); err != nil || !bytes.Equal(l.Data, entryOf(i).Data) {
				t.Fatalf("entry %d: %v", i, err)
			}
		}
		if err := stores.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func entryOf(n uint64) *raft.Log {
	return &raft.Log{Index: n, Term: 1, Data: bytes.Repeat([]byte{byte(n)}, 500)}
}

// fillSegment creates a wal as such a process leaves it, and returns its last index.
func fillSegment(t *testing.T, dir string) (last uint64) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	meta := &metadb.BoltMetaDB{}
	if _, err := meta.Load(dir); err != nil {
		t.Fatal(err)
	}
	info := types.SegmentInfo{ID: 1, BaseIndex: 1, MinIndex: 1, Codec: wal.CodecBinaryV1, CreateTime: time.Now(), SizeLimit: 4 << 10}
	if err := meta.CommitState(types.PersistentState{NextSegmentID: 2, Segments: []types.SegmentInfo{info}}); err != nil {
		t.Fatal(err)
	}
	w, err := segment.NewFiler(dir, walfs.New()).Create(info)
	if err != nil {
		t.Fatal(err)
	}
	for full := false; !full; {
		last++
		var b bytes.Buffer
		if err := new(wal.BinaryCodec).Encode(entryOf(last), &b); err != nil {
			t.Fatal(err)
		}
		if err := w.Append([]types.LogEntry{{Index: last, Data: b.Bytes()}}); err != nil {
			t.Fatal(err)
		}
		if full, _, err = w.Sealed(); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), meta.Close()); err != nil {
		t.Fatal(err)
	}
	return last
}
