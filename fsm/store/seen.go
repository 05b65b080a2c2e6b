package store

import (
	"encoding/binary"
	"math/bits"
	"sync/atomic"

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
//
// Readers of a Picture ask it too, while entries after that of the picture add to it.
type seen struct {
	now atomic.Pointer[keys] // answers; nil until there is one that has all keys

	// Of whoever applies.
	next    *keys  // being made, to take the place of now
	from    []byte // next has the keys before this one
	limit   uint64 // keys in now, above which it is made anew
	gone    uint64 // keys deleted since now has all
	stopped bool   // there are more keys than a filter may have room for
}

// keys is a Bloom filter, each key of which lies within one line of the processor's cache.
type keys struct {
	lines [][lineWords]uint64 // written by whoever applies, read by any goroutine: both atomically
	since uint64              // index: it has every key after this entry; one before may have had keys that were deleted since
	added uint64              // keys that it did not seem to have
	room  uint64              // keys, with which it is wrong once in 200 times
}

const (
	lineWords  = 8
	lineKeys   = 40 // 12.8 bits a key
	probes     = 7
	leastRoom  = 1 << 16
	mostRoom   = 1 << 24 // 26 MiB; a second one beside it while it is made anew
	seenAtOnce = 1_000   // keys that one commit reads: some 0.7 ms
)

// filtered are the families whose keys are mostly looked up before there are any. A new cluster
// has a handful of those that builds without owners wrote, and each request asks for one.
var filtered = [...]byte{rows.FamilyRemembered, rows.FamilyRequest, rows.FamilyRunID, rows.FamilyLatest}

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
		rows.FamilyRequest:    {next: newKeys(m.Requests[rows.ClassGiven].Len() + m.Requests[rows.ClassMadeUp].Len())},
		rows.FamilyRunID:      {next: newKeys(runs)},
		rows.FamilyLatest:     {next: newKeys(runs)},
	}
}

// Never reports that there is no row at key after the entry at index, nor was one since. False says
// nothing. Any goroutine may call it that has a Picture of that entry.
func (d *DB) Never(key []byte, index uint64) bool { return d.seen[key[0]].never(key, index) }

func (s *seen) never(key []byte, index uint64) bool {
	if s == nil {
		return false
	}
	k := s.now.Load()
	return k != nil && index >= k.since && !k.has(hashOf(key))
}

// note adds what the entry at index wrote, and goes on with the scan. It is called once that is
// committed.
func (d *DB) note(o *Overlay, index uint64) error {
	for _, family := range filtered {
		s := d.seen[family]
		o.Changed(family, func(key, value []byte) {
			if value != nil {
				s.add(hashOf(key))
			} else {
				s.gone++
			}
		})
		if err := s.scan(d.Reader, family, index); err != nil {
			return err
		}
	}
	return nil
}

func (s *seen) add(h uint64) {
	now := s.now.Load()
	if now != nil {
		now.add(h)
	}
	if s.next != nil {
		s.next.add(h)
	} else if now != nil && now.added > s.limit {
		s.next, s.from = newKeys(now.added-min(s.gone, now.added)), nil
	}
}

// scan adds some more of the keys that there are after the entry at index to the filter that is
// being made. A key that is written behind its place was added by the commit that wrote it.
func (s *seen) scan(from Reader, family byte, index uint64) error {
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
		s.now.Store(nil)
		s.next, s.stopped = nil, true
	case s.next.added > 2*s.next.room:
		s.next, s.from = newKeys(s.next.added), nil
	case through:
		s.next.since, s.limit, s.gone = index, s.next.added+s.next.room, 0
		s.now.Store(s.next)
		s.next = nil
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
		word := &line[h>>6&7]
		atomic.StoreUint64(word, *word|1<<(h&63))
		h >>= 9
	}
}

func (k *keys) has(h uint64) bool {
	line := k.line(h)
	for range probes {
		if atomic.LoadUint64(&line[h>>6&7])&(1<<(h&63)) == 0 {
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
