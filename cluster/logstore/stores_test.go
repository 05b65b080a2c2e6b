package logstore

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/hashicorp/raft"
	"go.uber.org/goleak"
)

var logStores = []string{Bolt, WAL}

func openTestStores(t testing.TB, dir, kind string) *Stores {
	t.Helper()
	s, err := Open(Config{Dir: dir, LogStore: kind, SegmentBytes: 64 << 10, Fatal: func(err error) { t.Errorf("fatal: %v", err) }})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// testEntry is an entry whose content follows from its index, so that a reader can check that it is
// intact.
func testEntry(index uint64) *raft.Log {
	return &raft.Log{Index: index, Term: 1 + index/100, Type: raft.LogCommand, Data: bytes.Repeat(binary.BigEndian.AppendUint64(nil, index), 1+int(index%50))}
}

func testEntries(from, to uint64) (logs []*raft.Log) {
	for i := from; i <= to; i++ {
		logs = append(logs, testEntry(i))
	}
	return logs
}

// wantEntries fails unless s holds at least the entries from to to, intact.
func wantEntries(t *testing.T, s raft.LogStore, from, to uint64) {
	t.Helper()
	last, err := s.LastIndex()
	if err != nil || last < to {
		t.Fatalf("last index is %d, want at least %d; %v", last, to, err)
	}
	for i := from; i <= last; i++ {
		var got raft.Log
		if err := s.GetLog(i, &got); err != nil {
			t.Fatalf("entry %d of %d: %v", i, last, err)
		}
		if want := testEntry(i); got.Term != want.Term || got.Index != i || !bytes.Equal(got.Data, want.Data) {
			t.Fatalf("entry %d is not what was stored", i)
		}
	}
}

func TestStoresKeepWhatTheyAreGiven(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	for _, kind := range logStores {
		dir := t.TempDir()
		s := openTestStores(t, dir, kind)
		if _, err := s.Stable.Get([]byte("CurrentTerm")); err == nil || err.Error() != "not found" {
			t.Fatalf("%s: raft knows a new node by the text \"not found\", got %v", kind, err)
		}
		if err := s.Log.StoreLogs(testEntries(1, 500)); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(s.Stable.SetUint64([]byte("term"), 7), s.Log.DeleteRange(1, 100), s.Log.DeleteRange(451, 500)); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if first, _ := s.Log.FirstIndex(); first != 101 {
				t.Errorf("%s: first index %d", kind, first)
			}
			wantEntries(t, s.Log, 101, 450)
			if err := s.Log.GetLog(451, &raft.Log{}); !errors.Is(err, raft.ErrLogNotFound) {
				t.Errorf("%s: reading a removed entry: %v", kind, err)
			}
			if term, err := s.Stable.GetUint64([]byte("term")); term != 7 || err != nil {
				t.Errorf("%s: term %d, %v", kind, term, err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = openTestStores(t, dir, kind)
		}
		s.Close()
	}
}

func TestStoresRefuseToChangeTheLogStore(t *testing.T) {
	dir := t.TempDir()
	openTestStores(t, dir, Bolt).Close()
	_, err := Open(Config{Dir: dir, LogStore: WAL, Fatal: func(error) {}})
	if want := "raft.log_store is wal, but this folder's log is kept by bolt"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("a folder of bolt opened with the wal: %v, want %s", err, want)
	}
	_, err = Open(Config{Dir: t.TempDir(), LogStore: "paper", Fatal: func(error) {}})
	if want := `raft.log_store "paper"`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("a log store that there is not: %v, want %s", err, want)
	}
	openTestStores(t, dir, Bolt).Close() // the refusals left nothing locked
}

// TestStoresRemoveUnfinishedSnapshots: a process that is killed while it writes a snapshot leaves a
// copy of the state that nobody will ever read.
func TestStoresRemoveUnfinishedSnapshots(t *testing.T) {
	dir := t.TempDir()
	s := openTestStores(t, dir, WAL)
	write := func(index uint64) raft.SnapshotSink {
		sink, err := s.Snapshots.Create(1, index, 1, raft.Configuration{}, 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := sink.Write([]byte("state")); err != nil {
			t.Fatal(err)
		}
		return sink
	}
	if err := write(10).Close(); err != nil {
		t.Fatal(err)
	}
	write(20) // and no further
	s.Close()
	s = openTestStores(t, dir, WAL)
	defer s.Close()
	left, err := os.ReadDir(filepath.Join(dir, "snapshots"))
	list, err2 := s.Snapshots.List()
	if err := errors.Join(err, err2); err != nil || len(left) != 1 || len(list) != 1 || list[0].Index != 10 {
		t.Errorf("after the crash there are %v, listed are %+v, %v", left, list, err)
	}
}

const crashVar = "AION_TEST_CRASH_STORE"

// TestCrashChild is the process that TestStoresSurviveKill kills; by itself it does nothing.
func TestCrashChild(t *testing.T) {
	kind, dir, ok := strings.Cut(os.Getenv(crashVar), ":")
	if !ok {
		return
	}
	s := openTestStores(t, dir, kind)
	next, err := s.Log.LastIndex()
	for ; err == nil; next += 1 + next%7 {
		if err = s.Log.StoreLogs(testEntries(next+1, next+1+next%7)); err == nil {
			err = s.Stable.SetUint64([]byte("acknowledged"), next+1+next%7)
		}
		fmt.Println("acknowledged", next+1+next%7)
	}
	t.Fatal(err)
}

func TestStoresSurviveKill(t *testing.T) {
	for _, kind := range logStores {
		t.Run(kind, func(t *testing.T) {
			dir := t.TempDir()
			for round := range 4 {
				acknowledged := killWhileWriting(t, kind, dir, 60+40*round)
				s := openTestStores(t, dir, kind)
				wantEntries(t, s.Log, 1, acknowledged)
				if n, err := s.Stable.GetUint64([]byte("acknowledged")); n < acknowledged || err != nil {
					t.Fatalf("the vote's store says %d, want at least %d; %v", n, acknowledged, err)
				}
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// killWhileWriting lets a child append until it has acknowledged the given number of batches, kills
// it at once, and returns the last acknowledged index.
func killWhileWriting(t *testing.T, kind, dir string, batches int) (last uint64) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestCrashChild$")
	child.Env = append(os.Environ(), crashVar+"="+kind+":"+dir)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		number, ok := strings.CutPrefix(lines.Text(), "acknowledged ")
		if !ok {
			t.Errorf("child says %q", lines.Text())
			continue
		}
		if last, err = strconv.ParseUint(number, 10, 64); err != nil {
			t.Fatal(err)
		}
		if batches--; batches == 0 {
			child.Process.Kill() // SIGKILL; its earlier output is still read
		}
	}
	child.Wait()
	if batches > 0 {
		t.Fatalf("the child ended by itself, %d batches early", batches)
	}
	return last
}

// A crash of the machine may leave the last write incomplete on disk.
func TestStoresTolerateATornTail(t *testing.T) {
	tear := map[string]func(t *testing.T, dir string){Bolt: tearBolt, WAL: tearWAL}
	for _, kind := range logStores {
		dir := t.TempDir()
		s := openTestStores(t, dir, kind)
		if err := errors.Join(s.Log.StoreLogs(testEntries(1, 20)), s.Log.StoreLogs(testEntries(21, 25))); err != nil {
			t.Fatal(err)
		}
		s.Close()
		tear[kind](t, dir)
		s = openTestStores(t, dir, kind)
		wantEntries(t, s.Log, 1, 20)
		last, _ := s.Log.LastIndex()
		if last >= 25 {
			t.Errorf("%s: the tear did not reach the last batch: last index %d", kind, last)
		}
		if err := s.Log.StoreLogs(testEntries(last+1, 40)); err != nil {
			t.Fatal(err)
		}
		wantEntries(t, s.Log, 1, 40)
		s.Close()
	}
}

// tearWAL damages the end of the newest segment's content.
func tearWAL(t *testing.T, dir string) {
	t.Helper()
	segments, err := filepath.Glob(filepath.Join(dir, "wal", "*.wal"))
	if err != nil || len(segments) == 0 {
		t.Fatalf("no segments in %s: %v", dir, err)
	}
	rewrite(t, segments[len(segments)-1], func(b []byte) {
		end := len(bytes.TrimRight(b, "\x00"))
		for i := end - 6; i < end; i++ {
			b[i] ^= 0xff
		}
	})
}

// tearBolt damages the newer of bolt's two meta pages, like a torn write of the last commit.
func tearBolt(t *testing.T, dir string) {
	t.Helper()
	rewrite(t, filepath.Join(dir, "log.db"), func(b []byte) {
		const transaction, checksum = 64, 72 // offsets in the page
		page := os.Getpagesize()
		newer := 0
		if binary.NativeEndian.Uint64(b[page+transaction:]) > binary.NativeEndian.Uint64(b[transaction:]) {
			newer = page
		}
		b[newer+checksum] ^= 0xff
	})
}

func rewrite(t *testing.T, file string, f func([]byte)) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	f(b)
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func BenchmarkStores(b *testing.B) {
	for _, kind := range logStores {
		for _, batch := range []uint64{1, 16, 64} {
			b.Run(fmt.Sprintf("%s/batch=%d", kind, batch), func(b *testing.B) {
				s, err := Open(Config{Dir: b.TempDir(), LogStore: kind, Fatal: func(err error) { b.Fatal(err) }})
				if err != nil {
					b.Fatal(err)
				}
				defer s.Close()
				data := make([]byte, 256)
				next := uint64(1)
				for b.Loop() {
					var logs []*raft.Log
					for range batch {
						logs = append(logs, &raft.Log{Index: next, Term: 1, Data: data})
						next++
					}
					if err := s.Log.StoreLogs(logs); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(batch)*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
			})
		}
	}
}
