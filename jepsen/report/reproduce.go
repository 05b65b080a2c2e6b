package report

import (
	"fmt"
	"strings"

	"aion.dev/aion/jepsen/suite"
)

// Reproduce returns the command that makes a run's choices again.
func Reproduce(r *suite.Result) string {
	c := fmt.Sprintf("jepsen run --workload %s --faults %s --seed %d --nodes %d --length %s --concurrency %d", r.Workload, r.Faults, r.Seed, r.Nodes, r.Length, r.Concurrency)
	if r.Rate > 0 {
		c += fmt.Sprintf(" --rate %g", r.Rate)
	}
	for _, f := range r.Flags {
		c += " --node-flag " + f
	}
	if r.Tagged {
		c += " --tagged --tagged-binary bin/aion-node-faults"
	}
	if r.Netns {
		c = "sudo " + c + " --netns"
	}
	return c
}

// number formats a count for people: 1,234,567.
func number(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// outcomes formats the figures of a cell: ok / refused / failed / unknown.
func outcomes(by map[string]int) string {
	var list []string
	for _, o := range []string{"ok", "refused", "failed", "unknown"} {
		list = append(list, number(by[o]))
	}
	return strings.Join(list, " / ")
}

// oneLine returns the beginning of a text.
func oneLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	if len(s) > 300 {
		s = s[:300] + "..."
	}
	return s
}
