package engine

import (
	"cmp"
	"fmt"
	"runtime"
	"time"

	wf "aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/schema"
	"aion.dev/aion/fsm"
)

// Limits bound what callers control. A zero field means its default.
type Limits struct {
	PayloadBytes   int           // of one input, signal or query argument: 2 MiB
	HistoryEvents  uint64        // of one run: 50,000
	HistoryBytes   uint64        // of one run: 64 MiB
	RunLogBytes    int64         // of the part of one run's log that is kept: 256 KiB; negative = nothing is kept
	WaitingSignals uint64        // received but not yet consumed, per run: 10,000
	ResetEvents    uint64        // events and turns that a reset or a fork keeps, with the signals that it delivers again: 15,000
	ResetBytes     uint64        // of these events: 8 MiB
	Runtime        wf.Limits     // interpreter steps, memory, output, log volume, pending things
	Resident       int           // executions parked on the leader: 10,000
	ResidentBytes  uint64        // memory of parked executions in total; those kept for queries may use a quarter of that besides: 512 MiB
	Queries        int           // executions kept for queries: 64
	BacktestCPU    float64       // part of the machine that backtests may use together, above 0 and at most 1: 0.25
	Turns          int           // turns computed at once: number of CPUs
	InFlight       int           // turns being computed or recorded at once: 4,096
	TurnTimeout    time.Duration // to compute one new turn, and a tenth of the limit for replaying one; a run that exceeds it three times is quarantined: 30 s
	Foresight      time.Duration // to make a turn before what it follows from is in the log, which holds up the caller of that; negative = never: 5 ms
	SchemaPatterns int           // instructions of all regular expressions in one new schema: 3,000
	CheckTimeout   time.Duration // to compile one archive in a deploy: 30 s
	QueryTimeout   time.Duration // one query, including the wait for its run's first turn: 10 s
	Changes        int           // of one deployment: 100
	ChangeBytes    int           // that the changes of one deployment bring into the log, archives not counted: 1 MiB
	Lease          time.Duration // how long a worker may be silent about a task, unless the activity or the worker says otherwise: 5 min
}

// The most that callers may ask for, whatever the configuration.
const (
	MaxWait       = 60 * time.Second // of one long poll
	MaxPage       = 1000             // rows of one page
	DefaultPage   = 100              // rows of a page when the caller names no limit
	MaxMessage    = 1 << 10          // bytes of a deploy's message, or of a reason
	MaxActor      = 200              // bytes
	MaxRequestID  = 200              // bytes
	MaxSignalName = 200              // characters, also of queries
	MaxTimeout    = 10 * 365 * 24 * time.Hour
	MaxTasks      = 1000     // tasks of one poll, results of one answer
	MaxActivities = 1000     // names in one poll
	MaxLabel      = 200      // characters of the name of a queue, an activity or a worker, and of the kind of a failure
	MaxDetails    = 64 << 10 // bytes of the details of a heartbeat or a failure
	MaxFailure    = 8 << 10  // bytes of a failure's message; the rest is dropped
	MinLease      = time.Second
	MaxLease      = 24 * time.Hour
	maxTaskBytes  = 8 << 20 // bytes of inputs in the answer to one poll; the first task is included whatever its size
)

// minIndexWait bounds how long a stale read waits for its node to reach MinIndex.
const minIndexWait = 5 * time.Second

func (l Limits) withDefaults() Limits {
	l.PayloadBytes = cmp.Or(l.PayloadBytes, 2<<20)
	l.HistoryEvents = cmp.Or(l.HistoryEvents, 50_000)
	l.HistoryBytes = cmp.Or(l.HistoryBytes, 64<<20)
	l.RunLogBytes = cmp.Or(l.RunLogBytes, 256<<10)
	l.WaitingSignals = cmp.Or(l.WaitingSignals, 10_000)
	l.ResetEvents = cmp.Or(l.ResetEvents, fsm.MaxKept)
	l.ResetBytes = cmp.Or(l.ResetBytes, fsm.MaxKeptBytes)
	l.Resident = cmp.Or(l.Resident, 10_000)
	l.ResidentBytes = cmp.Or(l.ResidentBytes, 512<<20)
	l.Queries = cmp.Or(l.Queries, 64)
	l.Turns = cmp.Or(l.Turns, runtime.GOMAXPROCS(0))
	l.BacktestCPU = cmp.Or(l.BacktestCPU, 0.25)
	l.InFlight = cmp.Or(l.InFlight, 4096)
	l.TurnTimeout = cmp.Or(l.TurnTimeout, 30*time.Second)
	l.Foresight = cmp.Or(l.Foresight, 5*time.Millisecond)
	l.SchemaPatterns = cmp.Or(l.SchemaPatterns, schema.DefaultPatterns)
	l.CheckTimeout = cmp.Or(l.CheckTimeout, 30*time.Second)
	l.QueryTimeout = cmp.Or(l.QueryTimeout, 10*time.Second)
	l.Changes = cmp.Or(l.Changes, 100)
	l.ChangeBytes = cmp.Or(l.ChangeBytes, 1<<20)
	l.Lease = cmp.Or(l.Lease, 5*time.Minute)
	return l
}

// Validate rejects limits under which nothing would run. Its error names the field.
func (l Limits) Validate() error {
	l = l.withDefaults()
	for _, f := range []struct {
		name string
		bad  bool
		want string
	}{
		{"PayloadBytes", l.PayloadBytes < 1, "at least 1"},
		{"HistoryEvents", l.HistoryEvents < 10, "at least 10"},
		{"HistoryBytes", l.HistoryBytes < 1<<10, "at least 1 KiB"},
		{"ResetEvents", l.ResetEvents > fsm.MaxKept, fmt.Sprintf("at most %d", fsm.MaxKept)},
		{"ResetBytes", l.ResetBytes < 1<<10 || l.ResetBytes > fsm.MaxKeptBytes, "between 1 KiB and 8 MiB"},
		{"RunLogBytes", l.RunLogBytes > 16<<20, "at most 16 MiB"},
		{"Resident", l.Resident < 1, "at least 1"},
		{"ResidentBytes", l.ResidentBytes < 1<<20, "at least 1 MiB"},
		{"Queries", l.Queries < 1, "at least 1"},
		{"BacktestCPU", !(l.BacktestCPU > 0 && l.BacktestCPU <= 1), "above 0, and at most 1"},
		{"Turns", l.Turns < 1 || l.Turns > 1<<10, "between 1 and 1024"},
		{"InFlight", l.InFlight < l.Turns || l.InFlight > 1<<20, "between Turns and 1,048,576"},
		{"TurnTimeout", l.TurnTimeout < time.Second, "at least 1s"},
		{"Foresight", l.Foresight > 10*time.Second, "at most 10s"},
		{"SchemaPatterns", l.SchemaPatterns < 1, "at least 1"},
		{"CheckTimeout", l.CheckTimeout < time.Millisecond, "at least 1ms"},
		{"QueryTimeout", l.QueryTimeout < time.Millisecond || l.QueryTimeout > MaxWait, "between 1ms and 1m"},
		{"Changes", l.Changes < 1 || l.Changes > fsm.MaxChanges, fmt.Sprintf("between 1 and %d", fsm.MaxChanges)},
		{"ChangeBytes", l.ChangeBytes < 64<<10 || l.ChangeBytes > 4<<20, "between 64 KiB and 4 MiB"},
		{"Lease", l.Lease < MinLease || l.Lease > MaxLease, "between 1s and 24h"},
	} {
		if f.bad {
			return fmt.Errorf("engine: limit %s must be %s", f.name, f.want)
		}
	}
	return nil
}
