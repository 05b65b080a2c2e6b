package desk

import (
	"container/heap"
	"context"
	"sync"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

// Desk is where the leader matches polls of workers with what is offered. It decides who asks for
// how much, so that hundreds of polls do not all ask for one task; each poll then asks by itself,
// with an entry of its own. What a lease gives is decided when its entry is applied: a desk that
// was wrong costs an empty answer, and the poll stands where it stood.
//
// It holds nothing but polls. Those of a leader that lost are told so, and go to the next one.
type Desk struct {
	term  context.Context // over when this node no longer leads
	cfg   Config
	rouse chan struct{}

	mu     sync.Mutex // guards what follows
	lines  map[string]*line
	seen   uint64            // index up to which what happened to queues has been looked at
	due    dueLines          // lines that are to be looked at although nothing moves
	polls  uint64            // that ever came
	claims map[string]*Claim // by request id
}

// Config is what a desk needs of its node. All of it is required, and may be used by many
// goroutines.
type Config struct {
	View func(func(fsm.View)) // reads the state as it is now; never called from within itself
	Now  func() history.Time  // log time
	// Nap sleeps until log time has reached until, or rouse has something, or it pleases; the error
	// is ctx's.
	Nap   func(ctx context.Context, until history.Time, rouse <-chan struct{}) error
	Polls Gauge // of polls between Enter and Leave
}

// Gauge is a figure that goes up and down.
type Gauge interface {
	Inc()
	Dec()
}

// New opens a desk for the time that term lasts. Somebody has to Run it.
func New(term context.Context, cfg Config) *Desk {
	return &Desk{term: term, cfg: cfg, rouse: make(chan struct{}, 1), lines: make(map[string]*line), claims: make(map[string]*Claim)}
}

// Term is over when the desk is closed. What polls propose goes its way until then, also when their
// callers go.
func (d *Desk) Term() context.Context { return d.term }

// Run serves the lines whenever the state moved or a limit of a queue lets go, until ctx ends.
func (d *Desk) Run(ctx context.Context) error {
	for {
		if err := d.cfg.Nap(ctx, d.serve(), d.rouse); err != nil {
			return err
		}
	}
}

// Notice says that the state, or when to look at it next, has changed.
func (d *Desk) Notice() {
	select {
	case d.rouse <- struct{}{}:
	default:
	}
}

// serve looks at the lines of queues that entries have changed since it last did, and at those that
// are due, and returns when to look again although nothing moved. What it costs follows from what
// happened, not from how many queues there are.
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
func (d *Desk) look(l *line, v fsm.View, now history.Time) { d.due.set(l, l.serve(v, now)) }

// serveLine looks for one line. The caller holds mu.
func (d *Desk) serveLine(l *line) {
	if l.waiting == 0 {
		return
	}
	d.cfg.View(func(v fsm.View) { d.look(l, v, d.cfg.Now()) })
	if l.next != never && l.due == 0 {
		d.Notice() // the loop must know until when to sleep
	}
}
