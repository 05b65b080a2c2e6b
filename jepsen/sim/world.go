package sim

import (
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Nodes is how many replicas a world has.
const Nodes = 3

// Violation is a promise that a schedule broke.
type Violation struct {
	Step int // the step at which it showed; len(steps) = during finish
	Why  string
}

// Error implements error.
func (v *Violation) Error() string { return fmt.Sprintf("step %d: %s", v.Step, v.Why) }

// World is a cluster driven by a schedule.
type World struct {
	nodes    []*node
	log      []entry // entry i has index i+1
	flight   []entry // proposed, but neither committed nor lost, in log order
	leader   int
	term     uint64
	now      history.Time // of an ideal clock
	skew     []time.Duration
	cut      uint64 // the log only has entries above this one
	snapshot []byte
	calls    []*call // of clients, without an answer so far
	model    *Model
	stats    Stats
	minted   uint64
	budget   uint64 // of the entries proposed now; 0 = whole ones
	step     int
}

// Run executes a schedule and returns the first promise that it broke, or nil.
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

// do executes one step and reports whether it found something to do.
func (w *World) do(s *Step) bool {
	n := w.nodes[int(s.Node)%len(w.nodes)]
	switch seed := s.Seeds[0]; s.Op {
	case Submit:
		return w.submit(n, s.Seeds)
	case Retry:
		return w.retry(n, seed)
	case Propose:
		if seed%16 > 0 { // usually the leader
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
		return w.checkNode(n, dice(seed))
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
	case Facts:
		return w.submitVersion(n, dice(seed))
	case Many:
		return w.submitBatch(n, dice(seed))
	case Back:
		return w.submitReset(n, dice(seed))
	case Hold:
		return w.submitStop(n, dice(seed))
	case Move:
		return w.submitMove(n, dice(seed))
	case Note:
		return w.submitNote(n, dice(seed))
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
	switch s.Op {
	case Foresee:
		return w.foresee(n, dice(s.Seeds[0]), w.cause)
	case Kin:
		return w.foresee(n, dice(s.Seeds[0]), w.foreseenTurn)
	}
	return w.loop(n, s.Op, dice(s.Seeds[0]))
}

// jump returns how far time moves in a tick: usually less than a second or two, sometimes beyond
// the retention of request ids.
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

// drift draws the error of a clock: usually small, sometimes a day, ahead or behind.
func drift(rng *rand.Rand) time.Duration {
	most := one(rng, []time.Duration{time.Second, time.Second, 3 * time.Second, time.Minute, time.Hour, 26 * time.Hour})
	return time.Duration(rng.Int64N(int64(2*most))) - most
}
