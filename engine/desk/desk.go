package desk

import (
	"container/heap"
	"context"
	"sync"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

// Desk matches the polls of workers with the offered tasks, on the leader. It decides which poll
// asks for how many tasks, so that hundreds of polls do not all ask for one task. Each poll then
// asks with an entry of its own. Applying that entry decides what the lease gives: if the desk was
// wrong, the answer is empty, and the poll goes back to its place.
//
// A desk holds nothing but polls. When its leader loses, its polls get ErrClosed and may go to the
// next leader.
type Desk struct {
	term  context.Context // ends when this node no longer leads
	cfg   Config
	rouse chan struct{}

	mu     sync.Mutex // guards the fields below
	lines  map[string]*line
	seen   uint64            // index up to which changes of queues have been examined
	due    dueLines          // lines to serve at a time of their own, even if nothing changes
	polls  uint64            // number of polls so far
	claims map[string]*Claim // by request id
}

// Config is what a desk needs from its node. Every field is required and may be used by many
// goroutines.
type Config struct {
	View func(func(fsm.View)) // reads the current state; never called from within itself
	Now  func() history.Time  // log time
	// Nap sleeps until log time reaches until, rouse receives, or it chooses to return; the error
	// is ctx's.
	Nap   func(ctx context.Context, until history.Time, rouse <-chan struct{}) error
	Polls Gauge // number of polls between Enter and Leave
}

// Gauge is a metric that goes up and down.
type Gauge interface {
	Inc()
	Dec()
}

// New opens a desk that lasts as long as term. The caller must call Run.
func New(term context.Context, cfg Config) *Desk {
	return &Desk{term: term, cfg: cfg, rouse: make(chan struct{}, 1), lines: make(map[string]*line), claims: make(map[string]*Claim)}
}

// Term ends when the desk closes. Proposals of polls run under it, so they survive their callers.
func (d *Desk) Term() context.Context { return d.term }

// Run serves lines whenever the state has changed or a queue's limit frees up, until ctx ends.
func (d *Desk) Run(ctx context.Context) error {
	for {
		if err := d.cfg.Nap(ctx, d.serve(), d.rouse); err != nil {
			return err
		}
	}
}

// Notice wakes Run: the state has changed, or the time of the next look has.
func (d *Desk) Notice() {
	select {
	case d.rouse <- struct{}{}:
	default:
	}
}

// serve serves the lines whose queues have changed since the last call, and the lines that are due.
// It returns when to look again even if nothing changes. Its cost depends on what happened, not on
// the number of queues.
func (d *Desk) serve() (next history.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.lines) == 0 {
		return never
	}
	now := d.cfg.Now()
	d.cfg.View(func(v fsm.View) {
		touched, known := v.QueuesTouched(d.seen)
		d.seen = v.Index()
		if !known {
			for _, l := range d.lines { // in any order: queues are independent of each other
				d.serveAndSchedule(l, v, now)
			}
			return
		}
		for _, queue := range touched {
			if l := d.lines[queue]; l != nil {
				d.serveAndSchedule(l, v, now)
			}
		}
		var due []*line
		for d.due.first() <= now {
			due = append(due, heap.Pop(&d.due).(*line))
		}
		for _, l := range due {
			d.serveAndSchedule(l, v, now)
		}
	})
	return d.due.first()
}

// serveAndSchedule serves a line and records when to serve it again. The caller holds mu.
func (d *Desk) serveAndSchedule(l *line, v fsm.View, now history.Time) { d.due.set(l, l.serve(v, now)) }

// serveLine serves one line. The caller holds mu.
func (d *Desk) serveLine(l *line) {
	if l.waiting == 0 {
		return
	}
	d.cfg.View(func(v fsm.View) { d.serveAndSchedule(l, v, d.cfg.Now()) })
	if l.next != never && l.due == 0 {
		d.Notice() // the loop must learn how long to sleep
	}
}
