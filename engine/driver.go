package engine

import (
	"context"
	"sync"
	"sync/atomic"

	"aion.dev/aion/engine/desk"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/internal/lifecycle"
)

// driver makes the turns of ready runs. It reads the ready index from the beginning, by cursor, and
// starts a visit for each run: a goroutine that makes turns of that run until the run needs none.
// At most Limits.InFlight visits exist at a time, and Limits.Turns of them compute; the others wait
// until their turn is recorded, or until they may compute. Both are shared fairly among workflow
// types (see shares.go), and a long turn yields to other types from time to time.
//
// If a run becomes ready during its visit, it appears in the index again, and the visit looks once
// more before it ends. So every ready run is beyond the cursor, or queued for a slot, or being
// visited, or waiting in the stuck room for its program.
type driver struct {
	e         *Engine
	group     *lifecycle.Group
	timers    *timers
	schedules *schedules
	jobs      *jobs
	batches   *batches
	desk      *desk.Desk
	slots     chan struct{} // one for each visit
	cpus      *shares       // one place for each visit that computes
	resident  *parked
	stuck     *stuck
	rescan    chan struct{} // asks to read the ready index from the beginning
	queuedRun chan struct{} // a run was queued for a slot
	idle      chan history.RunID
	idlers    atomic.Int64  // goroutines in idle that wait for another visit
	read      atomic.Uint64 // index up to which run has read which runs are ready

	mu     sync.Mutex
	active map[history.RunID]bool // runs that are visited or queued for a slot; true = look once more
	queued rounds[history.RunID]  // ready runs that found no free slot, by type
	closed bool                   // no turn is made ahead any more

	worth   worth
	entered sync.WaitGroup // calls that make turns ahead
}

// maxIdlers bounds the goroutines that wait for visits when there is nothing to do.
const maxIdlers = 256

// readyBatch bounds one read of the ready index.
const readyBatch = 1024

func newDriver(e *Engine, g *lifecycle.Group, t *timers, k *desk.Desk) *driver {
	d := &driver{
		e: e, group: g, timers: t, desk: k, schedules: newSchedules(e), jobs: newJobs(e), batches: newBatches(e),
		slots:     make(chan struct{}, e.limits.InFlight),
		cpus:      newShares(e.limits.Turns),
		queuedRun: make(chan struct{}, 1),
		rescan:    make(chan struct{}, 1),
		idle:      make(chan history.RunID),
		active:    make(map[history.RunID]bool),
	}
	d.resident = newParked(e.limits.Resident, e.limits.ResidentBytes)
	d.stuck = newStuck(e, g, d.rescanReady)
	return d
}

// run starts visits until ctx ends.
func (d *driver) run(ctx context.Context) error {
	moved := make(chan struct{}, 1)
	d.group.Go("index", func(ctx context.Context) error { return d.watchState(ctx, moved) })
	d.group.Go("line", d.serveQueued)
	var at fsm.ReadyCursor
	for {
		var ready []fsm.ReadyRun
		var index uint64
		d.e.cfg.Log.View(func(v fsm.View) {
			index = v.Index()
			var next fsm.ReadyCursor
			if ready, next = v.Ready(at, readyBatch); len(ready) > 0 {
				at = next
			}
		})
		for _, r := range ready {
			if err := d.visitOrQueue(ctx, r.RunID); err != nil {
				return err
			}
		}
		if len(ready) == readyBatch {
			continue
		}
		d.read.Store(index)
		d.changed()
		select {
		case <-moved:
		case <-d.rescan:
			at = fsm.ReadyCursor{}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// watchState reports changes of the state to the driver, to the desk and, if something is due
// earlier than they would wake up, to the loops of timers and schedules. It is the only waiter on
// the index, whatever the number of runs, and never waits for a slot, so timers fire in time even
// when more runs are ready than can be visited.
func (d *driver) watchState(ctx context.Context, moved chan<- struct{}) error {
	var index uint64
	for {
		var err error
		if index, err = d.e.cfg.Log.Wait(ctx, index); err != nil {
			return err
		}
		d.e.cfg.Log.View(func(v fsm.View) {
			if first, armed := v.NextTimer(); armed {
				d.timers.notice(first)
			}
			if first, ok := v.NextSchedule(); ok {
				d.schedules.notice(first)
			}
			if v.JobCount() > 0 || len(untaken(v)) > 0 {
				d.jobs.notice()
			}
			if len(v.RunningBatches()) > 0 {
				d.batches.notice()
			}
		})
		d.desk.Notice()
		select {
		case moved <- struct{}{}:
		default:
		}
	}
}

// rescanReady makes run read all ready runs again, for those that were skipped when they could not
// be served.
func (d *driver) rescanReady() {
	select {
	case d.rescan <- struct{}{}:
	default:
	}
}

// visitOrQueue starts a visit, or makes the current visit of that run look once more. If no slot is
// free it queues the run. The queue alternates between types: thousands of ready runs of one type
// do not delay another type's first turn.
func (d *driver) visitOrQueue(ctx context.Context, id history.RunID) error {
	d.mu.Lock()
	_, on := d.active[id]
	d.active[id] = on
	standing := d.queued.size
	d.mu.Unlock()
	if on {
		return nil
	}
	if standing == 0 {
		select {
		case d.slots <- struct{}{}:
			d.startVisit(id)
			return nil
		default:
		}
	}
	typ := d.e.typeOf(id)
	d.mu.Lock()
	d.queued.push(typ, id)
	standing = d.queued.size
	d.mu.Unlock()
	select {
	case d.queuedRun <- struct{}{}:
	default:
	}
	if standing > maxQueued {
		return d.startNextQueued(ctx)
	}
	return nil
}

// maxQueued bounds the queue for slots. When it is full, the index is read only as fast as slots
// become free.
const maxQueued = 1 << 20

// serveQueued starts visits of queued runs as slots become free, until ctx ends.
func (d *driver) serveQueued(ctx context.Context) error {
	for {
		d.mu.Lock()
		standing := d.queued.size
		d.mu.Unlock()
		if standing > 0 {
			if err := d.startNextQueued(ctx); err != nil {
				return err
			}
			continue
		}
		select {
		case <-d.queuedRun:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// startNextQueued waits for a slot and starts the visit of the run that is then first in the queue.
func (d *driver) startNextQueued(ctx context.Context) error {
	select {
	case d.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	d.mu.Lock()
	id, ok := d.queued.pop()
	d.mu.Unlock()
	if !ok {
		<-d.slots
		return nil
	}
	d.startVisit(id)
	return nil
}

// startVisit starts a visit, for which the caller has acquired a slot.
func (d *driver) startVisit(id history.RunID) {
	select {
	case d.idle <- id:
	default:
		d.group.Go("visits", func(ctx context.Context) error { return d.runVisits(ctx, id) })
	}
}

// runVisits makes one visit after another. Its goroutine stays for the next visit because its stack
// has already grown to the size that visits need: growing a new one for every visit took a sixth of
// the cost of a run.
func (d *driver) runVisits(ctx context.Context, id history.RunID) error {
	for {
		for ctx.Err() == nil {
			(&visit{d: d, id: id}).makeTurns(ctx)
			d.readAll(ctx)
			d.e.metrics.resident.Set(float64(d.resident.Len()))
			if d.endVisit(id) {
				break
			}
		}
		<-d.slots
		d.changed()
		if d.idlers.Add(1) > maxIdlers {
			d.idlers.Add(-1)
			return nil
		}
		select {
		case id = <-d.idle:
			d.idlers.Add(-1)
		case <-ctx.Done():
			return nil
		}
	}
}

// endVisit ends a visit, unless the run has become ready again meanwhile.
func (d *driver) endVisit(id history.RunID) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.active[id] {
		d.active[id] = false
		return false
	}
	delete(d.active, id)
	return true
}
