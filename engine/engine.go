package engine

import (
	"context"
	"errors"
	gort "runtime"
	"sync/atomic"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/backtest"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/schema"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/lifecycle"
	"github.com/hashicorp/go-hclog"
	"github.com/prometheus/client_golang/prometheus"
)

// Config configures an Engine. Log, Blobs, Compiler and Node are required.
type Config struct {
	Node     string // this node's id
	Log      Log
	Blobs    Blobs
	Compiler runtime.Compiler
	// CheckArchive compiles and initialises an archive where a crash hurts nobody (a child
	// process). Nil = only in this process.
	CheckArchive func(ctx context.Context, archive []byte) error
	Archive      catalog.Limits
	Limits       Limits
	// Says receives what workflow code logs in new turns, in addition to Logger. The goroutine that
	// makes the turn calls it, so it must not block. Nil = nobody receives it.
	Says    func(run rows.Run, msg string)
	Logger  hclog.Logger
	Metrics prometheus.Registerer // where the engine's metrics are registered; nil = nowhere
	Tracer  Tracer                // nil = nobody traces
}

// Validate rejects a configuration that cannot work. Its error names the field.
func (c *Config) Validate() error {
	switch {
	case c.Node == "":
		return errors.New("engine: Config.Node is empty")
	case c.Log == nil:
		return errors.New("engine: Config.Log is nil")
	case c.Blobs == nil:
		return errors.New("engine: Config.Blobs is nil")
	case c.Compiler == nil:
		return errors.New("engine: Config.Compiler is nil")
	}
	return c.Limits.Validate()
}

// Engine answers every API call of one node, whether the node leads or not. Callers declare the
// methods they need in interfaces of their own.
//
// Errors are refusals (types with Code and Facts, by the state machine or by validation before the
// log) or *NotLeader, *NoQuorum, *Unavailable, *Unknown. Mutations and linearizable reads work on
// the leader only; stale reads work anywhere. Every mutation looks up its request id before any
// check that depends on state, and returns the first outcome, so callers need not.
type Engine struct {
	cfg         Config
	limits      Limits
	log         hclog.Logger
	metrics     *metrics
	taskTimes   *taskTimes
	pollers     pollers
	programs    *programs
	schemas     *schema.Cache
	queries     *queries
	hub         *hub
	ready       *reconciler
	desks       *desks
	polled      polled
	backtests   *backtests
	moves       *backtests
	holds       holds
	gating      chan struct{}          // one for each deploy behind a gate
	driver      atomic.Pointer[driver] // of the current term; nil unless leading
	visited     changes                // of driver, where one run is visited at a time
	vetting     chan struct{}          // one for each deploy that compiles
	sizing      chan struct{}          // one for each answer that is being read to learn its size
	versionRule chan struct{}          // the rule for drained versions may have changed
	canaryRule  chan struct{}          // a canary may have begun or changed
	retained    chan struct{}          // the retention rules may have changed
	raised      atomic.Bool            // the state is at the level that the newest rules of turns need
}

// How much a node caches, whatever its configuration.
const (
	keptPrograms = 1024
	keptCode     = 512 << 20 // bytes of programs; one in Go has about 20 MB
	keptSchemas  = 1024      // schemas of inputs
	keptOutputs  = 4096      // schemas of outputs, and types that have none
	vetsAtOnce   = 2
)

// New makes an engine. Nothing runs before Run.
func New(cfg Config) (*Engine, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if cfg.Logger == nil {
		cfg.Logger = hclog.NewNullLogger()
	}
	limits := cfg.Limits.withDefaults()
	share := backtest.NewShare(limits.BacktestCPU, gort.GOMAXPROCS(0))
	e := &Engine{
		cfg: cfg, limits: limits, log: cfg.Logger.Named("engine"), metrics: newMetrics(), taskTimes: newTaskTimes(),
		programs:  &programs{blobs: cfg.Blobs, compiler: cfg.Compiler, cache: runtime.NewCache(keptPrograms, keptCode)},
		queries:   newQueries(limits),
		hub:       newHub(cfg.Log),
		desks:     newDesks(),
		backtests: newBacktests("backtest", cfg.Node, share),
		moves:     newBacktests("move", cfg.Node, share),
		vetting:   make(chan struct{}, vetsAtOnce),
		gating:    make(chan struct{}, 1),
		sizing:    make(chan struct{}, sizedAtOnce),
		retained:  make(chan struct{}, 1), versionRule: make(chan struct{}, 1), canaryRule: make(chan struct{}, 1),
	}
	e.schemas = schema.NewCache(keptSchemas, keptOutputs, e.programs.archive)
	e.ready = newReconciler(e)
	if cfg.Metrics != nil {
		err := errors.Join(e.metrics.register(cfg.Metrics), e.taskTimes.register(cfg.Metrics), cfg.Metrics.Register(e.hub.closings.count), cfg.Metrics.Register(&gauges{log: cfg.Log, now: time.Now}))
		if err != nil {
			return nil, err
		}
	}
	return e, nil
}

// Run runs what every node needs, leader or not: the reconciler, which compiles what the state
// names and reports readiness, and the hub, which wakes callers that wait for results. It returns
// after ctx ends and all its goroutines have ended.
func (e *Engine) Run(ctx context.Context) error {
	g, _ := lifecycle.New(ctx)
	g.Go("feed", func(ctx context.Context) error { return e.hub.tail(ctx, e.ready.notice) })
	g.Go("follow", e.hub.watchFollowed)
	g.Go("readiness", e.ready.run)
	g.Go("backtests", e.backtests.run)
	g.Go("moves", e.moves.run)
	err := g.Wait()
	e.queries.kept.Clear()
	return err
}
