package fsm

import (
	"encoding/binary"

	"aion.dev/aion/fsm/rows"
)

// pages are the counts that an entry changed, in the order in which it did.
type pages struct {
	touched map[rows.Page]bool
	order   []rows.Page
}

func (p *pages) reset() {
	if p.touched == nil {
		p.touched = map[rows.Page]bool{}
	}
	clear(p.touched)
	p.order = p.order[:0]
}

// tally counts rows onto a page, or off it.
func (t *step) tally(p rows.Page, by int) {
	left, known := t.s.pages[p]
	if !known {
		if b := t.Get(p.Key()); b != nil {
			left, _ = binary.Uvarint(b)
		}
	}
	t.s.pages[p] = left + uint64(by)
	if !t.pages.touched[p] {
		t.pages.touched[p] = true
		t.pages.order = append(t.pages.order, p)
	}
}

// maxPages is how many counts stay in memory between entries. The page being filled changes with
// almost every run; looking it up each time would step over all that it has been.
const maxPages = 10_000

// storePages writes the counts that changed; at the end of the entry, and before its pins are read.
func (t *step) storePages() {
	for _, p := range t.pages.order {
		if left := t.s.pages[p]; left > 0 {
			t.Put(p.Key(), binary.AppendUvarint(nil, left))
		} else {
			t.Del(p.Key())
		}
	}
}

// eachPage calls f with the bounds of the rows of each page that has any, from the one of number
// on, until f returns false.
func eachPage(in reader, of []byte, number uint64, f func(first, end []byte) bool) {
	prefix := append(rows.Key(rows.FamilyPage), of...)
	in.Scan(rows.AppendU64(prefix[:len(prefix):len(prefix)], number/rows.PerPage), rows.After(prefix), func(k, _ []byte) bool {
		return f(rows.PageBounds(of, rows.U64(k[len(prefix):])))
	})
}
