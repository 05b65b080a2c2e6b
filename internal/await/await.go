// Package await waits in tests for one thing, with a deadline.
//
// A stuck test loses the results of its whole package when the ten-minute limit ends it. Every wait
// here has its own deadline and reports what it waited for. In a testing/synctest bubble the
// deadline is in the bubble's time. Limit counts real time; it is for loops in a bubble whose time
// passes while nothing happens.
package await

import (
	"syscall"
	"testing"
	"time"
)

// Patience is how long a wait may take on a busy machine.
const Patience = time.Minute

// From receives from a channel, and fails the test if nothing arrives.
func From[T any](t testing.TB, what string, ch <-chan T) (v T) {
	t.Helper()
	timer := time.NewTimer(Patience)
	defer timer.Stop()
	select {
	case v, ok := <-ch:
		if !ok {
			t.Fatalf("%s: the channel was closed", what)
		}
		return v
	case <-timer.C:
		t.Fatalf("%s: nothing came within %s", what, Patience)
	}
	return v
}

// Closed waits until a channel is closed, and fails the test if it is not.
func Closed(t testing.TB, what string, ch <-chan struct{}) {
	t.Helper()
	timer := time.NewTimer(Patience)
	defer timer.Stop()
	select {
	case <-ch:
	case <-timer.C:
		t.Fatalf("%s: not within %s", what, Patience)
	}
}

// Poll asks again and again for what nothing signals, and fails the test when it does not become
// true.
func Poll(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(Patience); !ok(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %s", what, Patience)
		}
	}
}

// Limit is a deadline in real time, even where package time uses a bubble's.
type Limit struct{ at int64 }

// Until returns the Limit that lies patience after now.
func Until(patience time.Duration) Limit { return Limit{real() + int64(patience)} }

// Over reports whether the deadline has passed.
func (l Limit) Over() bool { return real() > l.at }

func real() int64 {
	var now syscall.Timeval
	if err := syscall.Gettimeofday(&now); err != nil {
		panic(err) // it only fails for a bad pointer
	}
	return now.Nano()
}
