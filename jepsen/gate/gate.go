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
	"strings"
	"time"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/suite"
)

// Gate is one pass over bugs.
type Gate struct {
	suite.Options               // of a node built with the bugs
	Simulator     string        // the jepsen command, built with the bugs
	Budget        time.Duration // for each bug
	Seed          uint64        // of the first run of each bug; the others count up from it
	Tagged        bool          // the binary was built with -tags aionfaults, too
	Tell          func(string)
}

// Row is what became of one bug, or of one combination without a bug.
type Row struct {
	Bug       string        `json:"bug"` // empty: no bug
	What      string        `json:"what"`
	Caught    bool          `json:"caught"`
	Workload  string        `json:"workload,omitempty"` // that caught it
	Faults    string        `json:"faults,omitempty"`
	Checker   string        `json:"checker,omitempty"`
	Violation string        `json:"violation,omitempty"` // the first
	Seed      uint64        `json:"seed,omitempty"`
	Took      time.Duration `json:"took"` // all runs together
	Runs      int           `json:"runs"`
	Ops       int           `json:"ops"`              // of all runs
	Errors    []string      `json:"errors,omitempty"` // runs that could not be made
}

// maxErrors is how many runs of one bug may be impossible to make before it is given up.
const maxErrors = 5

// Hunt looks for one bug until it shows, the budget is spent or ctx ends. A run under way when the budget ends is finished.
func (g *Gate) Hunt(ctx context.Context, b Bug) Row {
	row := Row{Bug: b.Name, What: b.What}
	tries := possible(b.Tries)
	if len(tries) == 0 {
		row.Errors = append(row.Errors, "no combination of it can be run: a workload or a fault is missing")
		return row
	}
	began := time.Now()
	for n := uint64(0); !row.Caught && ctx.Err() == nil && (n == 0 || time.Since(began) < g.Budget); n++ {
		t := tries[n%uint64(len(tries))]
		g.one(ctx, &row, t, g.Seed+n)
		row.Took = time.Since(began)
		if len(row.Errors) >= maxErrors {
			break
		}
	}
	return row
}

// Control runs a combination without a bug. Its row must not say Caught.
func (g *Gate) Control(ctx context.Context, t Try) Row {
	row := Row{What: "no bug", Workload: t.Workload, Faults: t.Faults}
	began := time.Now()
	g.one(ctx, &row, t, g.Seed)
	row.Took = time.Since(began)
	return row
}

// one makes one run, and notes in row what it found.
func (g *Gate) one(ctx context.Context, row *Row, t Try, seed uint64) {
	row.Runs++
	if t.Workload == Simulation {
		g.simulate(ctx, row, seed)
		return
	}
	s := suite.Spec{
		Seed: seed, Workload: t.Workload, Faults: t.Faults, Nodes: 3, Length: cmp.Or(t.Length, 8*time.Second), Concurrency: cmp.Or(t.Callers, 8), Rate: cmp.Or(t.Rate, 30),
		Flags: t.Flags, Env: t.Env, Bug: row.Bug, Tagged: g.Tagged,
	}
	if row.Bug != "" {
		s.Env = append(append([]string{}, s.Env...), "AION_BUG="+row.Bug)
	}
	if err := s.Plan(); err != nil {
		row.Errors = append(row.Errors, err.Error())
		return
	}
	o := g.Options
	o.Dir = filepath.Join(o.Dir, cmp.Or(row.Bug, "no-bug"))
	r := suite.Run(ctx, o, s)
	row.Ops += r.Ops
	switch {
	case len(r.Violations) > 0:
		v := r.Violations[0]
		row.Caught, row.Workload, row.Faults, row.Seed, row.Checker, row.Violation = true, t.Workload, t.Faults, seed, v.Checker, clip(v.What)
	case r.Error != "":
		row.Errors = append(row.Errors, clip(r.Error))
	}
	g.Tell(fmt.Sprintf("  %-20s %-12s %-16s seed %-4d %6d ops %4.0fs %s", cmp.Or(row.Bug, "no bug"), t.Workload, t.Faults, seed, r.Ops, r.Took.Seconds(), outcome(r)))
}

func outcome(r *suite.Result) string {
	switch {
	case len(r.Violations) > 0:
		return "caught by " + r.Violations[0].Checker + ": " + clip(r.Violations[0].What)
	case r.Error != "":
		return "could not be made: " + clip(r.Error)
	}
	return "passed"
}

// simulate runs the simulation for a while, in a process that has the bug.
func (g *Gate) simulate(ctx context.Context, row *Row, seed uint64) {
	keep := filepath.Join(g.Dir, cmp.Or(row.Bug, "no-bug"), fmt.Sprintf("sim-%x", seed))
	if err := os.MkdirAll(keep, 0o755); err != nil {
		row.Errors = append(row.Errors, err.Error())
		return
	}
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute+g.Budget)
	defer cancel()
	cmd := exec.CommandContext(ctx, g.Simulator, "sim", "--seed", fmt.Sprint(seed*1_000_000+1), "--for", "20s", "--workers", "1", "--shrink", "1ns", "--keep", keep)
	cmd.Env = append(os.Environ(), "AION_BUG="+row.Bug)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	said := "passed"
	switch found, _ := filepath.Glob(filepath.Join(keep, "*")); {
	case errors.As(err, &exit) && len(found) > 0:
		row.Caught, row.Workload, row.Faults, row.Seed, row.Checker, row.Violation = true, Simulation, "", seed, Simulation, clip(firstFinding(out.String()))
		said = "caught: " + row.Violation
	case err != nil:
		row.Errors = append(row.Errors, clip(err.Error()+": "+errs.String()))
		said = "could not be made: " + row.Errors[len(row.Errors)-1]
	}
	g.Tell(fmt.Sprintf("  %-20s %-12s %-16s seed %-4d %10s %4.0fs %s", cmp.Or(row.Bug, "no bug"), Simulation, "", seed, "", time.Since(began).Seconds(), said))
}

// firstFinding is what the simulation printed of its first failure.
func firstFinding(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for _, l := range lines {
		if strings.HasPrefix(l, "**Seed") {
			return strings.ReplaceAll(l, "**", "")
		}
	}
	return lines[len(lines)-1]
}

// possible leaves out what this build of the suite does not have.
func possible(tries []Try) (list []Try) {
	for _, t := range tries {
		if t.Workload == Simulation {
			list = append(list, t)
			continue
		}
		s := suite.Spec{Faults: t.Faults, Length: 10 * time.Second, Tagged: true}
		if _, err := load.New(t.Workload); err == nil && s.Plan() == nil {
			list = append(list, t)
		}
	}
	return list
}

// Combinations are all that the bugs are tried under, each once.
func Combinations(bugs []Bug) (list []Try) {
	seen := map[string]bool{}
	for _, b := range bugs {
		for _, t := range possible(b.Tries) {
			if key := fmt.Sprint(t); !seen[key] {
				seen[key] = true
				list = append(list, t)
			}
		}
	}
	return list
}

// Known reports whether all that the tries name exists; the names that do not are returned.
func Known(bugs []Bug) (missing []string) {
	for _, b := range bugs {
		for _, t := range b.Tries {
			if t.Workload == Simulation {
				continue
			}
			if _, err := load.New(t.Workload); err != nil {
				missing = append(missing, b.Name+": workload "+t.Workload)
			}
			s := suite.Spec{Faults: t.Faults, Length: 10 * time.Second, Tagged: true}
			if err := s.Plan(); err != nil {
				missing = append(missing, b.Name+": faults "+t.Faults)
			}
		}
	}
	return missing
}

// Build compiles the node and the suite with the bugs in them, from the module that dir is in.
func Build(ctx context.Context, dir string) (node, simulator string, err error) {
	if dir, err = filepath.Abs(dir); err != nil {
		return "", "", err
	}
	node, simulator = filepath.Join(dir, "aion-node-bugs"), filepath.Join(dir, "jepsen-bugs")
	for out, pkg := range map[string]string{node: "aion.dev/aion/cmd/aion-node", simulator: "aion.dev/aion/jepsen/cmd/jepsen"} {
		cmd := exec.CommandContext(ctx, "go", "build", "-tags", "aionbugs,aionfaults", "-o", out, pkg)
		if b, err := cmd.CombinedOutput(); err != nil {
			return "", "", fmt.Errorf("build %s with bugs: %w\n%s", pkg, err, b)
		}
	}
	return node, simulator, nil
}

// clip bounds a text that is told in one line of a table.
func clip(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 300 {
		return string(r[:300]) + "..."
	}
	return s
}
