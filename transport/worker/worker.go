package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"aion.dev/aion/transport/client"
)

// Handler carries out one attempt at an activity. What it returns is encoded as JSON and is the
// activity's result; an error fails the attempt, see Failure. It runs in a goroutine of its own.
// Its context ends with the attempt's deadline, or with ErrCancelled, ErrLeaseLost or ErrStopped as
// context.Cause.
type Handler func(ctx context.Context, t Task) (any, error)

// Worker carries out the activities of one queue. Make it with New, add handlers, run it once.
type Worker struct {
	cfg      Config
	log      *slog.Logger
	client   *client.Client
	handlers map[string]Handler // not changed once Run has begun
	names    []string           // of handlers, sorted
	wrong    error              // what New and Handle found
	ran      atomic.Bool

	hand    *hand
	mail    mail
	beating sync.WaitGroup
	count   counters
}

// New makes a worker. What is wrong with cfg, Run tells.
func New(cfg Config) *Worker {
	wrong := cfg.withDefaults().check()
	cfg = cfg.withDefaults()
	return &Worker{cfg: cfg, log: cfg.Logger, client: cfg.Client, handlers: map[string]Handler{}, wrong: wrong, hand: newHand()}
}

// Handle says who carries out an activity, and returns the worker for the next one. What is wrong
// with it, Run tells. It panics once the worker runs.
func (w *Worker) Handle(activity string, h Handler) *Worker {
	if w.ran.Load() {
		panic(fmt.Sprintf("worker: Handle(%q, ...) comes after Run", activity))
	}
	switch {
	case w.wrong != nil:
	case activity == "" || h == nil:
		w.wrong = fmt.Errorf("worker: Handle(%q, ...) needs a name and a handler", activity)
	case w.handlers[activity] != nil:
		w.wrong = fmt.Errorf("worker: activity %q has two handlers", activity)
	default:
		w.handlers[activity] = h
	}
	return w
}

// grace is how long handlers may take to return once their context has ended.
const grace = 5 * time.Second

// Run takes and carries out tasks until ctx ends, and then drains: it takes no more, lets handlers
// finish for Config.Drain, stops the others with ErrStopped, gives back what they leave undone, and
// returns nil once the cluster has heard of everything. It returns an error when the worker is set
// up wrongly, when a node refuses to give it work in a way that repeating cannot mend (then it
// drains likewise), or when handlers do not return 5 s after they were stopped: their goroutines
// are left behind, and their tasks are given to other workers when their leases end.
//
// While no node can be reached Run goes on trying. It runs once.
func (w *Worker) Run(ctx context.Context) error {
	if len(w.handlers) == 0 && w.wrong == nil {
		w.wrong = errors.New("worker: there is no handler")
	}
	if w.wrong != nil {
		return w.wrong
	}
	if !w.ran.CompareAndSwap(false, true) {
		return errors.New("worker: Run was called before")
	}
	if w.client == nil {
		c, err := client.New(client.Config{Addresses: w.cfg.Addresses, Token: w.cfg.Token})
		if err != nil {
			return fmt.Errorf("worker: %w", err)
		}
		defer c.Close()
		w.client = c
	}
	w.names = slices.Sorted(maps.Keys(w.handlers))
	w.log.Info("the worker begins", "activities", w.names, "concurrency", w.cfg.Concurrency, "nodes", w.client.Addresses())

	// Tasks are kept, and outcomes delivered, for longer than ctx.
	keeping, stop := context.WithCancel(context.WithoutCancel(ctx))
	var keeper sync.WaitGroup
	keeper.Go(func() { w.keep(keeping) })
	refused := w.poll(ctx)
	stuck := w.drain()
	stop()
	keeper.Wait()
	w.log.Info("the worker has ended", "completed", w.count.completed.Load(), "failed", w.count.failed.Load(), "released", w.count.released.Load())
	return errors.Join(refused, stuck)
}

// drain waits for the handlers, stops those that take too long, and waits for all outcomes to be
// delivered.
func (w *Worker) drain() error {
	idle := func() bool { return w.hand.running == 0 }
	w.within(w.cfg.Drain, idle)
	var stuck error
	if n := w.hand.stop(ErrStopped); n > 0 {
		w.log.Warn("handlers are stopped, what they leave undone is given back", "handlers", n, "drain", w.cfg.Drain)
		if !w.within(grace, idle) {
			stuck = fmt.Errorf("worker: %d handlers have not returned %s after their context ended", w.Stats().Running, grace)
		}
	}
	w.mail.close()
	return stuck
}

// within waits for enough, for at most d.
func (w *Worker) within(d time.Duration, enough func() bool) bool {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	return w.hand.await(ctx, enough)
}
