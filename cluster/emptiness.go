package cluster

import (
	"fmt"
	"strings"

	"aion.dev/aion/fsm"
)

// NotEmpty refuses to restore a backup into a cluster that has something which only it has.
type NotEmpty struct{ Holds []Held }

// Held is how many things of a kind a cluster has.
type Held struct {
	Kind  string
	Count uint64
}

// Error implements error.
func (e *NotEmpty) Error() string {
	var all []string
	for _, h := range e.Holds {
		kind := strings.ReplaceAll(h.Kind, "_", " ")
		if h.Count == 1 {
			kind = strings.TrimSuffix(kind, "s")
		}
		all = append(all, fmt.Sprintf("%d %s", h.Count, kind))
	}
	return "the cluster is not empty: it has " + strings.Join(all, ", ") + ". A backup is restored into a cluster without them"
}

// Code implements fsm.Refusal.
func (e *NotEmpty) Code() string { return "invalid_state" }

// Facts implements fsm.Refusal.
func (e *NotEmpty) Facts() map[string]any {
	facts := map[string]any{}
	for _, h := range e.Holds {
		facts[h.Kind] = h.Count
	}
	return facts
}

// requireEmpty returns *NotEmpty if the state has packages, routes, runs, schedules, namespaces or
// unfinished jobs, of whatever namespace. Closed runs count: they are what a restore would lose.
// Who may call, what signs packages, limits, retention and the deploy history do not count: a new
// cluster may need them before anything can be restored into it, and a backup has its own.
func requireEmpty(v fsm.View) error {
	e := &NotEmpty{}
	holds := func(kind string, n uint64) {
		if n > 0 {
			e.Holds = append(e.Holds, Held{kind, n})
		}
	}
	holds("packages", uint64(len(v.Catalog().Packages())))
	holds("routes", uint64(len(v.Catalog().Routes())))
	var open, closed uint64
	for _, r := range v.CountRuns(fsm.RunFilter{}) {
		if r.Status.Open() {
			open += r.Count
		} else {
			closed += r.Count
		}
	}
	holds("open_runs", open)
	holds("closed_runs", closed)
	holds("schedules", paged(func(after string) (n int, last string) {
		page := v.Schedules(after, countPage)
		if n = len(page); n > 0 {
			last = page[n-1].ID
		}
		return n, last
	}))
	holds("namespaces", paged(func(after string) (n int, last string) {
		page := v.Namespaces(after, countPage)
		if n = len(page); n > 0 {
			last = page[n-1].Name
		}
		return n, last
	}))
	holds("jobs", v.JobCount())
	if len(e.Holds) == 0 {
		return nil
	}
	return e
}

const countPage = 1000

// paged counts what is read in pages, each after the last name of the one before.
func paged(page func(after string) (n int, last string)) (all uint64) {
	for after := ""; ; {
		n, last := page(after)
		if n == 0 {
			return all
		}
		all, after = all+uint64(n), last
	}
}
