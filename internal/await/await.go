// Package await waits in tests: for one thing, and not for ever.
//
// A test that is stuck takes the results of its whole package with it, ten minutes later. Every
// wait here has a deadline of its own and says what it waited for. In a testing/synctest bubble the
// deadline is in the bubble's time; Limit is for loops there whose time passes while nothing
// happens, and counts the real one.
package await

import (
	"syscall"
	"testing"
	"time"
)

// Patience is how long a wait may take on a machine that is busy with other things.
const Patience = time.Minute

// From receives from a channel, and fails the test when nothing comes.
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

// Closed waits until a channel is closed, and fails the test when it is not.
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

// Limit is a deadline in real time, also where the time of package time is a bubble's.
type Limit struct{ at int64 }

// Until makes a Limit so much later than now.
func Until(patience time.Duration) Limit { return Limit{real() + int64(patience)} }

// Over reports whether the time has come.
func (l Limit) Over() bool { return real() > l.at }

func real() int64 {
	var now syscall.Timeval
	if err := syscall.Gettimeofday(&now); err != nil {
		panic(err) // it has no errors but a bad pointer
	}
	return now.Nano()
}
