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

// driver takes the turns of ready runs. It reads the ready index from its beginning, by cursor, and
// gives each run a visit: a goroutine that takes turns of that run until it needs none. At most
// Limits.InFlight visits are under way, of which Limits.Turns compute; the others wait for their
// turn to be recorded, or to compute. Both are shared out fairly among workflow types, see
// shares.go, and a long turn lets those of other types go first from time to time.
//
// A run that becomes ready while it is visited appears in the index again; the visit then looks
// once more before it ends. So every ready run is either beyond the cursor, or stands in line, or
// is visited, or waits in the stuck room for its program.
type driver struct {
	e         *Engine
	group     *lifecycle.Group
	timers    *timers
	schedules *schedules
	jobs      *jobs
	desk      *desk.Desk
	slots     chan struct{} // one for each visit
	cpus      *shares       // one place for each visit that computes
	resident  *parked
	stuck     *stuck
	rescan    chan struct{} // read the ready index from its beginning again
	lined     chan struct{} // a run stands in line
	idle      chan history.RunID
	idlers    atomic.Int64 // goroutines that wait at idle for another visit

	mu     sync.Mutex
	active map[history.RunID]bool // runs that are visited or stand in line for it; true = look once more
	line   rounds[history.RunID]  // ready runs for which there was no slot, by type
}

// maxIdlers is how many goroutines wait for visits when there is nothing to do.
const maxIdlers = 256

// readyBatch is how much of the ready index is read at a time.
const readyBatch = 1024

func newDriver(e *Engine, g *lifecycle.Group, t *timers, k *desk.Desk) *driver {
	d := &driver{
		e: e, group: g, timers: t, desk: k, schedules: newSchedules(e), jobs: newJobs(e),
		slots:  make(chan struct{}, e.limits.InFlight),
		cpus:   newShares(e.limits.Turns),
		lined:  make(chan struct{}, 1),
		rescan: make(chan struct{}, 1),
		idle:   make(chan history.RunID),
		active: make(map[history.RunID]bool),
	}
	d.resident = newParked(e.limits.Resident, e.limits.ResidentBytes)
	d.stuck = newStuck(e, g, d.again)
	return d
}

// run hands out visits until ctx ends.
func (d *driver) run(ctx context.Context) error {
	moved := make(chan struct{}, 1)
	d.group.Go("index", func(ctx context.Context) error { return d.watch(ctx, moved) })
	d.group.Go("line", d.serveLine)
	var at fsm.ReadyCursor
	for {
		var ready []fsm.ReadyRun
		d.e.cfg.Log.View(func(v fsm.View) {
			var next fsm.ReadyCursor
			if ready, next = v.Ready(at, readyBatch); len(ready) > 0 {
				at = next
			}
		})
		for _, r := range ready {
			if err := d.begin(ctx, r.RunID); err != nil {
				return err
			}
		}
		if len(ready) == readyBatch {
			continue
		}
		select {
		case <-moved:
		case <-d.rescan:
			at = fsm.ReadyCursor{}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// watch says that the state moved, to the driver, to the desk and, if something is due earlier than
// they sleep, to the loops of timers and schedules. It is the one waiter on the index, whatever the
// number of runs, and never waits for a slot: timers fire in time also when more runs are ready
// than can be visited.
func (d *driver) watch(ctx context.Context, moved chan<- struct{}) error {
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
			if v.JobCount() > 0 {
				d.jobs.notice()
			}
		})
		d.desk.Notice()
		select {
		case moved <- struct{}{}:
		default:
		}
	}
}

// again asks for all ready runs anew, for those that were passed over when they could not be
// served.
func (d *driver) again() {
	select {
	case d.rescan <- struct{}{}:
	default:
	}
}

// begin starts a visit, or makes the one under way look once more. Without a free slot the run
// stands in line, where types take turns: thousands of ready runs of one type do not keep another's
// from their first turn.
func (d *driver) begin(ctx context.Context, id history.RunID) error {
	d.mu.Lock()
	_, on := d.active[id]
	d.active[id] = on
	standing := d.line.size
	d.mu.Unlock()
	if on {
		return nil
	}
	if standing == 0 {
		select {
		case d.slots <- struct{}{}:
			d.start(id)
			return nil
		default:
		}
	}
	typ := d.e.typeOf(id)
	d.mu.Lock()
	d.line.push(typ, id)
	standing = d.line.size
	d.mu.Unlock()
	select {
	case d.lined <- struct{}{}:
	default:
	}
	if standing > maxLine {
		return d.next(ctx)
	}
	return nil
}

// maxLine is how many ready runs stand in line; with more, the index is read no further than slots
// become free.
const maxLine = 1 << 20

// serveLine starts visits of those that stand in line as slots become free, until ctx ends.
func (d *driver) serveLine(ctx context.Context) error {
	for {
		d.mu.Lock()
		standing := d.line.size
		d.mu.Unlock()
		if standing > 0 {
			if err := d.next(ctx); err != nil {
				return err
			}
			continue
		}
		select {
		case <-d.lined:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// next waits for a slot and starts the visit of whoever is first in line then.
func (d *driver) next(ctx context.Context) error {
	select {
	case d.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	d.mu.Lock()
	id, ok := d.line.pop()
	d.mu.Unlock()
	if !ok {
		<-d.slots
		return nil
	}
	d.start(id)
	return nil
}

// start starts a visit, which has its slot.
func (d *driver) start(id history.RunID) {
	select {
	case d.idle <- id:
	default:
		d.group.Go("visits", func(ctx context.Context) error { return d.visits(ctx, id) })
	}
}

// visits makes one visit after another. A goroutine that has made one stays for the next, because
// its stack has grown to what the state needs: growing it anew for every visit was a sixth of the
// cost of a run.
func (d *driver) visits(ctx context.Context, id history.RunID) error {
	for {
		for ctx.Err() == nil {
			(&visit{d: d, id: id}).takeTurns(ctx)
			d.e.metrics.resident.Set(float64(d.resident.Len()))
			if d.end(id) {
				break
			}
		}
		<-d.slots
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

// end ends a visit unless the run became ready again meanwhile.
func (d *driver) end(id history.RunID) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.active[id] {
		d.active[id] = false
		return false
	}
	delete(d.active, id)
	return true
}
