package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"aion.dev/aion/fsm"
	"aion.dev/aion/internal/namespace"
)

// Read says how fresh a read must be. The zero value asks for a linearizable read.
type Read struct {
	Stale    bool   // answer from this node's current state
	MinIndex uint64 // with Stale: wait up to 5 s until this node has applied this index
	// Room, if set, reserves memory for an answer that may be large. It is called before the answer
	// is made, with the most bytes that the answer may have; an error refuses the read. It is
	// called outside the state and may wait. Each call replaces the previous reservation: 0 holds
	// nothing, for a read that goes on waiting.
	Room func(bytes int64) error
	Only *fsm.Scope // what the caller may see; nil = everything
}

func (rd Read) room(bytes int64) error {
	if rd.Room == nil {
		return nil
	}
	return rd.Room(bytes)
}

// read calls f with the state once it is as fresh as rd asks.
func (e *Engine) read(ctx context.Context, rd Read, f func(fsm.View)) error {
	if err := e.freshen(ctx, rd); err != nil {
		return err
	}
	e.view(ctx, f)
	return nil
}

// view calls f with this node's state as the namespace of the call sees it; outside calls, with all
// of it.
func (e *Engine) view(ctx context.Context, f func(fsm.View)) {
	space, within := namespace.In(ctx)
	if !within {
		e.cfg.Log.View(f)
		return
	}
	e.cfg.Log.View(func(v fsm.View) { f(v.In(space)) })
}

func (e *Engine) freshen(ctx context.Context, rd Read) error {
	if !rd.Stale {
		return e.cfg.Log.Sync(ctx)
	}
	if rd.MinIndex == 0 {
		return e.somethingApplied()
	}
	ctx, cancel := context.WithTimeout(ctx, minIndexWait)
	defer cancel()
	at, err := e.cfg.Log.Wait(ctx, rd.MinIndex-1)
	if err != nil {
		e.cfg.Log.View(func(v fsm.View) { at = v.Index() })
	}
	if at < rd.MinIndex {
		return &Unavailable{Why: fmt.Sprintf("this node has applied index %d and did not reach min_index %d in %s", at, rd.MinIndex, minIndexWait)}
	}
	return nil
}

// somethingApplied refuses to answer from a state that has applied nothing: a node that waits for
// its cluster must not report that the cluster is empty.
func (e *Engine) somethingApplied() (err error) {
	e.cfg.Log.View(func(v fsm.View) {
		if v.Index() == 0 {
			err = &Unavailable{Why: "this node has applied nothing yet: it waits for a leader, or for a cluster to join"}
		}
	})
	return err
}

// checkPage validates a caller's limit and applies the default.
func checkPage(limit int) (int, error) {
	switch {
	case limit == 0:
		return DefaultPage, nil
	case limit < 0 || limit > MaxPage:
		return 0, invalid("limit", "is %d; 1 to %d are allowed", limit, MaxPage)
	}
	return limit, nil
}

func checkWait(wait time.Duration) error {
	if wait < 0 || wait > MaxWait {
		return invalid("wait", "is %s; 0s to %s are allowed", wait, MaxWait)
	}
	return nil
}

// ended reports whether err only means that ctx has ended: a long poll then answers with what it
// has.
func ended(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}
