package fsm

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"slices"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// Bounds of a count that the kept counts do not answer: runs whose rows are read, places of the
// index of an attribute, and values that it has.
const (
	maxCountedRuns   = 100_000
	maxCountedPlaces = 5_000_000
	maxCountedValues = 1_000
)

// FoundCount is how many of the runs that a filter finds are of one type, version and status; or,
// counted by an attribute, have one value of it.
type FoundCount struct {
	RunCount
	Value history.Payload
}

// tallied counts by what has been met so far.
type tallied struct {
	by     string
	counts map[string]*FoundCount
}

// count counts a run; false = it has another value than so many before.
func (c *tallied) count(r *rows.Run) bool {
	one := FoundCount{RunCount: RunCount{Type: r.Type, Version: r.Version, Status: r.Status}}
	k := string(rows.Cohort{Type: r.Type, Version: r.Version, Status: r.Status}.Key())
	if c.by != "" {
		value, has := r.Attributes[c.by]
		if !has {
			return true
		}
		one, k = FoundCount{Value: value}, string(value)
	}
	return c.add(k, one, 1)
}

func (c *tallied) add(k string, one FoundCount, n uint64) bool {
	have := c.counts[k]
	if have == nil {
		if c.by != "" && len(c.counts) == maxCountedValues {
			return false
		}
		have = &one
		c.counts[k] = have
	}
	have.Count += n
	return true
}

// sorted are the counts: by type, version and status, or the most frequent value first.
func (c *tallied) sorted() (list []FoundCount) {
	for _, k := range sortedKeys(c.counts) {
		list = append(list, *c.counts[k])
	}
	if c.by != "" {
		slices.SortStableFunc(list, func(a, b FoundCount) int { return cmp.Compare(b.Count, a.Count) })
	}
	return list
}

// CountFound implements View.
func (p *picture) CountFound(f RunFilter, by string) (counts []FoundCount, tooMuch string) {
	f, ok := f.bounded()
	if !ok {
		return nil, ""
	}
	c := &tallied{by: by, counts: map[string]*FoundCount{}}
	if by == "" && f.ofKinds() {
		return p.countKinds(&f), ""
	}
	if space, ok := p.spaceAsked(); ok && by != "" && f.isAll() {
		return p.countPlaces(c, space)
	}
	looked, values := 0, true
	steps := math.MaxInt
	if _, more := p.walk(&f, math.MaxUint64, &steps, func(_ uint64, read func() *row) bool {
		if looked++; looked > maxCountedRuns {
			return false
		}
		if r := read(); r != nil && f.passes(&r.Run) {
			values = c.count(&r.Run)
		}
		return values
	}); more && values {
		return nil, fmt.Sprintf("would look at more than %d runs: narrow it", maxCountedRuns)
	}
	return c.answer(values)
}

func (c *tallied) answer(values bool) ([]FoundCount, string) {
	if !values {
		return nil, fmt.Sprintf("finds more than %d values", maxCountedValues)
	}
	return c.sorted(), ""
}

// ofKinds reports whether a filter narrows by type, version and status alone: those are counted.
func (f *RunFilter) ofKinds() bool {
	for i := range f.Where {
		if of := f.Where[i].Field; of != rows.OfType && of != rows.OfVersion && of != rows.OfStatus {
			return false
		}
	}
	rest := *f
	rest.Type, rest.Status, rest.Version, rest.Where = "", 0, catalog.Version{}, nil
	return rest.isAll()
}

func (p *picture) countKinds(f *RunFilter) (list []FoundCount) {
	for _, k := range p.CountRuns(*f) {
		r := rows.Run{Type: k.Type, Version: k.Version, Status: k.Status}
		if !slices.ContainsFunc(f.Where, func(c rows.Condition) bool { return !c.Holds(&r) }) {
			list = append(list, FoundCount{RunCount: k})
		}
	}
	return list
}

// isAll reports whether a filter narrows nothing.
func (f *RunFilter) isAll() bool {
	return f.Type == "" && f.Status == 0 && f.Version.IsZero() && len(f.Attributes) == 0 && f.Parent == "" &&
		f.StartedFrom == 0 && f.StartedBefore == 0 && !f.closes() && len(f.Where) == 0
}

// countPlaces counts the values of an attribute in its index. A place is one value, but for those
// that the index cannot tell apart: there the rows are read.
func (p *picture) countPlaces(c *tallied, space string) ([]FoundCount, string) {
	prefix := rows.OrderPrefix(space, c.by)
	var at []byte
	var n uint64
	var places, read int
	var serial uint64
	values, few := true, true
	flush := func() bool {
		if n == 0 {
			return true
		}
		if r := p.runAt(serial); r != nil {
			value := r.Run.Attributes[c.by]
			values = c.add(string(value), FoundCount{Value: value}, n)
		}
		n = 0
		return values
	}
	p.Scan(prefix, rows.After(prefix), func(k, _ []byte) bool {
		if places++; places > maxCountedPlaces {
			few = false
			return false
		}
		here := rows.OrderPlace(k)
		if !rows.Exact(here) {
			if read++; read > maxCountedRuns {
				few = false
				return false
			}
			if r := p.runAt(rows.U64(k[len(k)-8:])); r != nil {
				values = c.count(&r.Run)
			}
			return values
		}
		if n > 0 && !bytes.Equal(here, at) && !flush() {
			return false
		}
		if n == 0 {
			at, serial = bytes.Clone(here), rows.U64(k[len(k)-8:])
		}
		n++
		return true
	})
	flush()
	if !few {
		return nil, fmt.Sprintf("would look at more than %d runs", maxCountedPlaces)
	}
	return c.answer(values)
}
