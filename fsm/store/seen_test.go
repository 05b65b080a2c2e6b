package store

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"aion.dev/aion/fsm/rows"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// TestNeverIsNever: whatever was written and deleted, by whichever process, and however often the
// filter was made anew since, it calls no key new that the database has.
func TestNeverIsNever(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	fs := vfs.NewMem()
	d := opened(t, fs)
	defer func() { closed(t, d) }()
	const family = rows.FamilyLatest
	there := map[string]bool{}
	key := func() []byte { return rows.TextKey(family, fmt.Sprint("order-", r.IntN(20_000))) }
	full, anew := 0, 0
	for entry := range 200 {
		if s := d.seen[family]; entry%10 == 5 && s.next == nil {
			s.limit = 0 // as if it had been filled
		}
		making := d.seen[family].next != nil
		applied(t, d, func(o *Overlay) {
			for range r.IntN(200) {
				switch k := key(); {
				case r.IntN(4) > 0:
					o.Put(k, []byte("run"))
					there[string(k)] = true
				case there[string(k)]:
					o.Del(k)
					delete(there, string(k))
				}
			}
		})
		s := d.seen[family]
		if s.now.Load() != nil {
			full++
		}
		if making && s.next == nil {
			anew++
		}
		for k := range there {
			if s.never([]byte(k), math.MaxUint64) {
				t.Fatalf("after entry %d, %q is there and was never seen", entry, k)
			}
		}
		o := d.Overlay()
		for range 100 {
			if k := key(); (o.Get(k) != nil) != there[string(k)] {
				t.Fatalf("after entry %d, an entry finds %q: %v", entry, k, !there[string(k)])
			}
		}
		if entry%40 == 39 {
			if err := d.Flush(); err != nil {
				t.Fatal(err)
			}
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
			d = opened(t, fs)
			if k := key(); d.seen[family].never(k, math.MaxUint64) {
				t.Fatalf("just opened, %q was never seen", k)
			}
		}
	}
	if full < 100 || anew < 10 {
		t.Errorf("the filter answered after %d of 200 entries, and was made anew %d times", full, anew)
	}
}

// TestNewKeysAreMostlyKnownToBe: the filter is worth its memory with as many keys as it has room
// for, and with twice as many.
func TestNewKeysAreMostlyKnownToBe(t *testing.T) {
	k := newKeys(0)
	for i := range 2 * k.room {
		k.add(hashOf(rows.PairKey(rows.FamilyRunID, 0x1234, i)))
		if i != k.room && i != 2*k.room-1 {
			continue
		}
		wrong := 0
		for j := range uint64(10_000) {
			if k.has(hashOf(rows.PairKey(rows.FamilyRunID, 0x1235, j))) {
				wrong++
			}
		}
		if most := map[bool]int{true: 100, false: 1_000}[i == k.room]; wrong > most {
			t.Errorf("with %d keys it is wrong of %d of 10,000 new ones, want %d at most", i+1, wrong, most)
		}
	}
}

// TestFiltersAreBounded: a filter that would need more than the memory that it may have is given
// up, and says nothing from then on.
func TestFiltersAreBounded(t *testing.T) {
	if k := newKeys(1 << 40); k.room != mostRoom || len(k.lines)*lineWords*8 > 28<<20 {
		t.Errorf("a filter has room for %d keys in %d lines", k.room, len(k.lines))
	}
	d := opened(t, vfs.NewMem())
	defer closed(t, d)
	applied(t, d, func(o *Overlay) { o.Put(rows.TextKey(rows.FamilyLatest, "a"), nil) })
	s := d.seen[rows.FamilyLatest]
	s.next = &keys{lines: s.now.Load().lines, room: mostRoom, added: 2*mostRoom + 1}
	applied(t, d, func(*Overlay) {})
	if s.now.Load() != nil || s.next != nil || !s.stopped || s.never(rows.TextKey(rows.FamilyLatest, "b"), math.MaxUint64) {
		t.Errorf("it is not given up: answers %v, stopped %v", s.now.Load() != nil, s.stopped)
	}
}

// BenchmarkFill is what the first entries after a start pay to know each key again.
func BenchmarkFill(b *testing.B) {
	d, err := Open(Config{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	for from := 0; from < b.N; from += 10_000 {
		o := d.Overlay()
		for i := from; i < min(from+10_000, b.N); i++ {
			o.Put(rows.RequestKey("bench", fmt.Sprint(i)), make([]byte, 80))
		}
		if err := o.Commit(rows.Meta{Index: uint64(from + 1)}); err != nil {
			b.Fatal(err)
		}
	}
	if err := d.Flush(); err != nil {
		b.Fatal(err)
	}
	s := &seen{next: newKeys(uint64(b.N))}
	b.ResetTimer()
	for s.next != nil {
		if err := s.scan(d.Reader, rows.FamilyRemembered, 0); err != nil {
			b.Fatal(err)
		}
	}
}
