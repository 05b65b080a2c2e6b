package engine

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Waiters are served type by type, and in order within a type; those that have left are skipped.
func TestShares(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShares(1)
		if !s.tryAcquire() || s.tryAcquire() {
			t.Fatal("there is one place")
		}
		var order []string
		wait := func(ctx context.Context, key, name string) {
			go func() {
				if err := s.acquire(ctx, key); err == nil {
					order = append(order, name)
				}
			}()
			synctest.Wait()
		}
		gone, goAway := context.WithCancel(t.Context())
		for _, name := range []string{"a1", "a2", "a3"} {
			wait(t.Context(), "a", name)
		}
		wait(gone, "b", "b1")
		wait(t.Context(), "b", "b2")
		wait(t.Context(), "c", "c1")
		wait(t.Context(), "a", "a4")
		wait(gone, "d", "d1")
		goAway()
		synctest.Wait()
		if !s.othersWait("a") || !s.othersWait("d") {
			t.Error("others wait")
		}
		for range 6 {
			s.release()
			synctest.Wait()
		}
		if got, want := strings.Join(order, " "), "a1 b2 c1 a2 a3 a4"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if s.othersWait("a") || s.tryAcquire() {
			t.Error("nobody waits, and the place is taken")
		}
		s.release()
		if !s.tryAcquire() || len(s.lasting) != 0 || s.waiting.size != 0 {
			t.Errorf("the place is lost: %+v", s)
		}
	})
}

// A place that goes to a waiter that leaves at that moment is passed on.
func TestSharesLoseNoPlace(t *testing.T) {
	for range 500 {
		s := newShares(2)
		s.tryAcquire()
		s.tryAcquire()
		ctx, goAway := context.WithCancel(t.Context())
		taken := make(chan bool, 8)
		for _, key := range []string{"a", "a", "b", "c"} {
			go func() { taken <- s.acquire(ctx, key) == nil }()
		}
		var both sync.WaitGroup
		both.Go(s.release)
		both.Go(goAway)
		s.release()
		for range 4 {
			if <-taken {
				s.release()
			}
		}
		both.Wait()
		if !s.tryAcquire() || !s.tryAcquire() || s.tryAcquire() {
			t.Fatalf("two places became %+v", s)
		}
	}
}

// A stopwatch measures what each turn computes, not how long it waits.
func TestStopwatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := timed(t.Context(), 10*time.Second)
		defer stop()
		w := stopwatchOf(ctx)
		for turn := range uint64(5) {
			time.Sleep(9 * time.Second)
			w.restart(turn + 1) // a replayed turn has ten times as long
			time.Sleep(90 * time.Second)
		}
		w.restart(6)
		for range 10 {
			time.Sleep(9900 * time.Millisecond)
			w.pauseWhile(func() { time.Sleep(time.Hour) })
		}
		if ctx.Err() != nil {
			t.Fatal(context.Cause(ctx))
		}
		time.Sleep(1100 * time.Millisecond)
		if cause := context.Cause(ctx); cause == nil || !strings.Contains(cause.Error(), "replaying its turn 6 takes longer than 1m40s") {
			t.Errorf("got %v", cause)
		}
		ctx, stop = timed(t.Context(), time.Second)
		stop()
		time.Sleep(time.Minute)
		if !errors.Is(context.Cause(ctx), context.Canceled) {
			t.Errorf("got %v", context.Cause(ctx))
		}
	})
}

// Lanes take turns, however long they are.
func TestRounds(t *testing.T) {
	var r rounds[int]
	for i := range 5 {
		r.push("a", i)
	}
	r.push("b", 10)
	r.push("b", 11)
	r.push("c", 20)
	var got []int
	for {
		v, ok := r.pop()
		if !ok {
			break
		}
		got = append(got, v)
		if v == 2 {
			r.push("d", 30)
		}
	}
	if want := []int{0, 10, 20, 1, 11, 2, 3, 30, 4}; !slices.Equal(got, want) || r.size != 0 {
		t.Errorf("got %v, want %v", got, want)
	}
}
