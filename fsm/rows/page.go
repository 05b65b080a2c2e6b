package rows

import (
	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
)

// PerPage is how many numbers a page has.
//
// Pins and the listings of open runs are rows behind numbers that only grow, and most of them are
// deleted again. A deleted row leaves a mark that readers have to step over until the database
// compacts. So each page keeps a count of the rows left on it, and readers go from page to page
// that has any: with a million runs closed between two that are open, the second is as close to the
// first as if the million had never been.
const PerPage = 1 << 8

// Page names the rows of one index whose numbers share all but the last 8 bits.
type Page struct {
	family  byte
	version catalog.Version // of pins only
	kind    byte            // of pin, or status
	number  uint64          // of its rows / PerPage
}

// PinPage is the page of a pin.
func PinPage(v catalog.Version, k PinKind, number uint64) Page {
	return Page{FamilyPin, v, byte(k), number / PerPage}
}

// StatusPage is the page of a run in the listing of its status.
func StatusPage(s history.Status, serial uint64) Page {
	return Page{family: FamilyByStatus, kind: byte(s), number: serial / PerPage}
}

// Rows is what the keys of the index's rows start with; the row's number follows.
func (p Page) Rows() []byte {
	k := Key(p.family)
	if p.family == FamilyPin {
		k = append(k, p.version[:]...)
	}
	return append(k, p.kind)
}

// Key is the key of the count of rows left on the page.
func (p Page) Key() []byte { return AppendU64(append(Key(FamilyPage), p.Rows()...), p.number) }

// PageBounds are the bounds of the rows on a page of an index whose keys start with of.
func PageBounds(of []byte, page uint64) (first, end []byte) {
	return AppendU64(of[:len(of):len(of)], page*PerPage), append(AppendU64(of[:len(of):len(of)], page*PerPage+PerPage-1), 0)
}
