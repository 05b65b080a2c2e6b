package fsm

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/jsonvectors"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
)

// live fills a world with a bit of everything.
func live(w *world) {
	w.do(&AnnounceNode{Node: rows.Node{ID: "n1", HTTPAddress: "a:1"}, ClusterID: "c1"})
	w.do(&LoadPackage{Package: pack("v1", "order", "refund"), Route: true})
	w.do(&ReportReady{Node: "n1", Version: versionOf("v1"), Ready: true})
	for _, id := range []string{"a", "b", "c", "d"} {
		w.start(id, "order")
	}
	w.turn("a", &history.TimerStarted{ID: 1, Duration: 5e9}, &history.ChildWorkflowStarted{ID: 2, WorkflowID: "kid", WorkflowType: "refund"})
	w.turn("b", &history.SignalSent{WorkflowID: "c", Name: "hi"}, &history.WorkflowContinuedAsNew{})
	w.do(&LoadPackage{Package: pack("v2", "order", "refund"), Route: true})
	w.do(&PauseRun{Run: RunRef{WorkflowID: "d"}})
	w.propose(Envelope{Command: &StartRun{WorkflowID: "e", RunID: w.mint(), Type: "order"}, Request: &Request{ID: "r1"}}, Envelope{Command: &Check{Leader: "n1"}})
	w.refused(&UnloadVersion{Type: "order", Version: versionOf("v1").String()}, "version_pinned")
	w.now = w.now.Add(6 * time.Second)
	w.do(&FireTimers{Timers: []TimerRef{{FireAt: w.now - 1e9, RunID: w.latest("a").RunID, ID: 1}}})
	w.turn("c", &history.WorkflowCompleted{Result: history.Payload("1")})
	liveTasks(w)
	liveFinding(w)
}

// liveTasks leaves a task in each state.
func liveTasks(w *world) {
	w.start("t", "order")
	retried := &history.ActivityScheduled{ID: 4, Activity: "b", Queue: "default", Retry: &history.Retry{Factor: 1.5}, ScheduleTimeout: 60e9}
	w.turn("t", activityOf(1, "a"), activityOf(2, "a"), activityOf(3, "b"), retried, activityOf(5, "c"), activityOf(6, "c"))
	w.do(&LimitQueue{Queue: "default", Limits: rows.QueueLimits{Concurrency: 9, Rate: 10, Per: 1e9}})
	tasks := w.lease(5)
	w.do(&CompleteTasks{Results: []TaskOutput{{Token: tasks[0].Token, Output: history.Payload("1")}}})
	w.do(&BeatTasks{Beats: []TaskBeat{{Token: tasks[1].Token, Details: history.Payload("2")}}})
	w.do(&FailTasks{Results: []TaskFailure{{Token: tasks[3].Token, Error: history.RunError{Kind: "broken", Message: "no", Retryable: true}, Jitter: 1 << 30}}})
	w.turn("t", &history.ActivityCancelled{ID: 3})
}

// liveFinding leaves attributes of all sorts, rules, and a gap where a run was deleted.
func liveFinding(w *world) {
	w.do(&StartRun{WorkflowID: "found", RunID: w.mint(), Type: "order", Attributes: attributes(`{"s":"x","n":1.5,"tags":["x","y"],"b":true}`)})
	w.turn("found", &history.AttributesUpdated{Attributes: attributes(`{"s":null,"tags":"y"}`)})
	gone := w.start("gone", "refund")
	w.turn("gone", &history.WorkflowCompleted{})
	w.do(&SetRetention{Rule: rows.Retention{Type: "refund", Age: 1e9}})
	w.do(&SetRetention{})
	w.now = w.now.Add(time.Second)
	w.do(&PurgeRuns{Runs: []history.RunID{gone}})
}

// TestGoldenSnapshot: a snapshot that an earlier build wrote is restored to the same digest, and
// goes on from there like the log that it stands for.
func TestGoldenSnapshot(t *testing.T) {
	const snapshotPath, logPath = "testdata/snapshot-1.golden", "testdata/log-1.golden"
	if *golden {
		w := oldWorld(t)
		live(w)
		half := snapshotOf(t, w.s)
		w.turn("a", &history.WorkflowCompleted{})
		w.start("f", "order")
		var lines strings.Builder
		for _, e := range w.log {
			fmt.Fprintf(&lines, "%x\n", e)
		}
		_, digest := w.s.Digest()
		fmt.Fprintf(&lines, "digest %s\n", digest)
		if err := errors.Join(os.WriteFile(snapshotPath, half, 0o644), os.WriteFile(logPath, []byte(lines.String()), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(logPath)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	snapshot, err := os.ReadFile(snapshotPath)
	if err != nil {
		t.Fatal(err)
	}

	w := oldWorld(t)
	replayed := oldWorld(t)
	if err := w.s.Restore(bytes.NewReader(snapshot)); err != nil {
		t.Fatal(err)
	}
	for i, line := range lines[:len(lines)-1] {
		var entry []byte
		if _, err := fmt.Sscanf(line, "%x", &entry); err != nil {
			t.Fatal(err)
		}
		for _, s := range []*State{w.s, replayed.s} {
			if _, err := s.Apply(uint64(i+1), entry); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, s := range []*State{w.s, replayed.s} {
		if _, digest := s.Digest(); "digest "+digest.String() != lines[len(lines)-1] {
			t.Errorf("digest %s, want %s: this build applies an old log otherwise", digest, lines[len(lines)-1])
		}
	}
}

// TestSnapshotWhileApplying: a snapshot names its own index, which may be later than the one at
// which it was asked for.
func TestSnapshotWhileApplying(t *testing.T) {
	w := newWorld(t)
	live(w)
	snap, err := w.s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	asked := w.s.Applied()
	w.start("later", "order")
	index, digest := w.s.Digest()
	if h := snap.Header(); h.Index != index || h.Digest != digest || index <= asked {
		t.Errorf("header %+v, want index %d digest %s", h, index, digest)
	}
	if got := w.s.Flushed(); got != index {
		t.Errorf("flushed %d, want %d", got, index)
	}
	w.start("latest", "order")
	var b bytes.Buffer
	if _, err := snap.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	if h, err := ReadSnapshotHeader(bytes.NewReader(b.Bytes())); err != nil || h != snap.Header() {
		t.Errorf("the stream says %+v (%v), the snapshot %+v", h, err, snap.Header())
	}
	snap.Release()
	snap.Release()
	if _, err := snap.WriteTo(io.Discard); err == nil {
		t.Error("a released snapshot was written")
	}
	if names, err := w.fs.List("state"); err != nil || len(names) != 2 {
		t.Errorf("left in the folder: %v %v", names, err)
	}
}

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

// odd fills a world with what libraries word in different ways: texts for refusals and events that
// are no ASCII or no UTF-8, lists spelled with blanks and escapes, and requests of owners.
func odd(w *world) {
	w.do(&AnnounceNode{Node: rows.Node{ID: "n1", HTTPAddress: "a:1", Version: "\u2028<&>"}, ClusterID: "c1"})
	w.do(&SetLimits{Node: "n1", Limits: rows.Limits{RequestBytes: 4096}})
	w.do(&LoadPackage{Package: pack("v1", "order"), Route: true, Message: "line\nbreak \xff"})
	w.do(&ReportReady{Node: "n1", Version: versionOf("v1"), Problem: "\x1b[31m\u00ad"})
	for _, s := range nasty {
		w.propose(
			Envelope{Actor: s, Command: &RouteType{Type: "t" + s, Version: "0123456789"}, Request: &Request{ID: "k" + s, Owner: "ci"}},
			Envelope{Command: &UnrouteType{Type: "order", Expect: "x" + s}, Request: &Request{ID: "k" + s, Owner: "ops"}},
			Envelope{Command: &StartRun{WorkflowID: s, RunID: w.mint(), Type: "order"}, Request: &Request{ID: "s" + s, Owner: "ci", Short: true}},
			Envelope{Command: &UnloadVersion{Type: "order", Version: versionOf("v1").String(), Message: s}},
		)
	}
	for i, text := range jsonvectors.Lists() {
		if len(text) < 1000 {
			w.do(&StartRun{WorkflowID: fmt.Sprint("list-", i), RunID: w.mint(), Type: "order", Attributes: history.Attributes{"tags": history.Payload(text)}})
		}
	}
	w.start("w", "order")
	w.turn("w", &history.ActivityScheduled{ID: 1, Activity: "a", Queue: "q\u0085é", ScheduleTimeout: 15e8})
	w.now = w.now.Add(2 * time.Second)
	w.view(func(v View) { w.propose(Envelope{Command: &FireTimers{Timers: v.DueTimers(w.now, 9)}}) })
	w.turn("w", &history.WorkflowFailed{Error: history.RunError{Kind: "\u2029", Message: "\xff"}})
}

// TestGoldenDigest: every build, whatever release of Go made it, reaches the same digest from a log
// full of what libraries word in different ways.
func TestGoldenDigest(t *testing.T) {
	const path = "testdata/log-2.golden"
	if *golden {
		w := oldWorld(t)
		odd(w)
		var lines strings.Builder
		for _, e := range w.log {
			fmt.Fprintf(&lines, "%x\n", e)
		}
		_, digest := w.s.Digest()
		fmt.Fprintf(&lines, "digest %s\n", digest)
		if err := os.WriteFile(path, []byte(lines.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	w := oldWorld(t)
	w.logged(path)
	w.checkReplays()
}

// logged applies a log that another build wrote, and holds the digest against the one that it
// reached.
func (w *world) logged(path string) {
	b, err := os.ReadFile(path)
	if err != nil {
		w.t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	for i, line := range lines[:len(lines)-1] {
		var entry []byte
		if _, err := fmt.Sscanf(line, "%x", &entry); err != nil {
			w.t.Fatal(err)
		}
		if _, err := w.s.Apply(uint64(i+1), entry); err != nil {
			w.t.Fatal(err)
		}
		w.log = append(w.log, entry)
	}
	if _, digest := w.s.Digest(); "digest "+digest.String() != lines[len(lines)-1] {
		w.t.Errorf("digest %s, want %s: this build words something in another way", digest, lines[len(lines)-1])
	}
}
