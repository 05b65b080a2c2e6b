package fsm

import (
	"encoding/binary"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
)

// Pins and the listings of open runs are rows behind numbers that only grow, and most of them are
// deleted again. A deleted row leaves a mark that readers have to step over until the database
// compacts. So each page of 256 numbers keeps a count of the rows left on it, and readers go from
// page to page that has any: with a million runs closed between two that are open, the second is as
// close to the first as if the million had never been.
const perPage = 1 << 8

// page names the rows of one index whose numbers share all but the last 8 bits.
type page struct {
	family  byte
	version catalog.Version // of pins only
	kind    byte            // of pin, or status
	number  uint64          // of its rows / perPage
}

func pinPage(v catalog.Version, k PinKind, number uint64) page {
	return page{keyPin, v, byte(k), number / perPage}
}

func statusPage(s history.Status, serial uint64) page {
	return page{family: keyByStatus, kind: byte(s), number: serial / perPage}
}

// rows is what the keys of the index's rows start with; the row's number follows.
func (p page) rows() []byte {
	k := key(p.family)
	if p.family == keyPin {
		k = append(k, p.version[:]...)
	}
	return append(k, p.kind)
}

func (p page) key() []byte { return u64(append(key(keyPage), p.rows()...), p.number) }

// pages are the counts that an entry changed, in the order in which it did.
type pages struct {
	touched map[page]bool
	order   []page
}

func (p *pages) reset() {
	if p.touched == nil {
		p.touched = map[page]bool{}
	}
	clear(p.touched)
	p.order = p.order[:0]
}

// tally counts rows onto a page, or off it.
func (t *step) tally(p page, by int) {
	left, known := t.s.pages[p]
	if !known {
		if b := t.get(p.key()); b != nil {
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
			t.put(p.key(), binary.AppendUvarint(nil, left))
		} else {
			t.del(p.key())
		}
	}
}

// eachPage calls f with the bounds of the rows of each page that has any, from the one of number
// on, until f returns false.
func eachPage(in reader, of []byte, number uint64, f func(first, end []byte) bool) {
	prefix := append(key(keyPage), of...)
	in.scan(u64(prefix[:len(prefix):len(prefix)], number/perPage), after(prefix), func(k, _ []byte) bool {
		return f(pageBounds(of, readU64(k[len(prefix):])))
	})
}

// eachPageBack is eachPage from the page of number down.
func (p *picture) eachPageBack(of []byte, number uint64, f func(first, end []byte) bool) {
	prefix := append(key(keyPage), of...)
	end := append(u64(prefix[:len(prefix):len(prefix)], number/perPage), 0)
	p.scanBack(prefix, end, func(k, _ []byte) bool {
		return f(pageBounds(of, readU64(k[len(prefix):])))
	})
}

func pageBounds(of []byte, page uint64) (first, end []byte) {
	return u64(of[:len(of):len(of)], page*perPage), append(u64(of[:len(of):len(of)], page*perPage+perPage-1), 0)
}
