package fsm

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/jsonvectors"
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
