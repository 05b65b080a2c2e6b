package fsm

import (
	"slices"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// PurgeRuns deletes closed runs with their histories, in a batch that the leader keeps small. Runs
// that the rules keep, by the entry's own time, are passed over, those that took signals over from
// a run that is still there, and those after the ones whose rows are as many as one entry deletes:
// the leader names them again. Refused: resource_exhausted.
type PurgeRuns struct {
	Runs []history.RunID `cbor:"1,keyasint"` // at most 1,000
}

// PurgeAnswer counts.
type PurgeAnswer struct {
	Purged uint64 `cbor:"1,keyasint"`
}

// maxPurged is how many runs one command may name, purgedRows how many rows of histories it deletes
// one by one, if it is more than one run's: 5 ms of CPU.
//
// A family of more than pointRows rows of one run goes as a range instead, which counts as
// rangeRows. Deleting 1,000 rows one by one costs twice as much as a range, 4,000 two and a half
// times, 49,000 seventy times; but each range in memory makes the next entry dearer
// (store/ranges.go), so short histories go row by row.
const (
	maxPurged  = 1_000
	purgedRows = 5_000
	pointRows  = 1_000
	rangeRows  = 100
)

// Kind implements Command.
func (*PurgeRuns) Kind() Kind { return KindPurgeRuns }
func (*PurgeAnswer) answer()  {}

func (c *PurgeRuns) apply(t *step) (Answer, Refusal) {
	if len(c.Runs) > maxPurged {
		return nil, &ResourceExhausted{What: "runs deleted in one command", Limit: maxPurged}
	}
	answer, rows := new(PurgeAnswer), uint64(0)
	for _, id := range c.Runs {
		r := t.run(id)
		if r == nil || !t.s.rules.expired(&r.Run, t.now) || r.Tasks > 0 || r.Job != 0 || t.after(r) { // a task left over belongs to a worker that is still to be told
			continue
		}
		if answer.Purged > 0 && t.spent() {
			break
		}
		list, stored := t.stored(r)
		if rows += stored + asRows(r.Run.Turns) + asRows(r.Log.Blocks) + asRows(r.Updates); rows > purgedRows && answer.Purged > 0 {
			break
		}
		t.purge(r, list)
		answer.Purged++
	}
	return answer, nil
}

// purge deletes everything of a closed run. What others have written down of it stays: the run that
// continues it, its parent, its children and the feed name a run that is gone.
func (t *step) purge(r *row, stored []rows.Stretch) {
	t.forgetHistory(r, stored)
	t.delRows(r.Serial, rows.FamilyTurn, r.Run.Turns)
	t.forgetLog(r)
	t.forgetUpdates(r)
	t.label(r, nil)
	t.unlistByParent(r)
	t.leaveSpace(r)
	t.Del(rows.TypeKey(r.Run.Type, r.Serial))
	t.Del(rows.AppendU64(rows.VersionKey(rows.FamilyByVersion, r.Run.Version), r.Serial))
	t.unlistStatus(r)
	t.unlistClosed(r)
	if newest := t.Get(rows.TextKey(rows.FamilyLatest, r.Run.WorkflowID)); string(newest) == string(r.Run.RunID[:]) {
		t.Del(rows.TextKey(rows.FamilyLatest, r.Run.WorkflowID))
	}
	t.Del(rows.RunIDKey(r.Run.RunID))
	t.Del(rows.RunKey(r.Serial))
	t.s.rows.remove(r)
	if r.stale { // an earlier command of the entry touched it
		t.stale = slices.DeleteFunc(t.stale, func(other *row) bool { return other == r })
	}
	t.meta.Purged++
	t.s.freed.Add(r.Run.Bytes + r.Log.Bytes)
}

// asRows is what deleting n rows of a family counts.
func asRows(n uint64) uint64 {
	if n > pointRows {
		return rangeRows
	}
	return n
}

// delRows deletes a run's rows 1 to n of a family.
func (t *step) delRows(serial uint64, family byte, n uint64) {
	if n > pointRows {
		t.DelRange(rows.PairKey(family, serial, 0), rows.NumberKey(family, serial+1))
		return
	}
	for i := uint64(1); i <= n; i++ {
		t.Del(rows.PairKey(family, serial, i))
	}
}
