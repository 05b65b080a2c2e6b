package engine

import (
	"container/heap"
	"context"
	"sync"

	"aion.dev/aion/engine/history"
	"aion.dev/aion/fsm"
)

// desk is where the leader matches polls of workers with what is offered. It decides who asks for how much, so that hundreds of polls do not all ask for one
// task; each poll then asks by itself, with an entry of its own. What a lease gives is decided when its entry is applied: a desk that was wrong costs
// an empty answer, and the poll stands where it stood.
//
// It holds nothing but polls. Those of a leader that lost are told so, and go to the next one.
type desk struct {
	e     *Engine
	ctx   context.Context // of the leader's term
	rouse chan struct{}

	mu     sync.Mutex // guards what follows
	lines  map[string]*line
	seen   uint64            // index up to which what happened to queues has been looked at
	due    dueLines          // lines that are to be looked at although nothing moves
	polls  uint64            // that ever came
	claims map[string]*claim // by request id
}

func newDesk(e *Engine, ctx context.Context) *desk {
	return &desk{e: e, ctx: ctx, rouse: make(chan struct{}, 1), lines: make(map[string]*line), claims: make(map[string]*claim)}
}

// run serves the lines whenever the state moved or a limit of a queue lets go, until ctx ends.
func (d *desk) run(ctx context.Context) error {
	for {
		if err := d.e.nap(ctx, d.serve(), d.rouse); err != nil {
			return err
		}
	}
}

// notice says that the state, or when to look at it next, has changed.
func (d *desk) notice() {
	select {
	case d.rouse <- struct{}{}:
	default:
	}
}

// serve looks at the lines of queues that entries have changed since it last did, and at those that are due, and returns when to look again although nothing moved. What it costs follows from
// what happened, not from how many queues there are.
func (d *desk) serve() (next history.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.lines) == 0 {
		return never
	}
	now := d.e.now()
	d.e.cfg.Log.View(func(v fsm.View) {
		touched, known := v.QueuesTouched(d.seen)
		d.seen = v.Index()
		if !known {
			for _, l := range d.lines { // any order: queues have nothing to do with each other
				d.look(l, v, now)
			}
			return
		}
		for _, queue := range touched {
			if l := d.lines[queue]; l != nil {
				d.look(l, v, now)
			}
		}
		var due []*line
		for d.due.first() <= now {
			due = append(due, heap.Pop(&d.due).(*line))
		}
		for _, l := range due {
			d.look(l, v, now)
		}
	})
	return d.due.first()
}

// look serves a line and notes when it is to be looked at again. The caller holds mu.
func (d *desk) look(l *line, v fsm.View, now history.Time) { d.due.set(l, l.serve(v, now)) }

// serveLine looks for one line. The caller holds mu.
func (d *desk) serveLine(l *line) {
	if l.waiting == 0 {
		return
	}
	d.e.cfg.Log.View(func(v fsm.View) { d.look(l, v, d.e.now()) })
	if l.next != never && l.due == 0 {
		d.notice() // the loop must know until when to sleep
	}
}

// enter puts a poll at the end of its queue's line, and serves it if there is something for it.
func (d *desk) enter(queue string, activities []string, most uint64) *poller {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.lines[queue]
	if l == nil {
		l = newLine(queue)
		d.lines[queue] = l
	}
	d.polls++
	p := &poller{number: d.polls, most: most, granted: make(chan uint64, 1)}
	l.join(p, activities)
	d.e.metrics.pollers.Inc()
	d.serveLine(l)
	return p
}

// answered takes note that the lease of n tasks that p was granted is over.
func (d *desk) answered(p *poller, n uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	p.line.answered(p, n)
	d.serveLine(p.line)
}

// stand puts a poll that got nothing back where it stood.
func (d *desk) stand(p *poller) {
	d.mu.Lock()
	defer d.mu.Unlock()
	p.line.stand(p)
	d.serveLine(p.line)
}

// leave ends a poll. A grant that came at the last moment goes to others.
func (d *desk) leave(p *poller) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.e.metrics.pollers.Dec()
	select {
	case n := <-p.granted:
		p.line.answered(p, n)
		defer d.serveLine(p.line)
	default:
	}
	p.line.part(p)
	if len(p.line.ranks) == 0 {
		delete(d.lines, p.line.queue)
		d.due.set(p.line, never)
	}
}

// desks knows the desk of the term in which this node leads.
type desks struct {
	mu      sync.Mutex // guards what follows
	open    *desk      // nil unless leading
	changed chan struct{}
}

func newDesks() *desks { return &desks{changed: make(chan struct{})} }

// set opens a desk for polls; nil closes it.
func (ds *desks) set(d *desk) {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	ds.open = d
	close(ds.changed)
	ds.changed = make(chan struct{})
}

func (ds *desks) get() (*desk, <-chan struct{}) {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	return ds.open, ds.changed
}

// desk returns the desk of this leader. One that has won but not begun to lead is waited for; a node that does not lead answers at once.
func (e *Engine) desk(ctx context.Context) (*desk, error) {
	for {
		d, changed := e.desks.get()
		if d != nil && d.ctx.Err() == nil {
			return d, nil
		}
		if err := e.cfg.Log.Sync(ctx); err != nil {
			return nil, err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
