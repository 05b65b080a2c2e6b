package engine

import (
	"context"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/history"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm"
	"github.com/hashicorp/go-hclog"
)

// Config wires an Engine. Log, Blobs, Compiler and Node are required.
type Config struct {
	Node     string // this node's id
	Log      Log
	Blobs    Blobs
	Compiler runtime.Compiler
	// CheckArchive compiles and initialises an archive where a crash hurts nobody (a child process). Nil = in this process.
	CheckArchive func(ctx context.Context, archive []byte) error
	Archive      catalog.Limits
	Limits       Limits
	Logger       hclog.Logger
}

// Limits bound what callers control. The zero value of each field is its default.
type Limits struct {
	PayloadBytes   int            // 2 MiB
	HistoryEvents  uint64         // 50,000
	HistoryBytes   uint64         // 64 MiB
	WaitingSignals uint64         // 10,000
	Runtime        runtime.Limits // steps, memory, output, log volume, pending things
	Resident       int            // executions kept parked on the leader: 10,000
	Turns          int            // turns computed at once: number of CPUs
}

// Engine is the front desk of one node: every API call, on the leader or not, comes through it.
type Engine struct{}

// New makes an engine. Nothing runs until Run.
func New(cfg Config) (*Engine, error) { panic("engine: New is being built") }

// Run runs what every node runs, whoever leads: the reconciler that compiles what the state names and reports readiness, and the feed that wakes those
// who wait for results. It returns when ctx ends and all its goroutines are gone.
func (e *Engine) Run(ctx context.Context) error { panic("engine: Run is being built") }

// Lead runs the leader's loops: turns, timers, sweeping. The cluster calls it after winning and a barrier; ctx ends on loss, and Lead returns before the next win.
func (e *Engine) Lead(ctx context.Context, term uint64) { panic("engine: Lead is being built") }

// Drain refuses new deploys on this node with *Unavailable; reads and runs go on.
func (e *Engine) Drain() { panic("engine: Drain is being built") }

// Call is what every mutation carries. A zero Request means that the caller gave no key.
type Call struct {
	Request *fsm.Request
	Actor   string
}

// Read says how fresh a read must be. The zero value is linearizable.
type Read struct {
	Stale    bool   // answer from this node's state as it is
	MinIndex uint64 // with Stale: wait (at most 5 s) until this node has applied this index
}

// Answered is what every answer to a mutation carries.
type Answered struct {
	Index        uint64
	Deduplicated bool
}

// LoadRequest is a deploy.
type LoadRequest struct {
	Call
	Archive []byte
	Route   bool
	Expect  []catalog.Expect
	DryRun  bool // validate everything, say what would happen, change nothing
	Message string
}

// VersionRow is a line of the listing: one for each member of each loaded package.
type VersionRow struct {
	Package     *catalog.Package
	Member      catalog.Member
	RouteActive bool
	ReadyNodes  []string
	Pins        fsm.PinCounts // of the whole package
}

// Pins is what pins one version.
type Pins struct {
	Version     catalog.Version
	RouteActive bool // of any member
	Counts      fsm.PinCounts
	Holders     []fsm.PinHolder
	Next        string
	Index       uint64
}

// StartRequest is a start. WorkflowID empty = a generated one.
type StartRequest struct {
	Call
	Type       string
	WorkflowID string
	Version    string
	Input      history.Payload
	Attributes history.Attributes
	Timeout    time.Duration
}

// Result is how a run stands, and how it ended if it did. A run that continued as new is followed to the newest run unless a run id was given.
type Result struct {
	WorkflowID string
	RunID      history.RunID
	Status     history.Status
	Result     history.Payload
	Error      *history.RunError
	Index      uint64
}
