package fsm

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// world is a state machine with the log that fed it, and names for what the log calls by number.
// Tests and transcripts speak to it.
type world struct {
	t    testing.TB
	fs   vfs.FS
	s    *State
	now  history.Time
	log  [][]byte // entry i has index i+1
	runs []history.RunID

	queue  []Envelope // of the next entry, see queued
	budget uint64     // of entries
	level  uint64     // from the start
}

func newWorld(t testing.TB) *world { return worldAt(t, NewestLevel) }

// oldWorld is a world at level 0, where the state machine does what it did before there were
// levels.
func oldWorld(t testing.TB) *world { return worldAt(t, 0) }

func worldAt(t testing.TB, level uint64) *world {
	w := &world{t: t, fs: vfs.NewMem(), now: history.Time(1_700_000_000e9), budget: EntryBudget, level: level}
	w.open()
	t.Cleanup(func() { w.s.Close() })
	return w
}

func (w *world) config() Config {
	return Config{Dir: "state", FS: w.fs, Check: Audit, CacheBytes: 1 << 20, Level: w.level}
}

// bare is the configuration of another state, without checks.
func (w *world) bare() Config {
	return Config{Dir: "state", FS: vfs.NewMem(), CacheBytes: 1 << 20, Level: w.level}
}

func (w *world) open() {
	s, err := Open(w.config())
	if err != nil {
		w.t.Fatal(err)
	}
	w.s = s
}

// unchecked applies without audits until what it returns is called: they read the whole state.
func (w *world) unchecked() (until func()) {
	check := w.s.cfg.Check
	w.s.cfg.Check = nil
	return func() { w.s.cfg.Check = check }
}

// propose applies commands as one entry.
func (w *world) propose(e ...Envelope) []Result {
	b, err := EncodeEntry(Entry{At: w.now, Budget: w.budget, Commands: e})
	if err != nil {
		w.t.Fatal(err)
	}
	w.log = append(w.log, b)
	results, err := w.s.Apply(uint64(len(w.log)), b)
	if err != nil {
		w.t.Fatal(err)
	}
	return results
}

// do applies one command and expects it to be carried out.
func (w *world) do(c Command) Answer {
	w.t.Helper()
	r := w.propose(Envelope{Command: c})[0]
	if r.Refusal != nil {
		w.t.Fatalf("%T: %v", c, r.Refusal)
	}
	return r.Answer
}

// refused applies one command and expects a refusal with that code.
func (w *world) refused(c Command, code string) Refusal {
	w.t.Helper()
	r := w.propose(Envelope{Command: c})[0]
	if r.Refusal == nil || r.Refusal.Code() != code {
		w.t.Fatalf("%T: got %+v, want a refusal with code %s", c, r, code)
	}
	return r.Refusal
}

func (w *world) view(f func(View)) { w.s.View(f) }

// mint makes the next run id.
func (w *world) mint() (id history.RunID) {
	n := uint64(len(w.runs) + 1)
	binary.BigEndian.PutUint64(id[:], 0x0190_0000_0000_7000+n)
	binary.BigEndian.PutUint64(id[8:], 0x8000_0000_0000_0000+n)
	w.runs = append(w.runs, id)
	return id
}

// latest is the newest run of a workflow id; it fails the test when there is none.
func (w *world) latest(id string) (r rows.Run) {
	w.t.Helper()
	ok := false
	w.view(func(v View) {
		var run history.RunID
		if run, ok = v.Latest(id); ok {
			r, ok = v.Run(run)
		}
	})
	if !ok {
		w.t.Fatalf("there is no workflow %q", id)
	}
	return r
}

func (w *world) history(id history.RunID) (events []history.Event) {
	w.view(func(v View) { events = v.Events(id, 1, maxRows) })
	return events
}

// turn records the next turn of the newest run of a workflow id, having seen everything.
func (w *world) turn(id string, asked ...history.Data) *TurnAnswer {
	w.t.Helper()
	return w.do(w.turnOf(id, asked...)).(*TurnAnswer)
}

func (w *world) turnOf(id string, asked ...history.Data) *RecordTurn {
	r := w.latest(id)
	c := &RecordTurn{RunID: r.RunID, N: r.Turns + 1, Through: r.Events}
	for _, d := range asked {
		c.Asked = append(c.Asked, history.Event{Data: d})
	}
	return c
}

func (w *world) start(id, typ string) history.RunID {
	w.t.Helper()
	run := w.mint()
	w.do(&StartRun{WorkflowID: id, RunID: run, Type: typ})
	return run
}

// pack is a package whose version is spelled by its name, "v1" or so.
func pack(name string, types ...string) catalog.Package {
	p := catalog.Package{Version: versionOf(name), Blob: catalog.Digest(versionOf("blob " + name)), ManifestDigest: catalog.Digest(versionOf("manifest " + name))}
	for _, typ := range types {
		p.Members = append(p.Members, catalog.Member{Type: typ, EntryModule: typ, EntryFunction: "run"})
	}
	return p
}

func versionOf(name string) (v catalog.Version) {
	copy(v[:], name)
	for i := len(name); i < len(v); i++ {
		v[i] = byte(0xa0 + i)
	}
	return v
}

// snapshot returns the state as a stream.
func snapshotOf(t testing.TB, s *State) []byte {
	t.Helper()
	snap, err := s.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Release()
	var b bytes.Buffer
	n, err := snap.WriteTo(&b)
	if err != nil || n != int64(b.Len()) {
		t.Fatalf("wrote %d of %d bytes: %v", n, b.Len(), err)
	}
	return b.Bytes()
}

// replays are the ways in which replay can apply a log.
var replays = []string{"plain", "snapshot", "crash", "reopen", "forget"}

// checkReplays applies the log again in all other ways and expects the same state.
func (w *world) checkReplays() {
	w.t.Helper()
	if err := Audit(w.s); err != nil {
		w.t.Fatal(err)
	}
	for _, way := range replays {
		w.checkReplay(way)
	}
}

// checkReplay applies the log again in another way and expects the same state, byte for byte (I7).
func (w *world) checkReplay(way string) {
	w.t.Helper()
	index, digest := w.s.Digest()
	sum, err := w.s.Checksum()
	if err != nil {
		w.t.Fatal(err)
	}
	gotIndex, gotDigest, gotSum := w.replay(way)
	if gotIndex != index || gotDigest != digest || gotSum != sum {
		w.t.Fatalf("replayed with %s: index %d digest %.12s checksum %.12s, want %d %.12s %.12s", way, gotIndex, gotDigest, gotSum, index, digest, sum)
	}
}

// replay applies the log to an empty state and, at a few places on the way, goes over to another
// state: one restored from a snapshot ("snapshot"), one that lost what was not flushed and gets
// those entries again ("crash"), one that was closed and opened after a flush ("reopen"), one whose
// cache was lost ("forget").
func (w *world) replay(way string) (uint64, catalog.Digest, catalog.Digest) {
	w.t.Helper()
	fs := vfs.NewMem()
	open := func(fs vfs.FS) *State {
		s, err := Open(Config{Dir: "state", FS: fs, CacheBytes: 1 << 20, Level: w.level})
		if err != nil {
			w.t.Fatal(err)
		}
		return s
	}
	closed := func(s *State) {
		if err := s.Close(); err != nil {
			w.t.Fatal(err)
		}
	}
	s := open(fs)
	places := []int{len(w.log) / 3, len(w.log) / 2, len(w.log) - 1}
	if len(w.log) < 40 {
		places = []int{1, 2, 3, 5, 8, 13, 21, 34, len(w.log) - 1}
	}
	for i := 0; i < len(w.log); i++ {
		if _, err := s.Apply(uint64(i+1), w.log[i]); err != nil {
			w.t.Fatal(err)
		}
		if !slices.Contains(places, i) {
			continue
		}
		switch way {
		case "snapshot":
			b := snapshotOf(w.t, s)
			closed(s)
			s = open(vfs.NewMem())
			if err := s.Restore(bytes.NewReader(b)); err != nil {
				w.t.Fatal(err)
			}
		case "crash": // what was flushed at one place is found at the next
			closed(s)
			s = open(fs)
			flushed := s.Flushed()
			if at := s.Applied(); at != flushed {
				w.t.Fatalf("opened at %d, flushed %d", at, flushed)
			}
			for j := flushed; j <= uint64(i); j++ {
				if _, err := s.Apply(j+1, w.log[j]); err != nil {
					w.t.Fatal(err)
				}
				if j == (flushed+uint64(i))/2 {
					if err := s.db.Flush(); err != nil {
						w.t.Fatal(err)
					}
				}
			}
		case "reopen":
			if err := s.db.Flush(); err != nil {
				w.t.Fatal(err)
			}
			if s.Flushed() != s.Applied() {
				w.t.Fatalf("flushed %d of %d", s.Flushed(), s.Applied())
			}
			closed(s)
			s = open(fs)
			if s.Applied() != uint64(i+1) {
				w.t.Fatalf("opened at %d, want %d", s.Applied(), i+1)
			}
		case "forget":
			s.rows, s.pages, s.tasks, s.lanes, s.queueRows = newCache(), map[rows.Page]uint64{}, newTasks(), newHot[lane](), newHot[rows.Queue]()
		}
	}
	defer closed(s)
	if err := Audit(s); err != nil {
		w.t.Fatalf("replayed with %s: %v", way, err)
	}
	sum, err := s.Checksum()
	if err != nil {
		w.t.Fatal(err)
	}
	index, digest := s.Digest()
	return index, digest, sum
}
