package fsm

import (
	"cmp"
	"encoding/binary"
	"slices"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/namespace"
)

// census is how many runs there are of each cohort. The cohorts change seldom, so pictures share
// their list and read the numbers from their own snapshot: to count a million runs is to read as
// many rows as there are cohorts.
type census struct {
	of      map[rows.Cohort]uint64
	cohorts []rows.Cohort // that have a row, in the order of their keys; never changed in place
}

// countChanges is which cohorts' numbers an entry changed, in the order in which it did.
type countChanges struct {
	changed map[rows.Cohort]bool
	cohorts []rows.Cohort
}

func (c *countChanges) reset() {
	if c.changed == nil {
		c.changed = map[rows.Cohort]bool{}
	}
	clear(c.changed)
	c.cohorts = c.cohorts[:0]
}

// countRun counts a run of the status in (+1) or out (-1).
func (t *step) countRun(r *row, status history.Status, by int) {
	k := rows.Cohort{Type: r.Run.Type, Version: r.Run.Version, Status: status}
	t.s.census.of[k] += uint64(by)
	t.recounted(k)
}

func (t *step) recounted(k rows.Cohort) {
	if !t.counts.changed[k] {
		t.counts.changed[k] = true
		t.counts.cohorts = append(t.counts.cohorts, k)
	}
}

// storeCounts writes the numbers at the end of the entry. A cohort that has no runs keeps its row
// while its version is loaded: runs of it come and go.
func (t *step) storeCounts() {
	c := &t.s.census
	var came, went []rows.Cohort
	for _, k := range t.counts.cohorts {
		_, known := slices.BinarySearchFunc(c.cohorts, k, rows.Cohort.Compare)
		if _, loaded := t.s.catalog.Package(k.Version); c.of[k] == 0 && !loaded {
			delete(c.of, k)
			if known {
				t.Del(k.Key())
				went = append(went, k)
			}
			continue
		}
		t.Put(k.Key(), binary.AppendUvarint(nil, c.of[k]))
		if !known {
			came = append(came, k)
		}
	}
	if len(came)+len(went) > 0 {
		c.cohorts = merged(c.cohorts, came, went)
		t.Charge(uint64(len(c.cohorts)) / cohortsPerUnit)
	}
}

// cohortsPerUnit: an entry that changes the list of cohorts copies it once, however many come and
// go.
const cohortsPerUnit = 50

// merged is the list with those that came and without those that went. It is a new one: pictures
// share the list.
func merged(list, came, went []rows.Cohort) []rows.Cohort {
	changes := slices.SortedFunc(slices.Values(slices.Concat(came, went)), rows.Cohort.Compare)
	next, from := make([]rows.Cohort, 0, len(list)+len(came)), 0
	for _, k := range changes {
		at, known := slices.BinarySearchFunc(list, k, rows.Cohort.Compare)
		next = append(next, list[from:at]...)
		if from = at; known {
			from++
		} else {
			next = append(next, k)
		}
	}
	return append(next, list[from:]...)
}

// forgetCounts drops the empty cohorts of a package that is being unloaded.
func (t *step) forgetCounts(p *catalog.Package) {
	for _, typ := range p.Types() {
		for status := history.StatusRunning; status <= history.StatusContinuedAsNew; status++ {
			k := rows.Cohort{Type: typ, Version: p.Version, Status: status}
			if n, known := t.s.census.of[k]; known && n == 0 {
				t.recounted(k)
			}
		}
	}
}

// load puts a stored number back.
func (c *census) load(k, b []byte) {
	n, _ := binary.Uvarint(b)
	c.of[rows.CohortOf(k)] = n
	c.cohorts = append(c.cohorts, rows.CohortOf(k))
}

// types are the workflow types that have runs, or may have some, in order.
func (p *picture) types() (types []string) {
	for _, k := range p.shownCohorts() {
		if len(types) == 0 || types[len(types)-1] != k.Type {
			types = append(types, k.Type)
		}
	}
	return types
}

// CountRuns implements View.
func (p *picture) CountRuns(f RunFilter) (counts []RunCount) {
	for _, k := range p.shownCohorts() {
		if f.Type != "" && f.Type != k.Type || !f.Version.IsZero() && f.Version != k.Version || f.Status != 0 && f.Status != k.Status {
			continue
		}
		if n, _ := binary.Uvarint(p.Get(k.Key())); n > 0 {
			counts = append(counts, RunCount{k.Type, k.Version, k.Status, n})
		}
	}
	if p.foreign() { // in the order of the versions as they are seen
		slices.SortStableFunc(counts, func(a, b RunCount) int {
			va, vb := namespace.Version(*p.space, a.Version), namespace.Version(*p.space, b.Version)
			return cmp.Or(cmp.Compare(a.Type, b.Type), slices.Compare(va[:], vb[:]))
		})
	}
	return counts
}
