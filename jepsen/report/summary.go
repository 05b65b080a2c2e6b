package report

import (
	"slices"
	"strings"
	"time"

	"aion.dev/aion/jepsen/fault"
	"aion.dev/aion/jepsen/suite"
)

// Summary is what all runs come to.
type Summary struct {
	Runs, Passed, Failed, NotMade int
	Ops                           int
	Load                          int // of Ops, those made under faults
	Outcomes                      map[string]int
	Faults                        int
	Simulated                     time.Duration // under faults, all runs together
	Commits                       []string
	First, Last                   time.Time
	Workloads, Sets               []string
	Cells                         map[[2]string]*Cell        // by workload and set of faults
	Recovery                      map[string][]time.Duration // by family, sorted
	Unavailable                   map[string][]time.Duration // by family of the set: the longest gap of each run, sorted
	Bad                           []*suite.Result
}

// Cell is a field of the matrix.
type Cell struct {
	Runs, Failed, Ops, Faults     int
	OK, Refused, Failure, Unknown int
}

// Summarise adds results up.
func Summarise(results []*suite.Result) *Summary {
	s := &Summary{Outcomes: map[string]int{}, Cells: map[[2]string]*Cell{}, Recovery: map[string][]time.Duration{}, Unavailable: map[string][]time.Duration{}}
	workloads, sets, commits := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, r := range results {
		s.Runs++
		workloads[r.Workload], sets[r.Faults], commits[r.Commit] = true, true, true
		if s.First.IsZero() || r.Started.Before(s.First) {
			s.First = r.Started
		}
		if end := r.Started.Add(r.Took); end.After(s.Last) {
			s.Last = end
		}
		key := [2]string{r.Workload, r.Faults}
		c := s.Cells[key]
		if c == nil {
			c = &Cell{}
			s.Cells[key] = c
		}
		c.Runs++
		switch {
		case r.Error != "":
			s.NotMade++
			s.Bad = append(s.Bad, r)
		case r.Passed():
			s.Passed++
		default:
			s.Failed++
			c.Failed++
			s.Bad = append(s.Bad, r)
		}
		s.Ops, s.Load = s.Ops+r.Ops, s.Load+r.Load
		c.Ops += r.Ops
		for outcome, n := range r.Counts {
			s.Outcomes[outcome] += n
		}
		c.OK, c.Refused, c.Failure, c.Unknown = c.OK+r.Counts["ok"], c.Refused+r.Counts["refused"], c.Failure+r.Counts["failed"], c.Unknown+r.Counts["unknown"]
		for i, d := range r.Done {
			if !d.Struck() {
				continue
			}
			s.Faults++
			c.Faults++
			s.Simulated += time.Duration(d.End - d.Begin)
			if k, err := fault.Get(d.Name); err == nil && i < len(r.Recovery) && r.Recovery[i] >= 0 {
				s.Recovery[k.Family] = append(s.Recovery[k.Family], r.Recovery[i])
			}
		}
		s.Unavailable[r.Faults] = append(s.Unavailable[r.Faults], r.Longest)
	}
	s.Workloads, s.Sets, s.Commits = names(workloads), names(sets), names(commits)
	for _, by := range []map[string][]time.Duration{s.Recovery, s.Unavailable} {
		for _, list := range by {
			slices.Sort(list)
		}
	}
	return s
}

func names(set map[string]bool) []string {
	var list []string
	for name := range set {
		if strings.TrimSpace(name) != "" {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}

// quantile of a sorted list.
func quantile(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))].Round(10 * time.Millisecond)
}
