package fsm

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/fsm/store"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// TestFrontsAreWhatIsStored: whatever is written and deleted, in whichever order, a front and what
// the database has behind it are the rows of the family, also of entries before, whose pictures
// share rows with it.
func TestFrontsAreWhatIsStored(t *testing.T) {
	db, err := store.Open(store.Config{Dir: "db", FS: vfs.NewMem()})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	type past struct {
		picture picture
		front   front
		want    string
	}
	var pasts []past
	r := rand.New(rand.NewPCG(3, 4))
	f, there, cut, read := newFront(rows.FamilyTimer), map[string]bool{}, 0, 0
	for entry := range 400 {
		growing := entry/50%2 == 0 // up to far more rows than a front has, and down to none
		o := db.Overlay()
		for range 1 + r.IntN(20) {
			k := rows.TimerKey(1, uint64(r.IntN(600)), 0)
			switch {
			case growing && !there[string(k)]:
				o.Put(k, fmt.Append(nil, "run ", entry))
				there[string(k)] = true
			case !growing && there[string(k)]:
				o.Del(k)
				delete(there, string(k))
			}
		}
		if !growing {
			n := r.IntN(20)
			for k := rows.Key(rows.FamilyTimer); n > 0; n-- { // what is due goes from the front
				var first []byte
				if err := o.Reader(rows.FamilyTimer).Scan(k, rows.Key(rows.FamilyTimer+1), func(k, _ []byte) bool {
					first = append([]byte(nil), k...)
					return false
				}); err != nil {
					t.Fatal(err)
				}
				if first == nil {
					break
				}
				o.Del(first)
				delete(there, string(first))
			}
		}
		if err := o.Commit(rows.Meta{Index: uint64(entry + 1)}); err != nil {
			t.Fatal(err)
		}
		before := f.rest
		o.Changed(rows.FamilyTimer, func(key, value []byte) {
			if value != nil {
				f.put(key, value)
			} else {
				f.del(key)
			}
		})
		if bytes.Compare(f.rest, before) < 0 {
			cut++
		}
		before = f.rest
		if err := f.fill(db.Reader); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(f.rest, before) {
			read++
		}
		if len(f.rows) > mostFrontRows || len(f.rows) == 0 && len(there) > 0 {
			t.Fatalf("after entry %d the front has %d of %d rows", entry, len(f.rows), len(there))
		}
		f.shared = true
		p := past{picture: picture{s: &State{db: db}, snap: db.Picture()}, front: f}
		if err := p.picture.snap.Scan(rows.Key(f.family), f.end(), func(k, v []byte) bool {
			p.want += fmt.Sprintf("%x %s\n", k, v)
			return true
		}); err != nil {
			t.Fatal(err)
		}
		if pasts = append(pasts, p); len(pasts) > 8 {
			if err := pasts[0].picture.snap.Close(); err != nil {
				t.Fatal(err)
			}
			pasts = pasts[1:]
		}
		for i := range pasts {
			got := ""
			pasts[i].picture.scanFront(&pasts[i].front, rows.Key(f.family), f.end(), func(k, v []byte) bool {
				got += fmt.Sprintf("%x %s\n", k, v)
				return true
			})
			if got != pasts[i].want {
				t.Fatalf("after entry %d a picture of %d entries before has\n%swant\n%s", entry, len(pasts)-1-i, got, pasts[i].want)
			}
		}
	}
	for _, p := range pasts {
		if err := p.picture.snap.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if cut < 3 || read < 10 {
		t.Errorf("the front was cut %d times and read %d times", cut, read)
	}
}
