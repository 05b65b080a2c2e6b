package engine_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine"
	"aion.dev/aion/engine/backtest"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var background = context.Background()

// bubble runs f with a node of its own in a bubble, where time skips when nothing is left to do.
func bubble(t *testing.T, f func(t *testing.T, n *enginetest.Node)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := enginetest.New(t)
		f(t, n)
		if !t.Failed() {
			backtestsSame(t, n)
		}
	})
}

// backtestsSame backtests every run of the node on the version that it is on: whatever a test did,
// its histories replay.
func backtestsSame(t *testing.T, n *enginetest.Node) {
	t.Helper()
	loaded := map[catalog.Version]uint64{}
	n.Log.View(func(v fsm.View) {
		for _, c := range v.CountRuns(fsm.RunFilter{}) {
			if _, ok := v.Catalog().Package(c.Version); ok {
				loaded[c.Version] += c.Count
			}
		}
	})
	for version, runs := range loaded {
		id, _, err := n.StartBacktest(background, engine.Read{Stale: true}, engine.BacktestRequest{Version: version.String()})
		if err != nil {
			t.Fatal(err)
		}
		r, _, err := n.Backtest(background, id, time.Minute, 1000, "")
		for err == nil && r.Status == backtest.Running {
			r, _, err = n.Backtest(background, id, time.Minute, 1000, "")
		}
		if err != nil || r.Status != backtest.Completed || r.Done != r.Total || r.Done < runs {
			t.Fatalf("a backtest of version %s: %+v, %v", version.Short(), r, err)
		}
		for _, result := range r.Results {
			if result.Version == version && result.Verdict != backtest.Same {
				t.Errorf("a backtest of a run on its own version: %+v", result)
			}
		}
	}
}

// refused fails the test unless err has the code. It returns err for further checks.
func refused(t *testing.T, err error, code string) error {
	t.Helper()
	if got := enginetest.CodeOf(err); err == nil || got != code {
		t.Fatalf("got error %v with code %q, want code %q", err, got, code)
	}
	return err
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
