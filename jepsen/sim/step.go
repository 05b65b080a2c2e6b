package sim

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// Op is a kind of step.
type Op uint8

// The kinds of steps.
const (
	Submit  Op = iota // a client sends commands through a node
	Retry             // a client with an unknown outcome asks again, through a node
	Propose           // the leader makes an entry of the waiting calls
	Commit            // the log commits the oldest proposal
	Apply             // a node applies the next entries
	Turn              // the leader's loop: turns of ready runs
	Fire              // the leader's loop: due timers
	Lease             // a worker polls
	Settle            // a worker answers
	Plan              // the leader's loop: due schedules
	Purge             // the leader's loop: expired runs
	Tick              // time passes
	Look              // a node's contents are compared with the model
	Elect             // another node leads; some proposals of the old leader survive
	Hear              // a node hears who leads
	Crash             // a node loses what it had not flushed
	Start             // a node that is down starts
	Snap              // a node writes a snapshot, and the log is cut there
	Audit             // a node recounts its invariants
	Flow              // a client sends a command about runs of real code
	// a client sends a rarer command: reopens a run, limits a queue, starts with attributes and a
	// checked input
	Ask
	Report // a node reports about itself
	Drift  // a node's clock is set to differ from the others'
	Tight  // entries get a small budget, or whole ones again
	Carry  // the leader's loop: the next piece of a job
	Own    // a client with a token sends a command
	Scant  // the request table becomes small, or large again
	// the leader sends a command with the turns that follow from it
	Foresee
	// a client sends a command about versions that only level 1 of the state knows, or the leader
	// raises the level
	Facts
	Move // a client sends a command that moves a run to another version, or a load behind a gate
	Hold // a client stops a type or a version, lifts a stop, or sets a quota
	Many // a client starts a batch, or stops one
	Back // a client resets or forks a run
	Kin  // the leader sends a turn of a run with turns of its children, or of its parent
	Note // the leader sends the key of a call that is no command
	ops
)

var opNames = [ops]string{
	"submit", "retry", "propose", "commit", "apply", "turn", "fire", "lease", "settle", "plan", "purge", "tick", "look", "elect", "hear", "crash", "start", "snap", "audit", "flow",
	"ask", "report", "drift", "tight", "carry", "own", "scant", "foresee", "facts", "move", "hold", "many", "back", "kin", "note",
}

// String is the name in a file.
func (o Op) String() string { return opNames[o] }

// weights are the relative frequencies of the kinds.
var weights = [ops]int{
	Submit: 150, Retry: 40, Propose: 80, Commit: 80, Apply: 240, Turn: 90, Fire: 25, Lease: 20, Settle: 30, Plan: 15, Purge: 3, Tick: 60, Look: 12,
	Elect: 4, Hear: 16, Crash: 2, Start: 8, Snap: 1, Audit: 1, Flow: 12, Ask: 24, Report: 6, Drift: 2, Tight: 12, Carry: 20, Own: 30, Scant: 5, Foresee: 40, Facts: 24, Move: 16, Hold: 8, Many: 6, Back: 16, Kin: 12, Note: 4,
}

// Step is one choice of a schedule. It draws everything else from its own seeds and from the state
// of the world, so that it still means something after earlier steps are left out.
type Step struct {
	Op    Op
	Node  uint8
	Seeds []uint64 // one for each command of a Submit, otherwise one
}

// Schedule draws n steps for a number of nodes.
func Schedule(seed uint64, n, nodes int) []Step {
	rng := rand.New(rand.NewPCG(seed, 0x51a))
	sum := 0
	for _, w := range weights {
		sum += w
	}
	steps := make([]Step, n)
	seeds := make([]uint64, 0, 2*n)
	for i := range steps {
		at, op := rng.IntN(sum), Op(0)
		for at >= weights[op] {
			at -= weights[op]
			op++
		}
		count := 1
		if op == Submit {
			count = 1 + rng.IntN(3)
		}
		from := len(seeds)
		for range count {
			seeds = append(seeds, rng.Uint64())
		}
		steps[i] = Step{Op: op, Node: uint8(rng.IntN(nodes)), Seeds: seeds[from:len(seeds):len(seeds)]}
	}
	return steps
}

// WriteSteps writes steps, one per line.
func WriteSteps(w io.Writer, steps []Step) error {
	b := bufio.NewWriter(w)
	for _, s := range steps {
		fmt.Fprintf(b, "%s %d", s.Op, s.Node)
		for _, seed := range s.Seeds {
			fmt.Fprintf(b, " %x", seed)
		}
		b.WriteByte('\n')
	}
	return b.Flush()
}

// ReadSteps is the reverse of WriteSteps. It skips empty lines and those that begin with #; its
// error names the line that cannot be read.
func ReadSteps(r io.Reader) (steps []Step, err error) {
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		f := strings.Fields(lines.Text())
		if len(f) == 0 || f[0][0] == '#' {
			continue
		}
		op := slices.Index(opNames[:], f[0])
		if op < 0 || len(f) < 3 {
			return nil, fmt.Errorf("line %d: %q is not a step", n, lines.Text())
		}
		node, err := strconv.ParseUint(f[1], 10, 8)
		if err != nil {
			return nil, fmt.Errorf("line %d: node: %w", n, err)
		}
		s := Step{Op: Op(op), Node: uint8(node)}
		for _, text := range f[2:] {
			seed, err := strconv.ParseUint(text, 16, 64)
			if err != nil {
				return nil, fmt.Errorf("line %d: seed: %w", n, err)
			}
			s.Seeds = append(s.Seeds, seed)
		}
		steps = append(steps, s)
	}
	return steps, lines.Err()
}
