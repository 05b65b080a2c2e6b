package gate

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"aion.dev/aion/jepsen/gate/bugs"
	"aion.dev/aion/jepsen/suite"
)

// Gate is one pass over the bugs.
type Gate struct {
	suite.Options               // the node is built with the bugs
	Simulator     string        // the jepsen command, built with the bugs
	Budget        time.Duration // time for each bug
	Seed          uint64        // of the first run of each bug; later runs count up from it
	Tagged        bool          // the binary was also built with -tags aionfaults
	Tell          func(string)  // called with the result of each run; calls do not overlap
}

// Row is the result for one bug, or for one combination without a bug.
type Row struct {
	Bug       string  `json:"bug"` // empty: without a bug
	What      string  `json:"what"`
	Caught    bool    `json:"caught"` // by a run of a cluster; Sim has the simulation's result
	Workload  string  `json:"workload,omitempty"`
	Faults    string  `json:"faults,omitempty"`
	Callers   int     `json:"callers,omitempty"`
	Rate      float64 `json:"rate,omitempty"`
	Checker   string  `json:"checker,omitempty"`
	Violation string  `json:"violation,omitempty"` // the worst one
	// the violation is a symptom: something did not happen in time
	Liveness bool          `json:"liveness,omitempty"`
	Seed     uint64        `json:"seed,omitempty"`
	Took     time.Duration `json:"took"` // all runs of clusters together
	Runs     int           `json:"runs"`
	Ops      int           `json:"ops"`              // of all runs
	Sim      *Simulated    `json:"sim,omitempty"`    // nil: the simulation was not run
	Errors   []string      `json:"errors,omitempty"` // runs that could not be made
}

// Simulated is the simulation's result.
type Simulated struct {
	Caught    bool          `json:"caught"`
	Seed      uint64        `json:"seed,omitempty"` // of the failed world
	Violation string        `json:"violation,omitempty"`
	Took      time.Duration `json:"took"`
}

// Found reports whether a cluster or the simulation found anything.
func (r *Row) Found() bool { return r.Caught || r.Sim != nil && r.Sim.Caught }

// After how many runs that could not be made a hunt is given up, and how long the simulation
// searches at most.
const (
	maxErrors = 5
	simulated = 90 * time.Second
)

// Hunt searches for one bug until it is found, the budget is spent or ctx ends: first with the
// simulation, if it can find the bug, and then, in any case, with clusters. A run in progress when
// the budget ends is finished.
func (g *Gate) Hunt(ctx context.Context, b Bug) Row {
	row := Row{Bug: b.Name, What: b.What}
	began := time.Now()
	if b.Sim {
		g.simulate(ctx, &row)
	}
	tries := g.possible(&row, b)
	for n := 0; len(tries) > 0 && !row.Caught && ctx.Err() == nil && (n == 0 || time.Since(began) < g.Budget) && len(row.Errors) < maxErrors; n++ {
		g.one(ctx, &row, tries[n%len(tries)], g.Seed+uint64(n))
	}
	return row
}

// possible leaves out the runs that the binary does not support, and records that in row.
func (g *Gate) possible(row *Row, b Bug) (tries []Try) {
	for _, t := range b.Tries {
		s := suite.Spec{Faults: t.Faults, Length: 10 * time.Second, Tagged: g.Tagged, Certified: suite.NeedsCertificates(t.Faults)}
		if err := s.Plan(); err != nil || !g.Tagged && t.tagged() {
			row.Errors = append(row.Errors, fmt.Sprintf("%s under %s needs a binary built with -tags aionfaults", t.Workload, t.Faults))
			continue
		}
		tries = append(tries, t)
	}
	return tries
}

// Control runs a combination without a bug. Its row must not be Caught.
func (g *Gate) Control(ctx context.Context, t Seeded) Row {
	row := Row{What: "no bug", Workload: t.Workload, Faults: t.Faults, Callers: t.Callers, Rate: t.Rate, Seed: t.Seed}
	g.one(ctx, &row, t.Try, t.Seed)
	return row
}

// ControlSimulation runs the simulation without a bug.
func (g *Gate) ControlSimulation(ctx context.Context) Row {
	row := Row{What: "no bug", Workload: Simulation}
	g.simulate(ctx, &row)
	return row
}

// one makes one run, and records its findings in row.
func (g *Gate) one(ctx context.Context, row *Row, t Try, seed uint64) {
	row.Runs++
	s := suite.Spec{
		Seed: seed, Workload: t.Workload, Faults: t.Faults, Nodes: 3, Length: cmp.Or(t.Length, 8*time.Second), Concurrency: cmp.Or(t.Callers, 8), Rate: cmp.Or(t.Rate, 30),
		Flags: t.Flags, Env: t.Env, Face: t.Face, Bug: row.Bug, Tagged: g.Tagged, Certified: suite.NeedsCertificates(t.Faults),
	}
	if row.Bug != "" {
		s.Env = append(append([]string{}, s.Env...), "AION_BUG="+row.Bug)
	}
	if err := s.Plan(); err != nil {
		row.Errors = append(row.Errors, err.Error())
		return
	}
	o := g.Options
	o.Dir = filepath.Join(o.Dir, cmp.Or(row.Bug, fmt.Sprintf("no-bug-%d-%.0f", s.Concurrency, s.Rate)))
	r := suite.Run(ctx, o, s)
	row.Took += r.Took
	row.Ops += r.Ops
	v, found := r.Worst()
	switch {
	case found:
		row.Caught, row.Workload, row.Faults, row.Callers, row.Rate = true, t.Workload, t.Faults, t.Callers, t.Rate
		row.Seed, row.Checker, row.Violation, row.Liveness = seed, v.Checker, clip(v.What), suite.Liveness(v)
	case !r.Passed():
		row.Errors = append(row.Errors, clip(notMade(r)))
	}
	g.reportf("  %-20s %-12s %-16s seed %-4d %6d ops %4.0fs %s", cmp.Or(row.Bug, "no bug"), t.Workload, t.Faults, seed, r.Ops, r.Took.Seconds(), outcome(r))
}

func (g *Gate) reportf(format string, args ...any) {
	telling.Lock()
	defer telling.Unlock()
	g.Tell(fmt.Sprintf(format, args...))
}

// telling is held while Gate.Tell is called, because hunts may run concurrently.
var telling sync.Mutex

func outcome(r *suite.Result) string {
	v, found := r.Worst()
	switch {
	case found && suite.Liveness(v):
		return "caught by a symptom, " + v.Checker + ": " + clip(v.What)
	case found:
		return "caught by " + v.Checker + ": " + clip(v.What)
	case !r.Passed():
		return "could not be made: " + clip(notMade(r))
	}
	return "passed"
}

// notMade returns why a run proves nothing: it could not be made, or not as intended.
func notMade(r *suite.Result) string {
	if r.Error != "" || len(r.Violations) == 0 {
		return r.Error
	}
	return r.Violations[0].What
}

// simulate runs the simulation for a while, in a process that has the bug.
func (g *Gate) simulate(ctx context.Context, row *Row) {
	keep := filepath.Join(g.Dir, cmp.Or(row.Bug, "no-bug"), "sim")
	if err := errors.Join(os.RemoveAll(keep), os.MkdirAll(keep, 0o755)); err != nil {
		row.Errors = append(row.Errors, err.Error())
		return
	}
	began, length := time.Now(), min(simulated, max(g.Budget, time.Second))
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute+length) // a world in progress is finished
	defer cancel()
	cmd := exec.CommandContext(ctx, g.Simulator, "sim", "--seed", fmt.Sprint(g.Seed*1_000_000+1), "--for", length.String(), "--workers", "1", "--shrink", "1ns", "--failures", "1", "--keep", keep)
	cmd.Env = append(os.Environ(), "AION_BUG="+row.Bug)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	said, got := "passed", Simulated{Took: time.Since(began)}
	var exit *exec.ExitError
	switch found, _ := filepath.Glob(filepath.Join(keep, "*")); {
	case errors.As(err, &exit) && len(found) > 0:
		got.Caught = true
		got.Seed, got.Violation = firstFinding(out.String())
		said = fmt.Sprintf("caught by world %d: %s", got.Seed, got.Violation)
	case err != nil:
		row.Errors = append(row.Errors, clip(err.Error()+": "+errs.String()))
		said = "could not be made: " + row.Errors[len(row.Errors)-1]
	}
	row.Sim = &got
	g.reportf("  %-20s %-12s %45.0fs %s", cmp.Or(row.Bug, "no bug"), Simulation, got.Took.Seconds(), said)
}

// failedSeed matches the simulation's report of a failed world.
var failedSeed = regexp.MustCompile(`^\*\*Seed (\d+) failed\*\*(?:, in \d+ steps after shrinking)?:? *(.*)`)

// firstFinding returns the seed and the violation of the simulation's first failure.
func firstFinding(text string) (seed uint64, violation string) {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for _, l := range lines {
		if m := failedSeed.FindStringSubmatch(l); m != nil {
			seed, _ = strconv.ParseUint(m[1], 10, 64)
			return seed, clip(m[2])
		}
	}
	return 0, clip(lines[len(lines)-1])
}

// Build compiles the node and the suite, with all bugs, into dir, from the module of the working
// directory.
func Build(ctx context.Context, dir string) (node, simulator string, err error) {
	if dir, err = filepath.Abs(dir); err != nil {
		return "", "", err
	}
	overlay, err := bugs.Overlay(ctx, filepath.Join(dir, "planted"))
	if err != nil {
		return "", "", err
	}
	node, simulator = filepath.Join(dir, "aion-node-bugs"), filepath.Join(dir, "jepsen-bugs")
	for out, pkg := range map[string]string{node: "aion.dev/aion/cmd/aion-node", simulator: "aion.dev/aion/jepsen/cmd/jepsen"} {
		cmd := exec.CommandContext(ctx, "go", "build", overlay, "-tags", "aionfaults", "-o", out, pkg)
		if b, err := cmd.CombinedOutput(); err != nil {
			return "", "", fmt.Errorf("build %s with bugs: %w\n%s", pkg, err, b)
		}
	}
	return node, simulator, nil
}

// clip shortens a text for one line of a table.
func clip(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 300 {
		return string(r[:300]) + "..."
	}
	return s
}
