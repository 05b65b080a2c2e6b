// Package lifecycle lets the caller of go wait for it.
//
// A Group decides when several long-running parts end: the first error ends all of them, and Wait
// returns only when every goroutine has. It never restarts a part and never swallows an error.
// Closers closes what was opened, in reverse order; Pause waits no longer than its context. Begin
// with Group.
package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// Group runs parts until the first one fails or Stop is called. Make it with New; do not copy
// it.
type Group struct {
	ctx    context.Context
	cancel context.CancelCauseFunc

	mu       sync.Mutex // guards the fields below
	idle     sync.Cond  // running became 0
	running  int
	finished bool  // Wait is about to return; Go is refused
	first    error // the error that Wait returns
}

// New returns a group and the context of its parts, which ends with parent, with the first error
// of a part, or with Stop.
func New(parent context.Context) (*Group, context.Context) {
	ctx, cancel := context.WithCancelCause(parent)
	g := &Group{ctx: ctx, cancel: cancel}
	g.idle.L = &g.mu
	return g, ctx
}

// Go runs f as the part called name. An error ends the group, except the context's own error after
// the group has ended: that is how a part obeys. A nil return ends only this part. After Wait has
// returned, Go does nothing and returns false.
func (g *Group) Go(name string, f func(ctx context.Context) error) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.finished {
		return false
	}
	g.running++
	go func() {
		err := f(g.ctx)
		g.mu.Lock()
		defer g.mu.Unlock()
		if err != nil && !g.obeyed(err) && g.first == nil {
			g.first = fmt.Errorf("%s: %w", name, err)
			g.cancel(g.first)
		}
		if g.running--; g.running == 0 {
			g.idle.Broadcast()
		}
	}()
	return true
}

// Stop ends the parts' context. It does not wait.
func (g *Group) Stop() { g.cancel(context.Canceled) }

// Wait returns once every part has returned, with the first error. Parts may start others until
// then. The group's context is over afterwards.
func (g *Group) Wait() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.running > 0 {
		g.idle.Wait()
	}
	g.finished = true
	g.cancel(context.Canceled)
	return g.first
}

// obeyed reports whether err only means that the group has ended.
func (g *Group) obeyed(err error) bool {
	return g.ctx.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, g.ctx.Err()))
}
