package fsm

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"
	"strings"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
)

// cohort is what runs are counted by.
type cohort struct {
	typ     string
	version catalog.Version
	status  history.Status
}

func (k cohort) key() []byte {
	return append(append(append(append(key(keyCount), k.typ...), 0), k.version[:]...), byte(k.status))
}

// cohortOf reads a key back, from its end: what stands before is the type.
func cohortOf(k []byte) cohort {
	n := len(k) - 1
	return cohort{string(k[1 : n-32-1]), catalog.Version(k[n-32 : n]), history.Status(k[n])}
}

// census is how many runs there are of each cohort. The cohorts change seldom, so pictures share
// their list and read the numbers from their own snapshot: to count a million runs is to read as
// many rows as there are cohorts.
type census struct {
	of      map[cohort]uint64
	cohorts []cohort // that have a row, in the order of their keys; never changed in place
}

// countChanges is which cohorts' numbers an entry changed, in the order in which it did.
type countChanges struct {
	changed map[cohort]bool
	cohorts []cohort
}

func (c *countChanges) reset() {
	if c.changed == nil {
		c.changed = map[cohort]bool{}
	}
	clear(c.changed)
	c.cohorts = c.cohorts[:0]
}

// tell counts a run of the status in (+1) or out (-1).
func (t *step) tell(r *row, status history.Status, by int) {
	k := cohort{r.Run.Type, r.Run.Version, status}
	t.s.census.of[k] += uint64(by)
	t.recounted(k)
}

func (t *step) recounted(k cohort) {
	if !t.counts.changed[k] {
		t.counts.changed[k] = true
		t.counts.cohorts = append(t.counts.cohorts, k)
	}
}

// storeCounts writes the numbers at the end of the entry. A cohort that has no runs keeps its row
// while its version is loaded: runs of it come and go.
func (t *step) storeCounts() {
	c := &t.s.census
	var came, went []cohort
	for _, k := range t.counts.cohorts {
		_, known := slices.BinarySearchFunc(c.cohorts, k, cohort.compare)
		if _, loaded := t.s.catalog.Package(k.version); c.of[k] == 0 && !loaded {
			delete(c.of, k)
			if known {
				t.del(k.key())
				went = append(went, k)
			}
			continue
		}
		t.put(k.key(), binary.AppendUvarint(nil, c.of[k]))
		if !known {
			came = append(came, k)
		}
	}
	if len(came)+len(went) > 0 {
		c.cohorts = merged(c.cohorts, came, went)
		t.charge(uint64(len(c.cohorts)) / cohortsPerUnit)
	}
}

// cohortsPerUnit: an entry that changes the list of cohorts copies it once, however many come and
// go.
const cohortsPerUnit = 50

// merged is the list with those that came and without those that went. It is a new one: pictures
// share the list.
func merged(list, came, went []cohort) []cohort {
	changes := slices.SortedFunc(slices.Values(slices.Concat(came, went)), cohort.compare)
	next, from := make([]cohort, 0, len(list)+len(came)), 0
	for _, k := range changes {
		at, known := slices.BinarySearchFunc(list, k, cohort.compare)
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
			k := cohort{typ, p.Version, status}
			if n, known := t.s.census.of[k]; known && n == 0 {
				t.recounted(k)
			}
		}
	}
}

// compare is the order of their keys.
func (k cohort) compare(other cohort) int {
	return cmp.Or(strings.Compare(k.typ, other.typ), bytes.Compare(k.version[:], other.version[:]), cmp.Compare(k.status, other.status))
}

// load puts a stored number back.
func (c *census) load(k, b []byte) {
	n, _ := binary.Uvarint(b)
	c.of[cohortOf(k)] = n
	c.cohorts = append(c.cohorts, cohortOf(k))
}

// types are the workflow types of which there are runs, or may be, in order.
func (p *picture) types() (types []string) {
	for _, k := range p.cohorts {
		if len(types) == 0 || types[len(types)-1] != k.typ {
			types = append(types, k.typ)
		}
	}
	return types
}

// CountRuns implements View.
func (p *picture) CountRuns(f RunFilter) (counts []RunCount) {
	for _, k := range p.cohorts {
		if f.Type != "" && f.Type != k.typ || !f.Version.IsZero() && f.Version != k.version || f.Status != 0 && f.Status != k.status {
			continue
		}
		if n, _ := binary.Uvarint(p.get(k.key())); n > 0 {
			counts = append(counts, RunCount{k.typ, k.version, k.status, n})
		}
	}
	return counts
}
