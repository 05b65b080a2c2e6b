package engine

import (
	"context"

	"aion.dev/aion/fsm"
)

const (
	// smallRead is how many bytes an answer may have that nobody accounts for.
	smallRead = 64 << 10
	// sizedAtOnce is how many answers whose size is not known yet are made at a time.
	sizedAtOnce = 16
)

// sized reads an answer whose size only reading it tells, and returns it once there is memory for
// it. One that is large is dropped, for it may have to wait for memory, and read again: as many
// callers as there are may ask at a time, and a run that closes wakes all who wait for its result.
func sized[A any](ctx context.Context, e *Engine, rd Read, read func(fsm.View) (A, int)) (A, error) {
	var a, none A
	var size int
	if rd.Room == nil {
		e.cfg.Log.View(func(v fsm.View) { a, _ = read(v) })
		return a, nil
	}
	select {
	case e.sizing <- struct{}{}:
	case <-ctx.Done():
		return none, ctx.Err()
	}
	e.cfg.Log.View(func(v fsm.View) { a, size = read(v) })
	<-e.sizing
	if size <= smallRead {
		return a, nil
	}
	a = none
	if err := rd.room(int64(size)); err != nil {
		return none, err
	}
	e.cfg.Log.View(func(v fsm.View) { a, _ = read(v) })
	return a, nil
}
