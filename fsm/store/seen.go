package store

import (
	"encoding/binary"
	"math/bits"

	"aion.dev/aion/fsm/rows"
)

// seen is a filter over the keys of a family: of a key that was never written it mostly knows so,
// and the database need not be asked. Most look-ups of a start find nothing, and each would search
// the memory tables and every level below them.
//
// It saves look-ups and decides nothing: nodes whose filters differ apply alike. It may err on one
// side only. A key is added in the commit that writes it; keys that were there before (after a
// start, a restore) are added by a scan that goes on with every commit, and until it is through,
// nothing is known. Deleted keys stay, so a filter that is full is made anew in the same way,
// beside the old one.
type seen struct {
	now  keys  // answers, once it has all keys
	next *keys // being made, to take the place of now

	from    []byte // next has the keys before this one
	limit   uint64 // keys in now, above which it is made anew
	gone    uint64 // keys deleted since now has all
	stopped bool   // there are more keys than a filter may have room for
}

// keys is a Bloom filter, each key of which lies within one line of the processor's cache.
type keys struct {
	lines [][lineWords]uint64
	full  bool   // it has every key of the family
	added uint64 // keys that it did not seem to have
	room  uint64 // keys, with which it is wrong once in 200 times
}

const (
	lineWords  = 8
	lineKeys   = 40 // 12.8 bits a key
	probes     = 7
	leastRoom  = 1 << 16
	mostRoom   = 1 << 24 // 26 MiB; a second one beside it while it is made anew
	seenAtOnce = 1_000   // keys that one commit reads: some 0.7 ms
)

// filtered are the families whose keys are mostly looked up before there are any.
var filtered = [...]byte{rows.FamilyRemembered, rows.FamilyRunID, rows.FamilyLatest}

func newKeys(expected uint64) *keys {
	room := min(max(2*expected, leastRoom), mostRoom)
	return &keys{lines: make([][lineWords]uint64, (room+lineKeys-1)/lineKeys), room: room}
}

// refill makes filters for a database that was just opened. Where it stands says about how many
// keys there are.
func (d *DB) refill(m rows.Meta) {
	runs, requests := m.Serial-min(m.Purged, m.Serial), m.Table[rows.ClassGiven].Keys+m.Table[rows.ClassMadeUp].Keys
	d.seen = [rows.Families]*seen{
		rows.FamilyRemembered: {next: newKeys(requests)},
		rows.FamilyRunID:      {next: newKeys(runs)},
		rows.FamilyLatest:     {next: newKeys(runs)},
	}
}

// never reports that key was never written. False says nothing.
func (s *seen) never(key []byte) bool { return s != nil && s.now.full && !s.now.has(hashOf(key)) }

// note adds what an entry wrote, and goes on with the scan. It is called once that is committed.
func (d *DB) note(o *Overlay) error {
	for _, family := range filtered {
		s := d.seen[family]
		o.Changed(family, func(key, value []byte) {
			if value != nil {
				s.add(hashOf(key))
			} else {
				s.gone++
			}
		})
		if err := s.scan(d.Reader, family); err != nil {
			return err
		}
	}
	return nil
}

func (s *seen) add(h uint64) {
	if s.now.full {
		s.now.add(h)
	}
	if s.next != nil {
		s.next.add(h)
	} else if s.now.added > s.limit {
		s.next, s.from = newKeys(s.now.added-min(s.gone, s.now.added)), nil
	}
}

// scan adds some more of the keys that there are to the filter that is being made. A key that is
// written behind its place was added by the commit that wrote it.
func (s *seen) scan(from Reader, family byte) error {
	if s.next == nil {
		return nil
	}
	n, through := 0, true
	err := from.Scan(rows.Later(s.from, rows.Key(family)), rows.Key(family+1), func(k, _ []byte) bool {
		if n == seenAtOnce {
			s.from, through = append(s.from[:0], k...), false
			return false
		}
		n++
		s.next.add(hashOf(k))
		return true
	})
	switch {
	case err != nil:
		return err
	case s.next.added > 2*s.next.room && s.next.room == mostRoom:
		*s = seen{stopped: true}
	case s.next.added > 2*s.next.room:
		s.next, s.from = newKeys(s.next.added), nil
	case through:
		s.next.full = true
		s.now, s.next, s.limit, s.gone = *s.next, nil, s.next.added+s.next.room, 0
	}
	return nil
}

func (k *keys) add(h uint64) {
	if k.has(h) {
		return
	}
	k.added++
	line := k.line(h)
	for range probes {
		line[h>>6&7] |= 1 << (h & 63)
		h >>= 9
	}
}

func (k *keys) has(h uint64) bool {
	line := k.line(h)
	for range probes {
		if line[h>>6&7]&(1<<(h&63)) == 0 {
			return false
		}
		h >>= 9
	}
	return true
}

// line is chosen by all bits of h, and the probes within it by its lower 63.
func (k *keys) line(h uint64) *[lineWords]uint64 {
	high, _ := bits.Mul64(h*0x9e3779b97f4a7c15, uint64(len(k.lines)))
	return &k.lines[high]
}

// hashOf is FNV-1a in words, and the last step of MurmurHash3, which spreads the last word.
func hashOf(key []byte) uint64 {
	h := uint64(14695981039346656037)
	for ; len(key) >= 8; key = key[8:] {
		h = (h ^ binary.LittleEndian.Uint64(key)) * 1099511628211
		h ^= h >> 32
	}
	for _, b := range key {
		h = (h ^ uint64(b)) * 1099511628211
	}
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
