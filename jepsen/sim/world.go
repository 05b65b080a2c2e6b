package sim

import (
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/history"
	"aion.dev/aion/fsm"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Nodes is how many replicas a world has.
const Nodes = 3

// Stats counts what a world did. Steps are those that found something to do.
type Stats struct {
	Worlds, Steps, Idle                             int
	Applied, Commands                               int // entries, and commands in them, over all replicas
	Elections, Survivors, Crashes, Snapshots        int
	Installs, Unknown, Repeated, Acknowledged, Runs int
	Flows                                           int           // turns made by real code
	Compared, Looks, Audits                         int           // events held against the model at once; looks at a whole node; recounts
	Jobs                                            int           // begun: trees that one entry did not close
	Full                                            int           // calls for whose keys the table of requests had no room
	Simulated                                       time.Duration // log time that went by
	Kinds                                           [64]int       // commands judged, by kind
	Refused                                         [64]int       // of these, refused
}

// Add adds up.
func (s *Stats) Add(o Stats) {
	s.Worlds += o.Worlds
	s.Steps += o.Steps
	s.Idle += o.Idle
	s.Applied += o.Applied
	s.Commands += o.Commands
	s.Elections += o.Elections
	s.Survivors += o.Survivors
	s.Crashes += o.Crashes
	s.Snapshots += o.Snapshots
	s.Installs += o.Installs
	s.Unknown += o.Unknown
	s.Repeated += o.Repeated
	s.Acknowledged += o.Acknowledged
	s.Runs += o.Runs
	s.Flows += o.Flows
	s.Compared += o.Compared
	s.Looks += o.Looks
	s.Audits += o.Audits
	s.Jobs += o.Jobs
	s.Full += o.Full
	s.Simulated += o.Simulated
	for i := range s.Kinds {
		s.Kinds[i] += o.Kinds[i]
		s.Refused[i] += o.Refused[i]
	}
}

// Violation is a promise that a schedule broke.
type Violation struct {
	Step int // at which it showed; len(steps) = while everything was brought to an end
	Why  string
}

// Error implements error.
func (v *Violation) Error() string { return fmt.Sprintf("step %d: %s", v.Step, v.Why) }

// entry is a committed log entry.
type entry struct {
	bytes   []byte
	calls   []*call
	at      history.Time
	from    int // who proposed it
	term    uint64
	budget  uint64
	tight   bool // budget is small
	judged  bool // by the model
	results []outcome
	seen    bool
	digest  catalog.Digest
}

// World is a cluster in the hands of a schedule.
type World struct {
	nodes    []*node
	log      []entry // entry i has index i+1
	flight   []entry // proposed and neither committed nor lost, in the order of the log
	leader   int
	term     uint64
	now      history.Time // of an ideal clock
	skew     []time.Duration
	cut      uint64 // the log holds entries above this one
	snapshot []byte
	calls    []*call // of clients, that have no answer yet
	model    *Model
	stats    Stats
	minted   uint64
	budget   uint64 // of the entries proposed now; 0 = whole ones
	step     int
}

// Run carries out a schedule and returns the first promise that it broke, or nil.
func Run(steps []Step) (stats Stats, violation *Violation) {
	w := newWorld()
	defer func() {
		if r := recover(); r != nil {
			v, ok := r.(*Violation)
			if !ok {
				v = &Violation{w.step, fmt.Sprintf("panic: %v\n%s", r, debug.Stack())}
			}
			violation = v
		}
		for _, n := range w.nodes {
			n.close()
		}
		w.stats.Worlds, w.stats.Runs, w.stats.Jobs = 1, w.model.started, int(w.model.jobs)
		w.stats.Simulated = w.model.now.Sub(epoch)
		stats = w.stats
	}()
	for i := range w.nodes {
		w.nodes[i].open()
	}
	w.seed()
	for i := range steps {
		w.step = i
		if w.do(&steps[i]) {
			w.stats.Steps++
		} else {
			w.stats.Idle++
		}
	}
	w.step = len(steps)
	w.finish()
	return w.stats, nil
}

const epoch = history.Time(1_700_000_000e9)

func newWorld() *World {
	w := &World{now: epoch, term: 1, model: newModel(), skew: []time.Duration{0, -400 * time.Millisecond, 1500 * time.Millisecond}}
	for i := range Nodes {
		w.nodes = append(w.nodes, &node{w: w, index: i, fs: vfs.NewCrashableMem(), term: 1})
	}
	return w
}

// seed loads a package, so that there is something to start.
func (w *World) seed() {
	w.nodes[0].pending = append(w.nodes[0].pending, &call{envelope: fsm.Envelope{Command: &fsm.LoadPackage{Package: packages[0], Route: true}}})
	w.propose(w.nodes[0])
	w.commit()
}

func (w *World) failf(format string, args ...any) {
	panic(&Violation{w.step, fmt.Sprintf(format, args...)})
}

func dice(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0xd1ce)) }

// do carries out one step and reports whether it found something to do.
func (w *World) do(s *Step) bool {
	n := w.nodes[int(s.Node)%len(w.nodes)]
	switch seed := s.Seeds[0]; s.Op {
	case Submit:
		return w.submit(n, s.Seeds)
	case Retry:
		return w.retry(n, seed)
	case Propose:
		if seed%16 > 0 { // mostly whoever leads
			n = w.nodes[w.leader]
		}
		return w.propose(n)
	case Commit:
		return w.commit()
	case Apply:
		did := n.apply()
		for i := uint64(0); i < seed%3 && n.apply(); i++ {
		}
		return did
	case Tick:
		w.now = w.now.Add(jump(seed))
		return true
	case Look:
		return w.look(n, dice(seed))
	case Elect:
		return w.elect(n, seed)
	case Hear:
		return w.hear(n)
	case Crash:
		return n.crash()
	case Start:
		return n.start()
	case Snap:
		return n.snap()
	case Audit:
		return w.audit(n)
	case Flow:
		return w.submitFlow(n, seed)
	case Ask:
		return w.submitAsked(n, seed)
	case Report:
		return w.report(n, dice(seed))
	case Own:
		return w.submitOwned(n, seed)
	case Scant:
		return w.scant(n, seed)
	case Tight:
		w.budget = one(dice(seed), budgets)
		return true
	case Drift:
		w.skew[n.index] = drift(dice(seed))
		return true
	}
	if s.Seeds[0]%8 > 0 {
		n = w.nodes[w.leader]
	}
	return w.loop(n, s.Op, dice(s.Seeds[0]))
}

// jump is how far time goes in a tick: mostly under a second or two, now and then beyond what request ids are kept for.
func jump(seed uint64) time.Duration {
	switch d := time.Duration(seed >> 8); seed % 64 {
	case 0:
		return d % (30 * time.Minute)
	case 1:
		return d % (30 * time.Hour)
	case 2, 3, 4, 5, 6, 7:
		return d % (20 * time.Second)
	default:
		return d % (2 * time.Second)
	}
}

// drift is how far a clock is off: mostly a little, now and then a day, ahead or behind.
func drift(rng *rand.Rand) time.Duration {
	most := one(rng, []time.Duration{time.Second, time.Second, 3 * time.Second, time.Minute, time.Hour, 26 * time.Hour})
	return time.Duration(rng.Int64N(int64(2*most))) - most
}

// propose makes an entry of what waits at n. If n does not lead any more the entry goes nowhere; its callers do not know that.
func (w *World) propose(n *node) bool {
	if !n.leads() || len(n.pending) == 0 {
		return false
	}
	e := entry{calls: n.pending, from: n.index, term: n.term, at: w.now.Add(w.skew[n.index]), budget: fsm.EntryBudget}
	n.pending = nil
	if w.budget > 0 { // with one command, so that the model need not know who used how much of it
		e.budget, e.tight, e.calls, n.pending = w.budget, true, e.calls[:1:1], e.calls[1:]
		if c, is := e.calls[0].envelope.Command.(*fsm.FireTimers); is && slices.ContainsFunc(c.Timers, func(t fsm.TimerRef) bool { return t.ID == 0 }) {
			// A run that times out may leave a timer to its job, which the next of these would fire.
			e.calls[0].envelope.Command = &fsm.FireTimers{Timers: c.Timers[:1], Jitter: c.Jitter}
		}
	}
	if n.term != w.term {
		for _, c := range e.calls {
			c.lost()
		}
		return true
	}
	pieces := make([][]byte, len(e.calls))
	for i, c := range e.calls {
		b, err := fsm.EncodeEnvelope(c.envelope)
		if err != nil {
			w.failf("%v", err)
		}
		pieces[i] = b
	}
	e.bytes = fsm.EntryWith(e.at, e.budget, pieces)
	w.flight = append(w.flight, e)
	return true
}

func (w *World) commit() bool {
	if len(w.flight) == 0 {
		return false
	}
	w.log = append(w.log, w.flight[0])
	w.flight = w.flight[1:]
	return true
}

// elect gives the log to another leader. Of what the old one had proposed a first part may have reached the majority: that survives, and its callers do
// not know.
func (w *World) elect(n *node, seed uint64) bool {
	if n.state == nil {
		return false
	}
	w.stats.Elections++
	for _, e := range w.flight {
		for _, c := range e.calls {
			c.lost()
		}
	}
	kept := int(seed % uint64(len(w.flight)+1))
	w.stats.Survivors += kept
	w.flight = w.flight[:kept:kept]
	w.term++
	w.leader = n.index
	n.term, n.leader = w.term, n.index
	n.pending = append(n.pending, &call{envelope: fsm.Envelope{Command: &fsm.AnnounceLeader{Node: fmt.Sprint("n", n.index), Term: w.term}}})
	return true
}

// hear tells a node who leads. What waited at a deposed leader is refused: its callers may ask again.
func (w *World) hear(n *node) bool {
	if n.state == nil || n.term == w.term && n.leader >= 0 {
		return false
	}
	n.term, n.leader = w.term, w.leader
	if n.leader != n.index {
		for _, c := range n.pending {
			c.lost()
		}
		n.pending = nil
	}
	return true
}

// forsake leaves the callers of what a crashed node had proposed without an answer. If it led, nobody does until the next election: it may win that itself.
func (w *World) forsake(from int) {
	for _, list := range [][]entry{w.flight, w.log[w.cut:]} {
		for _, e := range list {
			if e.from == from {
				for _, c := range e.calls {
					c.lost()
				}
			}
		}
	}
}

// applied hears that a node has applied an entry.
func (w *World) applied(n *node, index uint64, e *entry, results []fsm.Result) {
	if len(results) != len(e.calls) {
		w.failf("node %d: entry %d has %d commands and %d results", n.index, index, len(e.calls), len(results))
	}
	first := !e.judged
	if first {
		e.judged, e.results = true, make([]outcome, len(results))
		w.model.begin(index, e.at)
		w.model.budget, w.model.tight = e.budget, e.tight
		if e.tight {
			n.state.View(func(v fsm.View) {
				w.model.view = v
				w.judge(n, index, e, results)
				w.model.view = nil
			})
		} else {
			w.judge(n, index, e, results)
		}
	}
	for i := range results {
		if got := outcomeOf(&results[i]); !first && got != e.results[i] {
			w.failf("node %d answers command %d of entry %d with %+v, another node with %+v", n.index, i+1, index, got, e.results[i])
		}
	}
	if first {
		w.model.end()
		w.model.endRequests(n)
		w.compareTouched(n)
	}
	if n.index != e.from {
		return
	}
	for i, c := range e.calls {
		if n.term == e.term && n.leads() {
			w.answer(c, index, &results[i])
		} else {
			c.lost() // it was deposed meanwhile
		}
	}
}

// judge holds the results of an entry, which n is the first to apply, against what the model foretells.
func (w *World) judge(n *node, index uint64, e *entry, results []fsm.Result) {
	for i := range results {
		r := &results[i]
		kind := e.calls[i].envelope.Command.Kind()
		w.stats.Kinds[kind]++
		if r.Refusal != nil {
			w.stats.Refused[kind]++
		}
		if _, full := r.Refusal.(*fsm.RequestsFull); full {
			w.stats.Full++
		}
		e.results[i] = outcomeOf(r)
		if why := w.model.judge(&e.calls[i].envelope, r); why != "" {
			w.failf("entry %d, command %d, %s %+v: %s", index, i+1, kind, e.calls[i].envelope.Command, why)
		}
	}
}

// outcome is what can be compared of a result at no cost.
type outcome struct {
	index uint64
	code  string
	again bool
}

func outcomeOf(r *fsm.Result) outcome {
	o := outcome{index: r.Index, code: ok, again: r.Deduplicated}
	if r.Refusal != nil {
		o.code = r.Refusal.Code()
	}
	return o
}
