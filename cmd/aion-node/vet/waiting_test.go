package vet

import (
	"context"
	"errors"
	"testing"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/internal/await"
)

// waiting waits until a child waits, and returns it.
func waiting(t *testing.T, c *Checker) (ch *child) {
	t.Helper()
	await.Poll(t, "a child that waits", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		ch = c.waiting
		return ch != nil
	})
	return ch
}

// TestOneChildWaits: a child is ready before a package comes, checks one, and is replaced.
func TestOneChildWaits(t *testing.T) {
	c := checker(t)
	c.Warm()
	first := waiting(t, c)
	c.Warm()
	if err := c.Check(t.Context(), archive(t, good)); err != nil {
		t.Fatal(err)
	}
	select {
	case <-first.ended:
	default:
		t.Error("the child that waited did not check the package")
	}
	if next := waiting(t, c); next == first {
		t.Error("a child waits for a second package")
	}
	c.Close()
	if err := c.Check(t.Context(), archive(t, good)); err != nil {
		t.Errorf("a check after Close: %v", err)
	}
	if c.waiting != nil {
		t.Error("a child waits although the checker is closed")
	}
}

// TestWaitingChildThatIsKilled: what happens to a child while it waits says nothing about the next
// package, and what a package does to one is still said of the package.
func TestWaitingChildThatIsKilled(t *testing.T) {
	c := checker(t)
	for range 5 {
		c.Warm()
		ch := waiting(t, c)
		ch.cmd.Process.Kill() // it may or may not be seen before the next line
		if err := c.Check(t.Context(), archive(t, good)); err != nil {
			t.Fatalf("a good package, after the child that waited was killed: %v", err)
		}
	}
	waiting(t, c)
	var bad *catalog.InvalidPackage
	if err := c.Check(t.Context(), archive(t, "# kill\n"+good)); !errors.As(err, &bad) {
		t.Errorf("a package that kills its child: %v", err)
	}
}

// TestWaitingChildEndsWithItsContext: the time of a check counts from the archive on, not from the
// start of the child.
func TestWaitingChildEndsWithItsContext(t *testing.T) {
	c := checker(t)
	c.Warm()
	ch := waiting(t, c)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := c.Check(ctx, archive(t, "# spin\n"+good)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	<-ch.ended
}
