package bench

import (
	"strconv"
	"strings"
)

// Table is figures for people: the command prints it, and the page has it.
type Table struct {
	Heading []string
	Rows    [][]string
}

// Speed is the table of what callers notice.
func (r *Report) Speed() Table {
	t := Table{Heading: []string{"ROW", "CALLERS", "PER SECOND", "P50", "P90", "P99", "MAX", "RUNS", "ERRORS"}}
	for i := range r.Results {
		one := &r.Results[i]
		perSecond, p50 := figure(one.PerSecond), milliseconds(one.P50)
		if len(one.Rounds) > 1 {
			perSecond += " (" + figure(one.SpreadPerSecond.Least) + " to " + figure(one.SpreadPerSecond.Greatest) + ")"
			p50 += " (" + figure(one.SpreadP50.Least) + " to " + figure(one.SpreadP50.Greatest) + ")"
		}
		t.Rows = append(t.Rows, []string{one.Row, strconv.Itoa(one.Callers), perSecond, p50,
			milliseconds(one.P90), milliseconds(one.P99), milliseconds(one.Max), strconv.Itoa(one.Runs), strconv.Itoa(one.Errors)})
	}
	return t
}

// Cost is the table of what a run cost. The client is callers and workers together; a star marks
// rows where it took more CPU than all nodes.
func (r *Report) Cost() Table {
	t := Table{Heading: []string{"ROW", "CALLERS", "LEADER CPU", "FOLLOWER CPU", "CLIENT CPU", "LEADER MEMORY", "FOLLOWER MEMORY", "COMMITS", "LOG BYTES", "LOG WRITES"}}
	for i := range r.Results {
		one := &r.Results[i]
		if len(one.Nodes) == 0 {
			continue
		}
		leader, follower := one.shares()
		client := microseconds(one.ClientCPU)
		if one.ClientBound() {
			client += " *"
		}
		logged := []string{"", ""}
		if one.LogWrites > 0 {
			logged = []string{figure(one.LogBytes), figure(one.LogWrites)}
		}
		t.Rows = append(t.Rows, append([]string{one.Row, strconv.Itoa(one.Callers), microseconds(leader.CPU), microseconds(follower.CPU), client,
			mebibytes(leader.MemoryBytes), mebibytes(follower.MemoryBytes), figure(one.Commits)}, logged...))
	}
	return t
}

// Profile is the table of where the CPU of nodes went, in microseconds a run: of the leader, and of
// one follower. It is empty if that was not asked for.
func (r *Report) Profile() Table {
	t := Table{Heading: []string{"ROW", "CALLERS", "NODE"}}
	for _, area := range Areas() {
		t.Heading = append(t.Heading, strings.ToUpper(area))
	}
	for i := range r.Results {
		one := &r.Results[i]
		told := map[bool]bool{}
		for _, n := range one.Nodes {
			if told[n.Leader] || len(n.Shares) == 0 {
				continue
			}
			told[n.Leader] = true
			row := []string{one.Row, strconv.Itoa(one.Callers), "follower"}
			if n.Leader {
				row[2] = "leader"
			}
			for _, s := range n.Shares {
				row = append(row, microseconds(s.Part*n.CPU))
			}
			t.Rows = append(t.Rows, row)
		}
	}
	return t
}

// ClientBound reports whether callers and workers took more CPU than all nodes together.
func (r *Result) ClientBound() bool {
	nodes := 0.0
	for _, n := range r.Nodes {
		nodes += n.CPU
	}
	return len(r.Nodes) > 0 && r.ClientCPU > nodes
}

// AnyClientBound reports whether that is so in any row.
func (r *Report) AnyClientBound() bool {
	for i := range r.Results {
		if r.Results[i].ClientBound() {
			return true
		}
	}
	return false
}

// shares returns what the leader used, and the mean of all others.
func (r *Result) shares() (leader, follower NodeUsage) {
	others := 0.0
	for _, n := range r.Nodes {
		if n.Leader {
			leader = n
			continue
		}
		others++
		follower.CPU += n.CPU
		follower.MemoryBytes += n.MemoryBytes
	}
	if others > 0 {
		follower.CPU /= others
		follower.MemoryBytes /= others
	}
	return leader, follower
}

// figure writes a number with what matters of it: 12,345, 123.4, 1.23.
func figure(v float64) string {
	switch {
	case v >= 1000:
		return thousands(strconv.FormatFloat(v, 'f', 0, 64))
	case v >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

// thousands puts commas between groups of three digits.
func thousands(digits string) string {
	var groups []string
	for len(digits) > 3 {
		groups = append([]string{digits[len(digits)-3:]}, groups...)
		digits = digits[:len(digits)-3]
	}
	return strings.Join(append([]string{digits}, groups...), ",")
}

func milliseconds(v float64) string { return figure(v) + " ms" }

// microseconds is empty for 0: nothing was known.
func microseconds(v float64) string {
	if v == 0 {
		return ""
	}
	return figure(v) + " us"
}

func mebibytes(v float64) string {
	if v == 0 {
		return ""
	}
	return figure(v/(1<<20)) + " MiB"
}
