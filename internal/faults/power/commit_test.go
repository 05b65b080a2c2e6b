//go:build linux

package power

import (
	"bytes"
	"errors"
	"os"
	"testing"
)

// TestACommitIsUndoneInItsOrder interrupts commits of a file of five pages at each step: pages
// first, then one of the two meta pages.
func TestACommitIsUndoneInItsOrder(t *testing.T) {
	page := os.Getpagesize()
	pages := func(letters string) []byte {
		var b []byte
		for _, c := range letters {
			b = append(b, bytes.Repeat([]byte(string(c)), page)...)
		}
		return b
	}
	dead := errors.New("killed")
	for _, c := range []struct {
		name string
		is   string // what the process had written when it was killed
		died error
		all  bool
		may  []string // what may remain
	}{
		{"before anything", "mmabc", dead, true, []string{"mmabc"}},
		{"two pages", "mmXbY", dead, true, []string{"mmabc"}},
		{"two pages, and luck", "mmXbY", dead, false, []string{"mmabc", "mmXbc", "mmabY", "mmXbY"}},
		{"the meta page", "mnXbY", dead, true, []string{"mmXbY"}},
		{"the meta page, and luck", "mnXbY", dead, false, []string{"mmXbY", "mnXbY"}},
		{"over", "mnXbY", nil, true, []string{"mnXbY"}},
		{"a larger file", "mmXbYZ", dead, true, []string{"mmabcZ"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			seen := map[string]bool{}
			for seed := range uint64(30) {
				d := newDisk(t)
				path := d.path("vote.db")
				d.must(os.WriteFile(path, pages("mmabc"), 0o600))
				err := d.w.Commit(path, func() error {
					d.must(os.WriteFile(path, pages(c.is), 0o600))
					return c.died
				})
				if err != c.died {
					t.Fatal(err)
				}
				d.lose(Loss{Seed: seed, All: c.all})
				b, err := os.ReadFile(path)
				d.must(err)
				var got []byte
				for i := 0; i < len(b); i += page {
					got = append(got, b[i])
				}
				if !bytes.Equal(b, pages(string(got))) {
					t.Fatal("a page is torn")
				}
				seen[string(got)] = true
			}
			if len(seen) != len(c.may) {
				t.Errorf("left is one of %v, want %v", seen, c.may)
			}
			for _, may := range c.may {
				if !seen[may] {
					t.Errorf("never left: %s, of %v", may, seen)
				}
			}
		})
	}
}
