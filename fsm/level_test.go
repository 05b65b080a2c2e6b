package fsm

import (
	"fmt"
	"strings"
	"testing"

	"aion.dev/aion/fsm/rows"
)

// TestLevelRisesOnce: the level rises by an entry and never falls, in memory, on disk and in a
// snapshot.
func TestLevelRisesOnce(t *testing.T) {
	w := oldWorld(t)
	level := func() (level uint64) {
		w.view(func(v View) { level = v.Level() })
		return level
	}
	row := func() (l rows.Level) {
		b, err := w.s.db.Get(rows.Key(rows.FamilyLevel))
		if err == nil && b != nil {
			err = rows.Decode(b, &l)
		}
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	live(w)
	if level() != 0 || row() != (rows.Level{}) {
		t.Fatalf("a state begins at level %d, %+v", level(), row())
	}
	w.do(&RaiseLevel{})
	if level() != 0 || row() != (rows.Level{}) {
		t.Errorf("level 0 raised it to %d, %+v", level(), row())
	}
	w.do(&RaiseLevel{Level: 1})
	want := rows.Level{Level: 1, Index: w.s.Applied(), At: w.now}
	if level() != 1 || row() != want {
		t.Errorf("it is at level %d, %+v, want %+v", level(), row(), want)
	}
	w.do(&RaiseLevel{Level: 1})
	w.do(&RaiseLevel{})
	if level() != 1 || row() != want {
		t.Errorf("then it is at level %d, %+v, want %+v", level(), row(), want)
	}
	w.checkReplays()
}

// TestUnknownLevelStopsTheNode: what a newer build does is not guessed. The entry changes nothing.
func TestUnknownLevelStopsTheNode(t *testing.T) {
	w := oldWorld(t)
	live(w)
	index, digest := w.s.Digest()
	b, err := EncodeEntry(Entry{At: w.now, Commands: []Envelope{{Command: &Check{Leader: "n1"}}, {Command: &RaiseLevel{Level: NewestLevel + 1}}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.s.Apply(index+1, b); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("level %d is not known to this build", NewestLevel+1)) {
		t.Errorf("it was applied: %v", err)
	}
	if gotIndex, got := w.s.Digest(); gotIndex != index || got != digest {
		t.Errorf("it changed the state: %d %s", gotIndex, got)
	}
}

// TestOlderBuildsDoNotOpen: a build without levels reads the row of meta strictly, and it has one
// field more as soon as there is a level. So such a build refuses the state, and its snapshots.
func TestOlderBuildsDoNotOpen(t *testing.T) {
	w := oldWorld(t)
	live(w)
	w.do(&RaiseLevel{Level: 1})
	meta, err := w.s.db.Meta()
	if err != nil {
		t.Fatal(err)
	}
	without := meta
	without.Level = 0
	if now, before := rows.Encoded(meta), rows.Encoded(without); len(now) != len(before)+2 || now[0] != before[0]+1 {
		t.Errorf("with a level meta is %x, without %x: want one field more", now, before)
	}
	meta.Level = NewestLevel + 1
	if err := knownLevel(meta.Level); err == nil {
		t.Error("this build opens the state of a newer one")
	}
}
