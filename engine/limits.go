package engine

import (
	"cmp"
	"fmt"
	"runtime"
	"time"

	wf "aion.dev/aion/engine/runtime"
)

// Limits bound what callers control. The zero value of each field is its default.
type Limits struct {
	PayloadBytes   int           // of one input, signal or query argument: 2 MiB
	HistoryEvents  uint64        // of one run: 50,000
	HistoryBytes   uint64        // of one run: 64 MiB
	WaitingSignals uint64        // received and not yet consumed, of one run: 10,000
	Runtime        wf.Limits     // steps, memory, output, log volume, pending things
	Resident       int           // executions kept parked on the leader: 10,000
	ResidentBytes  uint64        // what they hold together, and four times what those kept for queries hold: 512 MiB
	Queries        int           // executions kept for queries: 64
	Turns          int           // turns computed at once: number of CPUs
	InFlight       int           // turns computed or being recorded at once: 4,096
	TurnTimeout    time.Duration // computing one turn, with the replay before it; a run that takes longer three times is quarantined: 30 s
	CheckTimeout   time.Duration // compiling one archive at a deploy: 30 s
	QueryTimeout   time.Duration // one query, with the wait for its run's first turn: 10 s
}

// What callers may ask for at most, whatever the configuration.
const (
	MaxWait       = 60 * time.Second // of one long poll
	MaxPage       = 1000             // rows of one page
	DefaultPage   = 100              // rows of a page when the caller names no limit
	MaxMessage    = 1 << 10          // bytes of a deploy's message or of a reason
	MaxActor      = 200              // bytes
	MaxRequestID  = 200              // bytes
	MaxSignalName = 200              // characters, also of queries
	MaxTimeout    = 10 * 365 * 24 * time.Hour
)

// minIndexWait bounds how long a stale read waits for its node to catch up.
const minIndexWait = 5 * time.Second

func (l Limits) withDefaults() Limits {
	l.PayloadBytes = cmp.Or(l.PayloadBytes, 2<<20)
	l.HistoryEvents = cmp.Or(l.HistoryEvents, 50_000)
	l.HistoryBytes = cmp.Or(l.HistoryBytes, 64<<20)
	l.WaitingSignals = cmp.Or(l.WaitingSignals, 10_000)
	l.Resident = cmp.Or(l.Resident, 10_000)
	l.ResidentBytes = cmp.Or(l.ResidentBytes, 512<<20)
	l.Queries = cmp.Or(l.Queries, 64)
	l.Turns = cmp.Or(l.Turns, runtime.GOMAXPROCS(0))
	l.InFlight = cmp.Or(l.InFlight, 4096)
	l.TurnTimeout = cmp.Or(l.TurnTimeout, 30*time.Second)
	l.CheckTimeout = cmp.Or(l.CheckTimeout, 30*time.Second)
	l.QueryTimeout = cmp.Or(l.QueryTimeout, 10*time.Second)
	return l
}

// Validate refuses limits under which nothing would run, naming the field.
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
		{"Resident", l.Resident < 1, "at least 1"},
		{"ResidentBytes", l.ResidentBytes < 1<<20, "at least 1 MiB"},
		{"Queries", l.Queries < 1, "at least 1"},
		{"Turns", l.Turns < 1 || l.Turns > 1<<10, "between 1 and 1024"},
		{"InFlight", l.InFlight < l.Turns || l.InFlight > 1<<20, "between Turns and 1,048,576"},
		{"TurnTimeout", l.TurnTimeout < time.Second, "at least 1s"},
		{"CheckTimeout", l.CheckTimeout < time.Millisecond, "at least 1ms"},
		{"QueryTimeout", l.QueryTimeout < time.Millisecond || l.QueryTimeout > MaxWait, "between 1ms and 1m"},
	} {
		if f.bad {
			return fmt.Errorf("engine: limit %s must be %s", f.name, f.want)
		}
	}
	return nil
}
