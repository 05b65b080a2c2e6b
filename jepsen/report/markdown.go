package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"aion.dev/aion/jepsen/suite"
)

// Extra is the output of other commands of the suite, as files that they wrote beside the runs.
type Extra struct {
	Gate string // Markdown table of the gate; empty = not run
	Sim  string // Markdown lines of the simulation; empty = not run
	Not  string // Markdown: what was not tested
}

// Markdown writes RESULTS.md.
func Markdown(w io.Writer, results []*suite.Result, x Extra) error {
	s := Summarise(results)
	out := &lines{w: w}
	p := out.linef
	p("# What the suite found\n")
	p("Written by `jepsen report`; every figure of runs is added up from their `result.json`. [README.md](README.md) says what the words mean and how to run it again.\n")
	p("| | |\n|---|---|")
	p("| runs | %s: %s passed, %d failed, %d could not be made |", number(s.Runs), number(s.Passed), s.Failed, s.NotMade)
	p("| operations | %s: %s ok, %s refused, %s failed, %s unknown |", number(s.Ops), number(s.Outcomes["ok"]), number(s.Outcomes["refused"]), number(s.Outcomes["failed"]), number(s.Outcomes["unknown"]))
	p("| of these under faults | %s; the others repeat what had no known outcome, and read how everything stands in the end |", number(s.Load))
	p("| faults | %s, %s in all |", number(s.Faults), s.Under.Round(time.Second))
	p("| from, to | %s, %s |", s.First.UTC().Format(time.RFC3339), s.Last.UTC().Format(time.RFC3339))
	p("| machine | %s; nodes, proxies, workers and clients share it |\n", strings.Join(s.Machines, "; "))
	p(counted + "\n")
	p("| build | runs | passed | failed | not made | operations | faults | from, to |\n|---|---|---|---|---|---|---|---|")
	for _, c := range s.Commits {
		p("| %s | %d | %d | %d | %d | %s | %s | %s, %s |", c.Name, c.Runs, c.Passed, c.Failed, c.NotMade, number(c.Ops), number(c.Faults), c.First.UTC().Format("01-02 15:04"), c.Last.UTC().Format("01-02 15:04"))
	}

	p("\n## What did not pass\n")
	if len(s.Bad) == 0 {
		p("Nothing.")
	}
	for _, r := range s.Bad {
		bad(p, r)
	}
	matrix(p, s)
	recovery(p, s)
	if x.Gate != "" {
		p("\n## The gate: seeded bugs\n\n%s", strings.TrimSpace(x.Gate))
	}
	if x.Sim != "" {
		p("\n## Simulation\n\n%s", strings.TrimSpace(x.Sim))
	}
	if x.Not != "" {
		p("\n## What was not tested\n\n%s", strings.TrimSpace(withoutTitle(x.Not)))
	}
	return out.err
}

// counted explains what the figures count.
const counted = "An operation is one call of a workload's client, from asking until it is answered or given up; what workers say to the cluster, and the calls that a fault makes, are not counted. " +
	"`ok`: it happened; `refused`: it did not, and the answer says why; `failed`: it did not, try again; `unknown`: it may have, and was settled later by its request id. " +
	"A fault is one that struck: what came too late or found nothing to do is left out. Of runs that could not be made nothing else is counted."

func bad(p func(string, ...any), r *suite.Result) {
	p("- %s under %s, seed %d, %d nodes, %s, %s: `%s`", r.Workload, r.Faults, r.Seed, r.Nodes, r.Length, r.Commit, Reproduce(r))
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

func matrix(p func(string, ...any), s *Summary) {
	p("\n## Workloads and faults\n")
	p("Verdict, runs; operations (ok / refused / failed / unknown); faults.\n")
	p("| workload | %s | **all** |", strings.Join(s.Sets, " | "))
	p("|---%s|", strings.Repeat("|---", len(s.Sets)+1))
	for _, workload := range s.Workloads {
		row := []string{workload}
		for _, set := range s.Sets {
			row = append(row, field(s.Cells[[2]string{workload, set}]))
		}
		p("| %s | %s |", strings.Join(row, " | "), field(s.ByWorkload[workload]))
	}
	row := []string{"**all**"}
	for _, set := range s.Sets {
		row = append(row, field(s.BySet[set]))
	}
	p("| %s | %s |", strings.Join(row, " | "), field(&s.Count))
}

func field(c *Count) string {
	if c == nil {
		return "-"
	}
	verdict := c.Verdict()
	if verdict != "ok" {
		verdict = "**" + verdict + "**"
	}
	runs := "runs"
	if c.Runs == 1 {
		runs = "run"
	}
	return fmt.Sprintf("%s, %d %s; %s ops (%s); %s faults", verdict, c.Runs, runs, number(c.Ops), outcomes(c.Outcomes), number(c.Faults))
}

func recovery(p func(string, ...any), s *Summary) {
	p("\n## Faults, and how long the cluster took to recover\n")
	p("Recovery is from the end of a fault to the next acknowledged change, by any client: of a fault that the cluster can live with it is about the pause between two calls. " +
		"Faults that ended while another one lasted are counted, but say nothing of it; one that strikes before the cluster has recovered from the one before lengthens the time.\n")
	p("| fault | struck | came to nothing | lasted p50 | longest | recovery told of | p50 | p99 | longest | never |\n|---|---|---|---|---|---|---|---|---|---|")
	family := ""
	for _, k := range s.Kinds {
		if k.Family != family {
			family = k.Family
			for _, all := range s.Families {
				if all.Family == family {
					p("| **%s** | %s |", family, all.figures())
				}
			}
		}
		p("| %s | %s |", k.Name, k.figures())
	}
	p("\nThe longest time of a run without any acknowledged change, faults included (a majority that is down acknowledges nothing).\n")
	p("| faults | runs | p50 | p99 | longest |\n|---|---|---|---|---|")
	for _, set := range s.Sets {
		l := s.Longest[set]
		p("| %s | %d | %s | %s | %s |", set, len(l), l.At(0.5), l.At(0.99), l.At(1))
	}
	p("\n## Latency of acknowledged changes\n")
	p("The median over runs of the time that half of a run's changes took, and 99 in a hundred, and the longest of all: without faults, and with. A caller gives up after 10 s. " +
		"The load is as high as this machine bears, so this is no benchmark.\n")
	p("| workload | without faults: p50 | p99 | longest | with faults: p50 | p99 | longest |\n|---|---|---|---|---|---|---|")
	for _, workload := range s.Workloads {
		row := []string{workload}
		for _, which := range []string{"none", "faults"} {
			l := s.Latency[[2]string{workload, which}]
			if l == nil {
				l = &Latency{}
			}
			row = append(row, l.P50.At(0.5), l.P99.At(0.5), l.Max.At(1))
		}
		p("| %s |", strings.Join(row, " | "))
	}
	var parts []string
	for _, part := range s.Parts {
		parts = append(parts, fmt.Sprintf("%s %s", part.Name, part.Mean.Round(100*time.Millisecond)))
	}
	p("\nWhat the time of a run went into, on average: %s.", strings.Join(parts, ", "))
}

func (k *Kind) figures() string {
	struck := number(k.Struck)
	if k.Errors > 0 {
		struck += fmt.Sprintf(" (%d with errors)", k.Errors)
	}
	return fmt.Sprintf("%s | %d | %s | %s | %d | %s | %s | %s | %d", struck, k.Idle, k.Lasted.At(0.5), k.Lasted.At(1), len(k.Recovery), k.Recovery.At(0.5), k.Recovery.At(0.99), k.Recovery.At(1), k.Never)
}

// withoutTitle removes the heading of a file.
func withoutTitle(text string) string {
	if first, rest, ok := strings.Cut(text, "\n"); ok && strings.HasPrefix(first, "# ") {
		return rest
	}
	return text
}

// lines writes lines and keeps the first error.
type lines struct {
	w   io.Writer
	err error
}

func (l *lines) linef(format string, args ...any) {
	if l.err != nil {
		return
	}
	if len(args) == 0 {
		_, l.err = io.WriteString(l.w, format+"\n")
		return
	}
	_, l.err = fmt.Fprintf(l.w, format+"\n", args...)
}
