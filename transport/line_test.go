package transport

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/transport/wire"
)

// A caller without a place waits for one, and is told to retry only if none became free in time.
func TestLineWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine("deploys", 1, 10*time.Second)
		release, err := l.acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		_, err = l.acquire(t.Context())
		var p *wire.Problem
		if !errors.As(err, &p) || p.Outcome != wire.Retry || time.Since(began) != 10*time.Second {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
		time.AfterFunc(9*time.Second, release)
		if again, err := l.acquire(t.Context()); err != nil {
			t.Error(err)
		} else {
			again()
		}
		gone, cancel := context.WithCancel(t.Context())
		release, _ = l.acquire(t.Context())
		defer release()
		cancel()
		if _, err := l.acquire(gone); err == nil {
			t.Error("a caller that has gone got a place")
		}
	})
}
