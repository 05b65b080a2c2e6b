package transport

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/transport/wire"
)

// Whoever finds no place waits for one, and is told retry only when none came free in time.
func TestLineWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLine("deploys", 1, 10*time.Second)
		release, err := l.take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		_, err = l.take(t.Context())
		var p *wire.Problem
		if !errors.As(err, &p) || p.Outcome != wire.Retry || time.Since(began) != 10*time.Second {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
		time.AfterFunc(9*time.Second, release)
		if again, err := l.take(t.Context()); err != nil {
			t.Error(err)
		} else {
			again()
		}
		gone, cancel := context.WithCancel(t.Context())
		release, _ = l.take(t.Context())
		defer release()
		cancel()
		if _, err := l.take(gone); err == nil {
			t.Error("a caller that has gone got a place")
		}
	})
}
