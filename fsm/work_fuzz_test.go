package fsm

import (
	"bytes"
	"testing"
)

// FuzzWork applies any entry that can be read, to a state with something of everything in it, and
// holds what it costs against the budget and its own length.
func FuzzWork(f *testing.F) {
	for _, c := range everyCommand() {
		b, err := EncodeEntry(Entry{At: 5, Budget: EntryBudget, Commands: []Envelope{{Command: c}, {Actor: "a", Command: c}}})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	w := newWorld(f)
	w.tree(8)
	state := snapshotOf(f, w.s)
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, budget, _, err := splitEntry(b); err != nil || budget != EntryBudget {
			return
		}
		s, err := Open(w.bare())
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if err := s.Restore(bytes.NewReader(state)); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Apply(s.Applied()+1, b); err != nil {
			return // this build cannot read it
		}
		if most := uint64(EntryBudget + 4_000 + len(b)); s.Work() > most {
			t.Errorf("an entry of %d bytes costs %d units, more than %d", len(b), s.Work(), most)
		}
	})
}
