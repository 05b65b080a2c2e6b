package lifecycle

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errDisk = errors.New("disk on fire")

func TestFirstErrorEndsAllAndNamesThePart(t *testing.T) {
	g, _ := New(t.Context())
	g.Go("listener", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
	g.Go("store", func(context.Context) error { return errDisk })
	err := g.Wait()
	if !errors.Is(err, errDisk) || !strings.HasPrefix(err.Error(), "store: ") {
		t.Fatalf("got %v", err)
	}
}

func TestStopIsNoError(t *testing.T) {
	g, ctx := New(t.Context())
	g.Go("listener", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
	g.Stop()
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	if ctx.Err() == nil {
		t.Fatal("the group's context goes on after Wait")
	}
}

func TestParentEndsTheGroup(t *testing.T) {
	parent, cancel := context.WithCancel(t.Context())
	g, _ := New(parent)
	g.Go("listener", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
	cancel()
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
}

func TestErrorWhileStoppingIsReported(t *testing.T) {
	g, _ := New(t.Context())
	g.Go("store", func(ctx context.Context) error { <-ctx.Done(); return errDisk })
	g.Stop()
	if err := g.Wait(); !errors.Is(err, errDisk) {
		t.Fatalf("an error of shutting down was lost: %v", err)
	}
}

func TestWaitWaitsForPartsStartedByParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, _ := New(t.Context())
		release, over := make(chan struct{}), make(chan error, 1)
		g.Go("outer", func(context.Context) error {
			g.Go("inner", func(context.Context) error { <-release; return errDisk })
			return nil
		})
		go func() { over <- g.Wait() }()
		synctest.Wait()
		select {
		case <-over:
			t.Fatal("Wait returned while a part was running")
		default:
		}
		close(release)
		if err := <-over; !errors.Is(err, errDisk) {
			t.Fatal(err)
		}
		if g.Go("late", func(context.Context) error { t.Error("ran after Wait"); return nil }) {
			t.Fatal("Go accepted a part after Wait")
		}
	})
}
