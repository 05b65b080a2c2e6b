package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"aion.dev/aion/jepsen/fault"
	"aion.dev/aion/jepsen/suite"
)

// Summary is the sum of all runs.
type Summary struct {
	Count
	Under           time.Duration // total time with an active fault, over all runs
	First, Last     time.Time
	Commits         []*Commit // by the time of their first run
	Machines        []string
	Workloads, Sets []string               // sorted, "none" first and "pairs" last
	Cells           map[[2]string]*Count   // by workload and set of faults
	ByWorkload      map[string]*Count      // the rows of the matrix
	BySet           map[string]*Count      // the columns of the matrix
	Kinds           []*Kind                // of faults, by family and name
	Families        []*Kind                // the same, added up
	Latency         map[[2]string]*Latency // by workload and "none" or "faults"
	Longest         map[string]Times       // by set: the longest time of each run without an acknowledged change
	Parts           []Part                 // how the time of the runs was spent
	Bad             []*suite.Result        // failed, or not made
}

// Count sums up runs.
type Count struct {
	Runs, Passed, Failed, NotMade int
	Ops                           int
	Load                          int            // how many of Ops were made under faults
	Outcomes                      map[string]int // of Ops
	Faults                        int            // that struck
}

// Verdict returns one word about the runs.
func (c *Count) Verdict() string {
	switch {
	case c.Failed > 0:
		return fmt.Sprintf("%d of %d failed", c.Failed, c.Runs)
	case c.NotMade > 0:
		return fmt.Sprintf("%d of %d not made", c.NotMade, c.Runs)
	}
	return "ok"
}

// Commit is the runs of one build.
type Commit struct {
	Name string
	Count
	First, Last time.Time
}

// Kind is the sum of one kind of fault, or of one family.
type Kind struct {
	Name, Family string
	Struck       int
	Idle         int   // did nothing: too late, or nothing to do
	Errors       int   // struck, but was not mended as it should be
	Lasted       Times // sorted
	Recovery     Times // sorted, those that are known
	Never        int   // nothing was acknowledged afterwards
}

// Latency holds, of each run, the median, the 99th percentile and the maximum of acknowledged
// changes; sorted.
type Latency struct{ P50, P99, Max Times }

// Part is a part of runs.
type Part struct {
	Name string
	Mean time.Duration
}

// Summarise sums up results.
func Summarise(results []*suite.Result) *Summary {
	s := &Summary{
		Cells: map[[2]string]*Count{}, ByWorkload: map[string]*Count{}, BySet: map[string]*Count{},
		Latency: map[[2]string]*Latency{}, Longest: map[string]Times{},
	}
	commits, machines := map[string]*Commit{}, map[string]bool{}
	kinds, families, parts := map[string]*Kind{}, map[string]*Kind{}, map[string]*Part{}
	for _, r := range results {
		end := r.Started.Add(r.Took)
		widen(&s.First, &s.Last, r.Started, end)
		commit := at(commits, r.Commit)
		commit.Name = r.Commit
		widen(&commit.First, &commit.Last, r.Started, end)
		for _, c := range []*Count{&s.Count, &commit.Count, at(s.Cells, [2]string{r.Workload, r.Faults}), at(s.ByWorkload, r.Workload), at(s.BySet, r.Faults)} {
			c.add(r)
		}
		if m := r.Machine; m.System != "" {
			machines[fmt.Sprintf("%s, kernel %s, %d CPUs, %s", m.System, m.Kernel, m.CPUs, m.Go)] = true
		}
		if !r.Passed() {
			s.Bad = append(s.Bad, r)
		}
		if r.Error != "" {
			continue
		}
		for i, d := range r.Done {
			if d.Struck() {
				s.Under += time.Duration(d.End - d.Begin)
			}
			k, err := fault.Get(d.Name)
			if err != nil {
				k = fault.Kind{Name: d.Name, Family: "other"} // of another version of the suite
			}
			one, all := at(kinds, k.Name), at(families, k.Family)
			one.Name, one.Family, all.Name, all.Family = k.Name, k.Family, k.Family, k.Family
			for _, k := range []*Kind{one, all} {
				k.add(r, i)
			}
		}
		which := "faults"
		if r.Faults == "none" {
			which = "none"
		}
		if r.Latency[3] > 0 {
			l := at(s.Latency, [2]string{r.Workload, which})
			l.P50, l.P99, l.Max = append(l.P50, r.Latency[0]), append(l.P99, r.Latency[2]), append(l.Max, r.Latency[3])
		}
		s.Longest[r.Faults] = append(s.Longest[r.Faults], r.Longest)
		for _, p := range r.Parts {
			part := at(parts, p.Name)
			if part.Name == "" {
				part.Name = p.Name
				s.Parts = append(s.Parts, Part{Name: p.Name})
			}
			part.Mean += p.Took
		}
	}
	for i := range s.Parts {
		s.Parts[i].Mean = parts[s.Parts[i].Name].Mean / time.Duration(max(1, s.Runs-s.NotMade))
	}
	s.Workloads = slices.Sorted(maps.Keys(s.ByWorkload))
	s.Sets = slices.SortedFunc(maps.Keys(s.BySet), func(a, b string) int { return cmp.Or(place(a)-place(b), cmp.Compare(a, b)) })
	s.Machines = slices.Sorted(maps.Keys(machines))
	s.Commits = slices.SortedFunc(maps.Values(commits), func(a, b *Commit) int { return a.First.Compare(b.First) })
	byName := func(a, b *Kind) int { return cmp.Or(cmp.Compare(a.Family, b.Family), cmp.Compare(a.Name, b.Name)) }
	s.Kinds, s.Families = slices.SortedFunc(maps.Values(kinds), byName), slices.SortedFunc(maps.Values(families), byName)
	for _, k := range append(append([]*Kind(nil), s.Kinds...), s.Families...) {
		slices.Sort(k.Lasted)
		slices.Sort(k.Recovery)
	}
	for _, l := range s.Latency { // any order: each is sorted for itself
		slices.Sort(l.P50)
		slices.Sort(l.P99)
		slices.Sort(l.Max)
	}
	for _, l := range s.Longest { // any order: likewise
		slices.Sort(l)
	}
	return s
}

// place sorts "none" before and "pairs" after all other sets.
func place(set string) int {
	switch set {
	case "none":
		return 0
	case "pairs", "any":
		return 2
	}
	return 1
}

func (c *Count) add(r *suite.Result) {
	if c.Outcomes == nil {
		c.Outcomes = map[string]int{}
	}
	c.Runs++
	switch {
	case r.Error != "":
		c.NotMade++
	case r.Passed():
		c.Passed++
	default:
		c.Failed++
	}
	if r.Error != "" {
		return // what it did was not judged
	}
	c.Ops, c.Load = c.Ops+r.Ops, c.Load+r.Load
	for outcome, n := range r.Counts { // any order: sums
		c.Outcomes[outcome] += n
	}
	c.Faults += r.Struck()
}

func (k *Kind) add(r *suite.Result, i int) {
	d := r.Done[i]
	if !d.Struck() {
		k.Idle++
		return
	}
	k.Struck++
	k.Lasted = append(k.Lasted, time.Duration(d.End-d.Begin))
	if d.Error != "" {
		k.Errors++
	}
	if i >= len(r.Recovery) {
		return
	}
	switch r.Recovery[i] {
	case suite.Never:
		k.Never++
	case suite.Masked: // it ended while another fault was active, so recovery is unknown
	default:
		k.Recovery = append(k.Recovery, r.Recovery[i])
	}
}

func at[K comparable, V any](m map[K]*V, key K) *V {
	v := m[key]
	if v == nil {
		v = new(V)
		m[key] = v
	}
	return v
}

func widen(first, last *time.Time, from, to time.Time) {
	if first.IsZero() || from.Before(*first) {
		*first = from
	}
	if to.After(*last) {
		*last = to
	}
}

// Times are a sorted list.
type Times []time.Duration

// At returns a quantile for people, or "-" if there is none.
func (t Times) At(q float64) string {
	if len(t) == 0 {
		return "-"
	}
	return short(t[min(len(t)-1, int(q*float64(len(t))))])
}

// short rounds a time to its significant part.
func short(d time.Duration) string {
	switch {
	case d < 10*time.Millisecond:
		return d.Round(100 * time.Microsecond).String()
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	}
	return d.Round(10 * time.Millisecond).String()
}
