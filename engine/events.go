package engine

import (
	"context"
	"time"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// History returns one page of a run's events, starting at seq from, and where the next page starts:
// next is 0 if the run is closed and has no more events. At the end of an open run's history it
// waits up to wait for more.
func (e *Engine) History(ctx context.Context, rd Read, ref fsm.RunRef, from uint64, limit int, wait time.Duration) (events []history.Event, next, index uint64, err error) {
	if err := checkRef(ref); err != nil {
		return nil, 0, 0, err
	}
	if limit, err = checkPage(limit); err != nil {
		return nil, 0, 0, err
	}
	if err := checkWait(wait); err != nil {
		return nil, 0, 0, err
	}
	from = max(from, 1)
	var run rows.Run
	look := func(v fsm.View) (wait bool) {
		index = v.Index()
		if run, err = rd.find(v, ref); err != nil {
			return false
		}
		ref.RunID = run.RunID // later pages stay with the run of the first page
		if from > run.Events+1 {
			err = invalid("from", "is %d, but the history has %d events", from, run.Events)
			return false
		}
		return from > run.Events && run.Status.Open()
	}
	empty := false
	if readErr := e.read(ctx, rd, func(v fsm.View) { empty = look(v) }); readErr != nil {
		return nil, 0, 0, readErr
	}
	if empty && wait > 0 {
		e.hub.awaitGrowth(ctx, wait, run.RunID, func(r rows.Run) bool { return r.Events >= from || !r.Status.Open() }, look)
	}
	if err == nil && from <= run.Events {
		if err := rd.room(min(pageBytes, int64(run.Bytes))); err != nil {
			return nil, 0, index, err
		}
		e.cfg.Log.View(func(v fsm.View) {
			if look(v); err != nil { // the run was deleted meanwhile
				return
			}
			first := from
			events = v.Events(run.RunID, first, min(limit, pageOf(run)))
		})
	}
	if err != nil {
		return nil, 0, index, err
	}
	next = from + uint64(len(events))
	if !run.Status.Open() && next > run.Events {
		next = 0
	}
	return events, next, index, nil
}

// Turns returns at most limit turns of a run after turn after, and the run as of the same state.
func (e *Engine) Turns(ctx context.Context, rd Read, ref fsm.RunRef, after uint64, limit int) (run rows.Run, turns []history.Turn, err error) {
	if err := checkRef(ref); err != nil {
		return run, nil, err
	}
	if limit, err = checkPage(limit); err != nil {
		return run, nil, err
	}
	readErr := e.read(ctx, rd, func(v fsm.View) {
		if run, err = rd.find(v, ref); err == nil && after < run.Turns {
			turns = v.Turns(run.RunID, after+1, limit)
		}
	})
	if readErr != nil {
		err = readErr
	}
	return run, turns, err
}

// pageBytes bounds the size of a page of events, estimated from their average size.
const pageBytes = 8 << 20

func pageOf(run rows.Run) int {
	return int(max(1, pageBytes*run.Events/max(1, run.Bytes)))
}
