package store

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"aion.dev/aion/fsm/rows"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// TestReadersSeeWholeEntries: whatever entries wait to be written, together or alone, a picture has
// the rows after its entry, however late it is read first; an entry and whoever reads the database
// have those after the newest; and after a crash there are those of some entry that was flushed, or
// a later one.
func TestReadersSeeWholeEntries(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	fs := vfs.NewMem()
	d := opened(t, fs)
	families := []byte{rows.FamilyReady, rows.FamilyRun, rows.FamilyTask, rows.FamilyEvent}
	type past struct {
		picture Picture
		rows    map[string]string
	}
	var pasts []past
	history := []map[string]string{{}} // rows after each entry
	all := func(from Reader, families ...byte) map[string]string {
		m := map[string]string{}
		for _, family := range families {
			if err := from.Scan(rows.Key(family), rows.Key(family+1), func(k, v []byte) bool {
				m[string(k)] = string(v)
				return true
			}); err != nil {
				t.Fatal(err)
			}
		}
		return m
	}
	of := func(family byte, m map[string]string) map[string]string {
		m = maps.Clone(m)
		maps.DeleteFunc(m, func(k, _ string) bool { return k[0] != family })
		return m
	}
	compare := func(what string, got, want map[string]string) {
		t.Helper()
		if maps.Equal(got, want) {
			return
		}
		var diff []string
		for k := range got {
			if got[k] != want[k] {
				diff = append(diff, fmt.Sprintf("%x = %q", k, got[k]))
			}
		}
		for k := range want {
			if _, ok := got[k]; !ok {
				diff = append(diff, fmt.Sprintf("%x is missing", k))
			}
		}
		slices.Sort(diff)
		t.Fatalf("%s: %s", what, strings.Join(diff, ", "))
	}
	waited, alone, flushed := 0, 0, 0
	for range 2_000 {
		entry := len(history)
		now := maps.Clone(history[entry-1])
		applied(t, d, func(o *Overlay) {
			n := 1 + r.IntN(8)
			if r.IntN(20) == 0 {
				n = 400 // does not wait
			}
			for range n {
				family := families[r.IntN(len(families))]
				k := rows.PairKey(family, uint64(r.IntN(20)), uint64(r.IntN(20)))
				_, there := now[string(k)]
				switch {
				case !there || !once[family] && r.IntN(2) == 0:
					v := fmt.Sprint("entry ", entry, strings.Repeat(".", r.IntN(40)))
					o.Put(k, []byte(v))
					now[string(k)] = v
				case r.IntN(40) == 0 && family == rows.FamilyEvent:
					o.DelRange(k, rows.PairKey(family, ^uint64(0), 0))
					maps.DeleteFunc(now, func(other, _ string) bool { return other[0] == family && other >= string(k) })
				default:
					o.Del(k)
					delete(now, string(k))
				}
				if r.IntN(100) == 0 {
					compare("within an entry", all(o.Reader(family), family), of(family, now))
				}
			}
		})
		history = append(history, now)
		if len(d.backlog.entries) == 0 {
			alone++
		}
		waited = max(waited, len(d.backlog.entries))
		pasts = append(pasts, past{d.Picture(), now})
		for k := range now {
			if v, err := d.Get([]byte(k)); err != nil || string(v) != now[k] {
				t.Fatalf("row %x after entry %d is %q, want %q: %v", k, entry, v, now[k], err)
			}
			break
		}
		for i := range pasts {
			if r.IntN(200) == 0 {
				compare(fmt.Sprintf("a picture of entry %d after entry %d", entry-len(pasts)+1+i, entry), all(pasts[i].picture.Reader, families...), pasts[i].rows)
			}
		}
		for len(pasts) > r.IntN(12) {
			compare("an old picture", all(pasts[0].picture.Reader, families...), pasts[0].rows)
			i := r.IntN(len(pasts)) // some are never read
			if err := pasts[i].picture.Close(); err != nil {
				t.Fatal(err)
			}
			pasts = slices.Delete(pasts, i, i+1)
		}
		switch r.IntN(150) {
		case 0:
			compare("the database", all(d.Reader, families...), now)
		case 1:
			flushed = entry
			if err := d.Flush(); err != nil {
				t.Fatal(err)
			}
		case 2:
			for _, p := range pasts {
				if err := p.picture.Close(); err != nil {
					t.Fatal(err)
				}
			}
			pasts = nil
			closed(t, d)
			d = opened(t, fs)
			m, err := d.Meta()
			if err != nil || m.Index < uint64(flushed) || m.Index >= uint64(len(history)) {
				t.Fatalf("opened at index %d after a flush at %d: %v", m.Index, flushed, err)
			}
			history = history[:m.Index+1]
			compare("after a crash", all(d.Reader, families...), history[m.Index])
		}
		if entry%100 == 0 && len(d.backlog.pictures) > len(pasts) {
			t.Fatalf("%d pictures are kept of %d", len(d.backlog.pictures), len(pasts))
		}
	}
	for _, p := range pasts {
		if err := p.picture.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if len(d.backlog.pictures) != 0 {
		t.Errorf("%d closed pictures are kept", len(d.backlog.pictures))
	}
	closed(t, d)
	if waited < 10 || alone < 50 {
		t.Errorf("%d entries waited at most, %d did not", waited, alone)
	}
}
