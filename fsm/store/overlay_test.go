package store

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"aion.dev/aion/fsm/rows"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// TestOverlayReadsItsOwnWrites does at random what an entry may do, in families of all three kinds
// (looked up by key, written once, neither), and holds what it reads, before the commit and after
// it, against a map.
func TestOverlayReadsItsOwnWrites(t *testing.T) {
	const looked, single, plain = rows.FamilyTask, rows.FamilyTimer, rows.FamilyEvent
	d := opened(t, vfs.NewMem())
	defer closed(t, d)
	r := rand.New(rand.NewPCG(1, 2))
	model := map[string]string{}
	want := func(family byte) string {
		var b strings.Builder
		for _, k := range slices.Sorted(maps.Keys(model)) {
			if k[0] == family {
				fmt.Fprintf(&b, "%x=%s ", k, model[k])
			}
		}
		return b.String()
	}
	same := func(family byte, scan func(first, end []byte, f func(k, v []byte) bool)) {
		t.Helper()
		var b strings.Builder
		scan(rows.Key(family), rows.Key(family+1), func(k, v []byte) bool {
			fmt.Fprintf(&b, "%x=%s ", k, v)
			return true
		})
		if b.String() != want(family) {
			t.Fatalf("family %c has %s, want %s", family, b.String(), want(family))
		}
	}
	for entry := range 150 {
		applied(t, d, func(o *Overlay) {
			for range 20 {
				family := []byte{looked, single, plain}[r.IntN(3)]
				n := r.Uint64N(12)
				k := rows.NumberKey(family, n)
				_, there := model[string(k)]
				switch op := r.IntN(10); {
				case op < 4 && !(family == single && there):
					v := fmt.Sprint("value ", entry, n)
					o.Put(k, []byte(v))
					model[string(k)] = v
				case op < 6 && (there || family != single):
					o.Del(k)
					delete(model, string(k))
				case op == 6 && family == plain:
					end := rows.NumberKey(family, n+3)
					o.DelRange(k, end)
					maps.DeleteFunc(model, func(key, _ string) bool { return key >= string(k) && key < string(end) })
				case op == 7:
					same(family, o.Scan)
				default:
					if got, ok := string(o.Get(k)), o.Get(k) != nil; got != model[string(k)] || ok != there {
						t.Fatalf("row %x is %q (%v), want %q (%v)", k, got, ok, model[string(k)], there)
					}
				}
			}
			if o.Err() != nil {
				t.Fatal(o.Err())
			}
		})
		if entry%15 == 14 { // marks of deleted rows meet the rows on disk
			if err := d.Flush(); err != nil {
				t.Fatal(err)
			}
			if err := d.Reclaim(t.Context(), looked, single, plain); err != nil {
				t.Fatal(err)
			}
		}
		for _, family := range []byte{looked, single, plain} {
			same(family, func(first, end []byte, f func(k, v []byte) bool) {
				if err := d.Scan(first, end, f); err != nil {
					t.Fatal(err)
				}
			})
		}
	}
}

// TestOverlayIsUsedAgain: after Reset it has none of the earlier changes, work or rows.
func TestOverlayIsUsedAgain(t *testing.T) {
	d := opened(t, vfs.NewMem())
	defer closed(t, d)
	o := d.Overlay()
	task, event := rows.TaskKey(1, 1), rows.EventKey(1, 1)
	o.Put(task, make([]byte, 3*BytesPerUnit))
	o.Put(event, nil)
	o.Del(event)
	if o.Work() != 6 || d.Progress() < 6 {
		t.Errorf("work %d, progress %d", o.Work(), d.Progress())
	}
	var changed []string
	o.Changed(rows.FamilyEvent, func(_, value []byte) { changed = append(changed, fmt.Sprint(value == nil)) })
	if fmt.Sprint(changed) != "[false true]" {
		t.Errorf("changed %v", changed)
	}
	o.Reset()
	if o.Get(task) != nil || o.Get(event) != nil || o.Work() != 0 {
		t.Error("there is something left of the entry before")
	}
	if err := o.Commit(rows.Meta{Index: 1}); err != nil {
		t.Fatal(err)
	}
	if v, err := d.Get(task); err != nil || v != nil {
		t.Errorf("committed %x: %v", v, err)
	}
}

// TestOverlayStopsAtAnError: nothing is read or written after one.
func TestOverlayStopsAtAnError(t *testing.T) {
	d := opened(t, vfs.NewMem())
	defer closed(t, d)
	applied(t, d, func(o *Overlay) { o.Put(rows.EventKey(1, 1), []byte("row")) })
	o := d.Overlay()
	first := errors.New("first")
	o.Put(rows.EventKey(1, 2), []byte("new"))
	o.Fail(nil)
	o.Fail(first)
	o.Fail(errors.New("second"))
	if o.Get(rows.EventKey(1, 1)) != nil {
		t.Error("it still reads")
	}
	if err := o.Commit(rows.Meta{Index: 2}); !errors.Is(err, first) {
		t.Errorf("Commit said %v", err)
	}
	if m, err := d.Meta(); err != nil || m.Index != 1 {
		t.Errorf("index %d: %v", m.Index, err)
	}
}

// TestManyDeletedRanges are written out before they are too many for whoever reads next.
func TestManyDeletedRanges(t *testing.T) {
	d := opened(t, vfs.NewMem())
	defer closed(t, d)
	for range 3 {
		applied(t, d, func(o *Overlay) {
			for i := range uint64(maxRanges/2) + 1 {
				o.DelRange(rows.EventKey(i, 0), rows.EventKey(i, 9))
			}
		})
		if d.ranges > maxRanges {
			t.Fatalf("%d deleted ranges are in memory", d.ranges)
		}
	}
}

// TestRowsThatComeAndGoAreNotWritten: what came and went within an entry, or within entries that
// are written together, is in their digests and not in the database, nor is a mark of it.
func TestRowsThatComeAndGoAreNotWritten(t *testing.T) {
	d := opened(t, vfs.NewMem())
	defer closed(t, d)
	pin, ready, task := rows.NumberKey(rows.FamilyPin, 1), rows.PlaceKey(rows.FamilyReady, 1, 1), rows.TaskKey(1, 1)
	quiet := applied(t, d, func(o *Overlay) { o.Put(task, []byte("before")) })
	digest := applied(t, d, func(o *Overlay) {
		o.Put(pin, []byte("pinned"))
		o.Put(ready, []byte("ready"))
		o.Put(task, []byte("offered"))
		o.Del(pin)
		o.Put(task, []byte("leased"))
	})
	applied(t, d, func(o *Overlay) { o.Del(ready) })
	b := d.db.NewBatch()
	if err := d.backlog.fill(b, true, d.backlog.entries[0].changes, d.backlog.entries[1].changes); err != nil {
		t.Error(err)
	}
	if n := b.Count(); n != 1 || len(d.backlog.entries) != 2 {
		t.Errorf("%d rows of %d entries are written, want that of the task of 2", n, len(d.backlog.entries))
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	for range 2 {
		for key, want := range map[string]string{string(task): "leased", string(pin): "", string(ready): ""} {
			if v, err := d.Get([]byte(key)); err != nil || string(v) != want || (v == nil) != (want == "") {
				t.Errorf("row %x is %q: %v", key, v, err)
			}
		}
		if err := d.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if digest == quiet {
		t.Error("the digest does not cover it")
	}
}
