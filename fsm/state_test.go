package fsm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// TestBubble: a State lives in a synctest bubble: it keeps no goroutine of its own, and what Pebble
// starts ends with Close. The cluster's tests rely on it.
func TestBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, fs: vfs.NewMem(), now: 1}
		w.open()
		waited := make(chan uint64)
		go func() {
			index, err := w.s.Wait(t.Context(), 1)
			if err != nil {
				t.Error(err)
			}
			waited <- index
		}()
		synctest.Wait()
		live(w)
		if got := <-waited; got < 2 {
			t.Errorf("Wait(1) returned %d", got)
		}
		snapshotOf(t, w.s)
		if err := w.s.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestWait: an entry wakes those whom it satisfies and nobody else; a context or Close ends the
// wait; nothing is left behind.
func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, fs: vfs.NewMem(), now: 1}
		w.open()
		ctx, cancel := context.WithCancel(t.Context())
		type end struct {
			index uint64
			err   error
		}
		wait := func(ctx context.Context, after uint64) chan end {
			c := make(chan end, 1)
			go func() {
				index, err := w.s.Wait(ctx, after)
				c <- end{index, err}
			}()
			return c
		}
		ended := func(c chan end) bool {
			synctest.Wait()
			return len(c) > 0
		}
		zero, also, two, never, last := wait(ctx, 0), wait(ctx, 0), wait(ctx, 2), wait(ctx, 1<<63), wait(t.Context(), 1<<62)
		w.do(&Check{})
		if !ended(zero) || !ended(also) || ended(two) || ended(never) {
			t.Error("entry 1 woke the wrong callers")
		}
		if e := <-zero; e != (end{1, nil}) {
			t.Errorf("Wait(0) ended with %+v", e)
		}
		w.do(&Check{})
		if ended(two) {
			t.Error("entry 2 ended Wait(2)")
		}
		w.do(&Check{})
		if e := <-two; e != (end{3, nil}) {
			t.Errorf("Wait(2) ended with %+v", e)
		}
		cancel()
		if e := <-never; !errors.Is(e.err, context.Canceled) {
			t.Errorf("a cancelled Wait ended with %+v", e)
		}
		if e := <-wait(ctx, 2); e != (end{3, nil}) {
			t.Errorf("Wait for what was there ended with %+v", e)
		}
		w.s.mu.Lock()
		if len(w.s.waiters) != 1 {
			t.Errorf("left behind: %+v", w.s.waiters)
		}
		w.s.mu.Unlock()
		if err := w.s.Close(); err != nil {
			t.Error(err)
		}
		if e := <-last; !errors.Is(e.err, ErrClosed) {
			t.Errorf("on Close, Wait ended with %+v", e)
		}
	})
}

// TestClosed: everything that comes after Close says so, and Close waits for views.
func TestClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, fs: vfs.NewMem(), now: 1}
		w.open()
		live(w)
		inside, leave, closed := make(chan struct{}), make(chan struct{}), make(chan struct{})
		go w.s.View(func(v View) {
			close(inside)
			<-leave
			if _, ok := v.Latest("a"); !ok {
				t.Error("the view lost its state")
			}
		})
		<-inside
		go func() {
			defer close(closed)
			if err := w.s.Close(); err != nil {
				t.Error(err)
			}
		}()
		synctest.Wait()
		select {
		case <-closed:
			t.Error("Close did not wait for the view")
		default:
		}
		w.s.View(func(View) { t.Error("View after Close") })
		close(leave)
		<-closed
		if _, err := w.s.Apply(100, nil); !errors.Is(err, ErrClosed) {
			t.Errorf("Apply said %v", err)
		}
		if _, err := w.s.Snapshot(); !errors.Is(err, ErrClosed) {
			t.Errorf("Snapshot said %v", err)
		}
		if _, err := w.s.Checksum(); !errors.Is(err, ErrClosed) {
			t.Errorf("Checksum said %v", err)
		}
		if err := Audit(w.s); !errors.Is(err, ErrClosed) {
			t.Errorf("Audit said %v", err)
		}
		if err := w.s.Close(); err != nil || w.s.Flushed() != 0 {
			t.Errorf("a second Close said %v", err)
		}
	})
}

// TestViewsStandStill: readers at work while entries and a restore go by see one index each, whole.
// Meant for the race detector.
func TestViewsStandStill(t *testing.T) {
	w := newWorld(t)
	w.s.Close()
	w.s, _ = Open(Config{Dir: "state", FS: w.fs, Level: w.level})
	w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				w.s.View(func(v View) {
					runs, _ := v.ListRuns(RunFilter{Status: history.StatusRunning}, maxRows, "")
					pins := v.Pins(versionOf("v1"))
					holders, _ := v.PinHolders(versionOf("v1"), maxRows, "")
					if pins.Total() != uint64(len(runs)) || len(holders) != len(runs) {
						t.Errorf("at index %d: %d runs, %d pins, %d holders", v.Index(), len(runs), pins.Total(), len(holders))
					}
					v.Ready(ReadyCursor{}, 10)
					v.NextTimer()
				})
				w.s.Applied()
				w.s.Flushed()
			}
		})
	}
	for i := range 100 {
		id := fmt.Sprint("w", i)
		w.start(id, "order")
		w.turn(id, &history.TimerStarted{ID: 1, Duration: 1})
		if i%3 == 0 {
			r := w.latest(id)
			w.now = w.now.Add(1e9)
			w.do(&FireTimers{Timers: []TimerRef{{FireAt: w.history(r.RunID)[1].Data.(*history.TimerStarted).FireAt, RunID: r.RunID, ID: 1}}})
			w.turn(id, &history.WorkflowCompleted{})
		}
		if i == 50 {
			b := snapshotOf(t, w.s)
			if err := w.s.Restore(bytes.NewReader(b)); err != nil {
				t.Fatal(err)
			}
		}
	}
	close(done)
	readers.Wait()
	if err := Audit(w.s); err != nil {
		t.Error(err)
	}
}

// TestHistoriesAreBounded: the deploy history and the feed keep their newest lines and say where
// they begin.
func TestHistoriesAreBounded(t *testing.T) {
	w := oldWorld(t) // where acts and refusals share a window until a node says its limits
	w.s.Close()
	w.s, _ = Open(Config{Dir: "state", FS: w.fs, Level: w.level})
	w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
	w.do(&LoadPackage{Package: pack("v2", "order")})
	const each = 1000
	for i := range 103 {
		var e []Envelope
		for j := range each {
			if i < 6 {
				e = append(e, Envelope{Command: &RouteType{Type: "order", Version: versionOf([]string{"v1", "v2"}[j%2]).String()}})
				e = append(e, Envelope{Command: &RollbackType{Type: "order", Expect: versionOf("v3").String()}})
			} else {
				e = append(e, Envelope{Command: &AnnounceLeader{Node: "n1", Term: uint64(i*each + j)}})
			}
		}
		w.propose(e...)
	}
	if err := Audit(w.s); err != nil {
		t.Fatal(err)
	}
	w.view(func(v View) {
		total, cursor := 0, DeployCursor{}
		var last rows.DeployRecord
		for {
			page, next := v.Deploys("", 999, cursor)
			for _, d := range page {
				if last.Index != 0 && (d.Index > last.Index || d.Index == last.Index && d.N >= last.N) {
					t.Fatalf("%+v is listed after %+v", d, last)
				}
				last = d
			}
			total += len(page)
			if cursor = next; next == (DeployCursor{}) {
				break
			}
		}
		if total != deploysKept {
			t.Errorf("%d deploy records are kept", total)
		}
		events, at := 0, FeedCursor{}
		for {
			page, next := v.Feed(at, maxRows)
			if len(page) == 0 {
				break
			}
			if events == 0 && (page[0].Index > v.FeedStart() || page[0].Index+1 < v.FeedStart()) {
				t.Errorf("the feed begins at %d and says %d", page[0].Index, v.FeedStart())
			}
			events, at = events+len(page), next
		}
		if events < feedKept || events > feedKept+feedSlack {
			t.Errorf("%d events are kept", events)
		}
	})
}

// TestPages: absurd limits and cursors are harmless.
func TestPages(t *testing.T) {
	w := newWorld(t)
	live(w)
	v1 := versionOf("v1")
	w.view(func(v View) {
		for _, limit := range []int{-1, 0, 1 << 62} {
			if runs, _ := v.ListRuns(RunFilter{}, limit, ""); len(runs) == 0 {
				t.Errorf("limit %d lists nothing", limit)
			}
			v.PinHolders(v1, limit, "")
			v.Events(w.latest("a").RunID, 1<<63, limit)
			v.Turns(history.RunID{}, 0, limit)
			v.Ready(ReadyCursor{Index: 1<<64 - 1, N: 1<<32 - 1}, limit)
			v.Feed(FeedCursor{Index: 1<<64 - 1, N: 1<<32 - 1}, limit)
			v.Deploys("", limit, DeployCursor{Index: 1<<64 - 1, N: 1<<32 - 1})
			v.DueTimers(-5, limit)
			v.DueTimers(1<<63-1, limit)
		}
		for _, cursor := range []string{"", "zz", "1-1", "4-18446744073709551615", "99999999999999999999999", "-1", "9-1", "1-1x", "\xff", "1-"} {
			runs, next := v.ListRuns(RunFilter{}, 1, cursor)
			if err := CheckRunCursor(cursor, rows.Sort{}); err != nil && (runs != nil || next != "") {
				t.Errorf("run cursor %q is refused (%v) and works", cursor, err)
			}
			holders, next := v.PinHolders(v1, 1, cursor)
			if err := CheckPinCursor(cursor); err != nil && (holders != nil || next != "") {
				t.Errorf("pin cursor %q is refused (%v) and works", cursor, err)
			}
		}
		var invalid *catalog.InvalidInput
		if err := CheckRunCursor("-1", rows.Sort{}); !errors.As(err, &invalid) || invalid.Field != "cursor" {
			t.Errorf("CheckRunCursor said %v", err)
		}
		if err := CheckPinCursor("1-1x"); !errors.As(err, &invalid) {
			t.Errorf("CheckPinCursor said %v", err)
		}
	})
	if err := w.s.failed(); err != nil {
		t.Error(err)
	}
}
