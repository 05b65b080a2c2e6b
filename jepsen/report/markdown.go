package report

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"

	"aion.dev/aion/jepsen/suite"
)

// Extra is what other commands of the suite left beside the runs, as files that they wrote.
type Extra struct {
	Gate string // Markdown table of the gate; empty = it was not run
	Sim  string // Markdown lines of the simulation; empty = it was not run
	Not  string // Markdown: what was not tested
}

// Markdown writes RESULTS.md.
func Markdown(w io.Writer, results []*suite.Result, x Extra) error {
	s := Summarise(results)
	p := func(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }
	p("# What the suite found\n")
	p("Written by `jepsen report`; every figure is of a run whose `result.json` it read. [README.md](README.md) says what the words mean and how to run it again.\n")
	p("| | |\n|---|---|")
	p("| runs | %d: %d passed, %d failed, %d could not be made |", s.Runs, s.Passed, s.Failed, s.NotMade)
	p("| operations | %d: %d ok, %d refused, %d failed, %d unknown |", s.Ops, s.Outcomes["ok"], s.Outcomes["refused"], s.Outcomes["failed"], s.Outcomes["unknown"])
	p("| faults | %d, %s in all |", s.Faults, s.Simulated.Round(time.Second))
	p("| commits | %s |", strings.Join(s.Commits, ", "))
	p("| from, to | %s, %s |", s.First.UTC().Format(time.RFC3339), s.Last.UTC().Format(time.RFC3339))
	p("| machine | %s/%s, %d CPUs, %s; nodes, proxies and clients share it |\n", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version())

	p("## Workloads and faults\n")
	p("Runs, operations (ok / refused / failed / unknown), faults.\n")
	p("| workload | %s |", strings.Join(s.Sets, " | "))
	p("|---%s|", strings.Repeat("|---", len(s.Sets)))
	for _, workload := range s.Workloads {
		row := []string{workload}
		for _, set := range s.Sets {
			c := s.Cells[[2]string{workload, set}]
			if c == nil {
				row = append(row, "-")
				continue
			}
			verdict := "ok"
			if c.Failed > 0 {
				verdict = fmt.Sprintf("**%d of %d failed**", c.Failed, c.Runs)
			}
			row = append(row, fmt.Sprintf("%s, %d runs, %d ops (%d / %d / %d / %d), %d faults", verdict, c.Runs, c.Ops, c.OK, c.Refused, c.Failure, c.Unknown, c.Faults))
		}
		p("| %s |", strings.Join(row, " | "))
	}

	p("\n## Recovery\n")
	p("From the end of a fault to the next acknowledged call, by family of the fault.\n")
	p("| family | faults | p50 | p99 | longest |\n|---|---|---|---|---|")
	for _, family := range names(keys(s.Recovery)) {
		l := s.Recovery[family]
		p("| %s | %d | %s | %s | %s |", family, len(l), quantile(l, 0.5), quantile(l, 0.99), quantile(l, 1))
	}
	p("\nThe longest time of a run without any acknowledged call, by set of faults (faults included: a majority that is down acknowledges nothing).\n")
	p("| faults | runs | p50 | p99 | longest |\n|---|---|---|---|---|")
	for _, set := range names(keys(s.Unavailable)) {
		l := s.Unavailable[set]
		p("| %s | %d | %s | %s | %s |", set, len(l), quantile(l, 0.5), quantile(l, 0.99), quantile(l, 1))
	}

	p("\n## What did not pass\n")
	if len(s.Bad) == 0 {
		p("Nothing.")
	}
	for _, r := range s.Bad {
		p("- %s under %s, seed %d, %d nodes, %s, commit %s: `%s`", r.Workload, r.Faults, r.Seed, r.Nodes, r.Length, r.Commit, Reproduce(r))
		if r.Error != "" {
			p("  - could not be made: %s", oneLine(r.Error))
		}
		for i, v := range r.Violations {
			if i == 3 {
				p("  - and %d more", len(r.Violations)-i)
				break
			}
			p("  - %s: %s", v.Checker, oneLine(v.What))
		}
	}
	if x.Gate != "" {
		p("\n## The gate: seeded bugs\n\n%s", x.Gate)
	}
	if x.Sim != "" {
		p("\n## Simulation\n\n%s", x.Sim)
	}
	if x.Not != "" {
		p("\n## What was not tested\n\n%s", x.Not)
	}
	return nil
}

func keys[V any](m map[string]V) map[string]bool {
	set := map[string]bool{}
	for k := range m {
		set[k] = true
	}
	return set
}

func oneLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	if len(s) > 300 {
		s = s[:300] + "..."
	}
	return s
}

// Reproduce is the command that makes a run's choices again.
func Reproduce(r *suite.Result) string {
	c := fmt.Sprintf("jepsen run --workload %s --faults %s --seed %d --nodes %d --length %s --concurrency %d", r.Workload, r.Faults, r.Seed, r.Nodes, r.Length, r.Concurrency)
	if r.Rate > 0 {
		c += fmt.Sprintf(" --rate %g", r.Rate)
	}
	for _, f := range r.Flags {
		c += " --node-flag " + f
	}
	return c
}
