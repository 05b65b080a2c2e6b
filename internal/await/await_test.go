package await

import (
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"
)

// failing is a test that may fail.
type failing struct {
	testing.TB
	said string
}

func (f *failing) Helper() {}
func (f *failing) Fatalf(format string, args ...any) {
	f.said = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// says runs a wait and returns how it failed.
func says(wait func(testing.TB)) string {
	f := &failing{}
	over := make(chan struct{})
	go func() {
		defer close(over)
		wait(f)
	}()
	<-over
	return f.said
}

func TestWaitsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		full, never, closed := make(chan int, 1), make(chan int), make(chan struct{})
		full <- 7
		close(closed)
		gone := make(chan int)
		close(gone)
		for _, c := range []struct {
			want string
			wait func(testing.TB)
		}{
			{"", func(t testing.TB) { From(t, "seven", full) }},
			{"seven: nothing came within 1m0s", func(t testing.TB) { From(t, "seven", never) }},
			{"seven: the channel was closed", func(t testing.TB) { From(t, "seven", gone) }},
			{"", func(t testing.TB) { Closed(t, "the end", closed) }},
			{"the end: not within 1m0s", func(t testing.TB) { Closed(t, "the end", make(chan struct{})) }},
		} {
			if got := says(c.wait); got != c.want {
				t.Errorf("said %q, want %q", got, c.want)
			}
		}
	})
}

func TestLimitsAreInRealTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := Until(time.Hour)
		time.Sleep(1000 * time.Hour)
		if l.Over() {
			t.Error("a bubble's time counted")
		}
		for l = Until(time.Millisecond); !l.Over(); {
			time.Sleep(time.Hour)
		}
	})
}
