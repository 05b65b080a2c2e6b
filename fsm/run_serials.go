package fsm

import (
	"errors"
	"slices"

	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/fsm/store"
)

// serials walks an index of runs from the newest down. Calls of seek never go up again.
type serials interface {
	seek(at uint64) (serial uint64, ok bool) // of the newest run that is not newer than at
	close() error
}

// meet returns the newest run, not newer than at, that all indexes hold: each in turn goes down to
// where the others are, so that the narrowest sets the pace, whichever it is. It takes at most
// *steps steps; when they are used up, it returns where to go on from, and false.
func meet(all []serials, at uint64, steps *int) (serial uint64, found, more bool) {
	for i, agreed := 0, 0; agreed < len(all); i++ {
		if *steps <= 0 {
			return at, false, true
		}
		*steps--
		serial, ok := all[i%len(all)].seek(at)
		if !ok {
			return 0, false, false
		}
		if agreed++; serial < at {
			at, agreed = serial, 1
		}
	}
	return at, true, true
}

// listed is an index whose keys are a prefix and a serial.
type listed struct {
	it     store.Iter
	prefix []byte
	at     uint64 // of the row that it is on
	begun  bool
}

// listed walks an index down to first: below that there may be a million marks of deleted rows.
func (p *picture) listed(prefix []byte, first uint64) (*listed, error) {
	it, err := p.snap.Iter(rows.AppendU64(prefix[:len(prefix):len(prefix)], first), rows.After(prefix))
	if err != nil {
		return nil, err
	}
	return &listed{it: it, prefix: prefix}, nil
}

// near is how many rows are gone over one by one before the next is sought: neighbours are often
// wanted in turn.
const near = 4

func (l *listed) seek(at uint64) (uint64, bool) {
	for i := 0; l.begun && i < near && l.it.Valid() && l.at > at; i++ {
		l.read(l.it.Prev())
	}
	if !l.begun || l.it.Valid() && l.at > at {
		l.begun = true
		l.read(l.it.SeekLT(append(rows.AppendU64(l.prefix[:len(l.prefix):len(l.prefix)], at), 0)))
	}
	return l.at, l.it.Valid()
}

func (l *listed) read(ok bool) {
	if ok {
		l.at = rows.U64(l.it.Key()[len(l.prefix):])
	}
}

func (l *listed) close() error { return errors.Join(l.it.Error(), l.it.Close()) }

// paged is an index of open runs: most of its rows are deleted again, and it goes from page to page
// that has any (index_pages.go).
type paged struct {
	pages, rows *listed
}

func (p *picture) paged(of []byte, first uint64) (serials, error) {
	pages, err := p.listed(append(rows.Key(rows.FamilyPage), of...), first/rows.PerPage)
	if err != nil {
		return nil, err
	}
	list, err := p.listed(of, first)
	if err != nil {
		return nil, errors.Join(err, pages.close())
	}
	return &paged{pages, list}, nil
}

func (l *paged) seek(at uint64) (uint64, bool) {
	for {
		page, ok := l.pages.seek(at / rows.PerPage)
		if !ok {
			return 0, false
		}
		first := page * rows.PerPage
		at = min(at, first+rows.PerPage-1)
		prefix := l.rows.prefix[:len(l.rows.prefix):len(l.rows.prefix)]
		if l.rows.it.SeekBackIn(rows.AppendU64(prefix, first), append(rows.AppendU64(prefix, at), 0)) {
			return rows.U64(l.rows.it.Key()[len(prefix):]), true
		}
		if page == 0 {
			return 0, false
		}
		at = first - 1
	}
}

func (l *paged) close() error { return errors.Join(l.pages.close(), l.rows.close()) }

// gathered is a set of runs that stood elsewhere in another order.
type gathered []uint64 // rising

func (l gathered) seek(at uint64) (uint64, bool) {
	i, found := slices.BinarySearch(l, at)
	if found {
		return at, true
	}
	if i == 0 {
		return 0, false
	}
	return l[i-1], true
}

func (l gathered) close() error { return nil }
