package gate

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"time"

	"aion.dev/aion/jepsen/load/all"
	"aion.dev/aion/jepsen/suite"
)

// Odds is how often runs that were not chosen for a bug catch it.
type Odds struct {
	Bug      string        `json:"bug"`
	Draws    int           `json:"draws"`    // the draws of the campaign that were made, each once
	Caught   int           `json:"caught"`   // how many of them caught the bug
	Liveness int           `json:"liveness"` // how many of Caught only by a symptom
	Errors   int           `json:"errors"`   // not made, or not as intended: not in Draws
	Seeds    []uint64      `json:"seeds,omitempty"`
	Took     time.Duration `json:"took"`
}

// Draws returns n runs of the plain campaign, which has every workload under every set of faults
// once. No workload comes twice before each was there, and no set either. Every bug gets the same
// ones, and a smaller n gives a prefix.
func (g *Gate) Draws(n int) ([]suite.Spec, error) {
	workloads, sets := all.Names(), suite.EverySet(g.Tagged, false)
	size := len(workloads) * len(sets)
	if n < 1 || n > size {
		return nil, fmt.Errorf("plain is %d; 1 to %d draws are possible", n, size)
	}
	faulty := ""
	if g.Tagged {
		faulty = g.Binary
	}
	c := suite.Campaign{
		Options: suite.Options{Binary: g.Binary, Faulty: faulty}, Runs: size, Seed: g.Seed * 10_000, Workloads: workloads,
		Families: sets, Parallel: 1, Least: 8 * time.Second, Most: 12 * time.Second, Concurrency: 8, Rate: 30,
	}
	specs, err := c.Specs()
	if err != nil {
		return nil, err
	}
	// Along the diagonals of the matrix, whose rows and columns are shuffled.
	r := rand.New(rand.NewPCG(g.Seed, 7))
	column, row, diagonal := r.Perm(len(workloads)), r.Perm(len(sets)), least(len(workloads), len(sets))
	draws := make([]suite.Spec, n)
	for i := range draws {
		draws[i] = specs[row[(i+i/diagonal)%len(sets)]*len(workloads)+column[i%len(workloads)]]
	}
	return draws, nil
}

// least is the least common multiple of two numbers.
func least(a, b int) int {
	n := a
	for n%b != 0 {
		n += a
	}
	return n
}

// Plain makes the draws with one bug. Unlike Hunt it does not stop at the first catch.
func (g *Gate) Plain(ctx context.Context, bug string, draws []suite.Spec) Odds {
	odds := Odds{Bug: bug}
	o := g.Options
	o.Dir = filepath.Join(o.Dir, bug, "plain")
	for _, s := range draws {
		if ctx.Err() != nil {
			break
		}
		s.Bug, s.Env = bug, append(slices.Clone(s.Env), "AION_BUG="+bug)
		r := suite.Run(ctx, o, s)
		odds.Took += r.Took
		v, found := r.Worst()
		switch {
		case found:
			odds.Draws++
			odds.Caught++
			odds.Seeds = append(odds.Seeds, s.Seed)
			if suite.Liveness(v) {
				odds.Liveness++
			}
		case !r.Passed():
			odds.Errors++
		default:
			odds.Draws++
		}
		g.reportf("  %-20s %-12s %-16s seed %-6d %6d ops %4.0fs %s", bug, s.Workload, s.Faults, s.Seed, r.Ops, r.Took.Seconds(), outcome(r))
	}
	return odds
}

// PutOdds stores odds, replacing those of the same bug.
func (v *Verdict) PutOdds(o Odds) {
	if i := slices.IndexFunc(v.Plain, func(p Odds) bool { return p.Bug == o.Bug }); i >= 0 {
		v.Plain[i] = o
		return
	}
	v.Plain = append(v.Plain, o)
}

// oddsOf formats how often a bug was caught, for the table.
func (v *Verdict) oddsOf(bug string) string {
	i := slices.IndexFunc(v.Plain, func(o Odds) bool { return o.Bug == bug })
	if i < 0 {
		return "not run"
	}
	o := v.Plain[i]
	said := fmt.Sprintf("%d of %d runs", o.Caught, o.Draws)
	if o.Liveness > 0 {
		said += fmt.Sprintf(", %d by liveness", o.Liveness)
	}
	return said
}
