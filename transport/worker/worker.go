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

// Handler carries out one attempt at an activity. Its result, encoded as JSON, is the activity's
// result; an error fails the attempt, see Failure. It runs in a goroutine of its own. Its context
// ends with the attempt's deadline, or with ErrCancelled, ErrLeaseLost or ErrStopped as
// context.Cause.
type Handler func(ctx context.Context, t Task) (any, error)

// Worker carries out the activities of one queue. Make it with New, add handlers, and run it once.
type Worker struct {
	cfg      Config
	log      *slog.Logger
	client   *client.Client
	handlers map[string]Handler // not changed once Run has begun
	names    []string           // of handlers, sorted
	wrong    error              // the first error of New or Handle
	ran      atomic.Bool

	held    *heldTasks
	mail    mail
	beating sync.WaitGroup
	count   counters
}

// New makes a worker. Run reports errors in cfg.
func New(cfg Config) *Worker {
	wrong := cfg.withDefaults().check()
	cfg = cfg.withDefaults()
	return &Worker{cfg: cfg, log: cfg.Logger, client: cfg.Client, handlers: map[string]Handler{}, wrong: wrong, held: newHand()}
}

// Handle sets the handler of an activity, and returns the worker for chaining. Run reports its
// errors. It panics once the worker runs.
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

// grace is how long handlers may take to return after their context has ended.
const grace = 5 * time.Second

// Run takes and carries out tasks until ctx ends, and then drains: it takes no more tasks, lets
// handlers finish for Config.Drain, stops the others with ErrStopped, gives back what they leave
// unfinished, and returns nil once the cluster has recorded everything. It returns an error if the
// worker is configured wrongly; if a node refuses to give it tasks in a way that retrying cannot
// fix (then it also drains); or if handlers do not return 5 s after they were stopped: then their
// goroutines are left behind, and their tasks go to other workers when their leases end.
//
// While no node is reachable, Run keeps trying. It runs once.
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
		c, err := client.New(client.Config{Addresses: w.cfg.Addresses, Token: w.cfg.Token, Namespace: w.cfg.Namespace})
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
	keeper.Go(func() { w.keepLeases(keeping) })
	refused := w.takeTasks(ctx)
	stuck := w.drain()
	stop()
	keeper.Wait()
	w.log.Info("the worker has ended", "completed", w.count.completed.Load(), "failed", w.count.failed.Load(), "released", w.count.released.Load())
	return errors.Join(refused, stuck)
}

// drain waits for the handlers, stops those that take too long, and waits until all outcomes are
// delivered.
func (w *Worker) drain() error {
	idle := func() bool { return w.held.running == 0 }
	w.awaitWithin(w.cfg.Drain, idle)
	var stuck error
	if n := w.held.stop(ErrStopped); n > 0 {
		w.log.Warn("handlers are stopped, what they leave undone is given back", "handlers", n, "drain", w.cfg.Drain)
		if !w.awaitWithin(grace, idle) {
			stuck = fmt.Errorf("worker: %d handlers have not returned %s after their context ended", w.Stats().Running, grace)
		}
	}
	w.mail.close()
	return stuck
}

// awaitWithin waits for enough, for at most d.
func (w *Worker) awaitWithin(d time.Duration, enough func() bool) bool {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	return w.held.await(ctx, enough)
}
