package fsm

import (
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// MoveRun puts an open run on another version, on which its recorded turns were replayed before the
// log and asked for the same. Turns, Reopened and From fence that proof. From then on every turn of
// the run is replayed on the new version, the old ones too. Its pin, its place in listings and its
// count go along in the same step. Refused: not_found, not_running, version_unavailable (To is not
// loaded or does not carry the type), stopped, and Fenced when the run is not as the proof saw it.
type MoveRun struct {
	Run      RunRef          `cbor:"1,keyasint"`
	From     catalog.Version `cbor:"2,keyasint"`
	To       catalog.Version `cbor:"3,keyasint"`
	Turns    uint64          `cbor:"4,keyasint"`           // that were replayed: all that the run has
	Reopened uint64          `cbor:"5,keyasint,omitempty"` // how often the run had been reopened
}

// Kind implements Command.
func (*MoveRun) Kind() Kind { return KindMoveRun }

func (c *MoveRun) apply(t *step) (Answer, Refusal) {
	r, refusal := t.open(c.Run)
	if refusal != nil {
		return nil, refusal
	}
	fenced := func(format string, args ...any) (Answer, Refusal) {
		return nil, &Fenced{RunID: r.Run.RunID, Why: fmt.Sprintf(format, args...)}
	}
	switch {
	case t.level() < 2:
		return fenced("nodes of an earlier build are not replaced yet")
	case r.Run.Version != c.From || c.From == c.To:
		return fenced("to be moved from version %s to %s, but it is on %s", c.From.Short(), c.To.Short(), r.Run.Version.Short())
	case r.Run.Turns != c.Turns:
		return fenced("proven for %d turns, but it has recorded %d", c.Turns, r.Run.Turns)
	case uint64(len(r.Run.Reopened)) != c.Reopened:
		return fenced("proven after %d reopenings, but there were %d", c.Reopened, len(r.Run.Reopened))
	}
	if refusal := t.carried(r, c.To); refusal != nil {
		return nil, refusal
	}
	if r.Run.Status == history.StatusRunning { // a paused one goes there to be resumed later
		if refusal := t.stopped(r.Run.Type, c.To); refusal != nil {
			return nil, refusal
		}
	}
	before := t.countsOf(r)
	t.relocate(r, c.To)
	t.moved(r, c.From)
	t.countMoved(r, before)
	return r.answer(), nil
}

// carried refuses a version that is not loaded, or has not r's type.
func (t *step) carried(r *row, v catalog.Version) Refusal {
	if p, loaded := t.s.catalog.Package(v); loaded {
		if _, carries := p.Member(r.Run.Type); carries {
			return nil
		}
	}
	return &catalog.VersionUnavailable{Type: r.Run.Type, Version: v}
}

// relocate puts r on another version, in its row and in the indexes.
func (t *step) relocate(r *row, to catalog.Version) {
	from := r.Run.Version
	if r.PinKind != 0 {
		t.Del(rows.PinKey(from, r.PinKind, r.PinNumber))
		t.count(from, r.PinKind, r.PinNumber, -1)
		r.PinKind, r.PinNumber = 0, 0 // project pins the other version
	}
	t.Del(rows.AppendU64(rows.VersionKey(rows.FamilyByVersion, from), r.Serial))
	if r.Listed != 0 {
		t.countRun(r, r.Listed, -1)
	}
	r.Run.Version = to
	t.Put(rows.AppendU64(rows.VersionKey(rows.FamilyByVersion, to), r.Serial), nil)
	if r.Listed != 0 {
		t.countRun(r, r.Listed, +1)
	}
	t.touch(r)
}

// moved records that r has been relocated.
func (t *step) moved(r *row, from catalog.Version) {
	t.append(r, &history.WorkflowMoved{From: from, To: r.Run.Version, Turn: r.Run.Turns})
	r.Run.Moved = r.Run.Events
}
