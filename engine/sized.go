package engine

import (
	"context"

	"aion.dev/aion/fsm"
)

const (
	// smallRead bounds the bytes of an answer that needs no reservation.
	smallRead = 64 << 10
	// sizedAtOnce bounds the answers that are made at a time before their size is known.
	sizedAtOnce = 16
)

// sized makes an answer whose size is known only after reading it, and returns it once there is
// memory for it. It drops a large answer, which may have to wait for memory, and reads it again
// later: any number of callers may ask at a time, and a run that closes wakes all callers that wait
// for its result.
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
