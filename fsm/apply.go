package fsm

import (
	"fmt"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// Apply applies one committed entry. Entries at or below Applied are skipped and answer nil. An
// error means that this node cannot go on: the entry cannot be read, or the disk failed; the state
// is unchanged then.
func (s *State) Apply(index uint64, entry []byte) ([]Result, error) {
	if err := s.failed(); err != nil {
		return nil, fmt.Errorf("apply entry %d: %w", index, err)
	}
	if index <= s.meta.Index {
		return nil, nil
	}
	at, budget, pieces, err := splitEntry(entry)
	if err != nil {
		return nil, fmt.Errorf("apply entry %d: %w", index, err)
	}
	envelopes := make([]Envelope, len(pieces))
	for i, p := range pieces { // all before any: a command that cannot be read must not leave those before it applied
		if envelopes[i], err = DecodeEnvelope(p); err != nil {
			return nil, fmt.Errorf("apply entry %d, command %d of %d: %w", index, i+1, len(pieces), err)
		}
		s.db.Worked(1)
	}

	t := s.begin(index, max(s.meta.Now, at))
	t.budget = budget
	results := make([]Result, len(envelopes))
	for i := range envelopes {
		t.place = i
		results[i] = t.do(&envelopes[i], len(pieces[i]))
	}
	if err := t.commit(); err != nil {
		err = fmt.Errorf("apply entry %d: %w", index, err)
		s.fail(err)
		return nil, err
	}
	if s.cfg.Check != nil {
		if err := s.cfg.Check(s); err != nil {
			panic(fmt.Sprintf("fsm: after entry %d: %s", index, err))
		}
	}
	return results, nil
}

func (s *State) begin(index uint64, now history.Time) *step {
	t := s.step
	if t == nil {
		t = &step{s: s, Overlay: s.db.Overlay(), schedules: scheduleChanges{read: map[string]*schedule{}}}
		s.step = t
	}
	t.reset()
	t.index, t.now, t.meta = index, now, s.meta
	t.meta.Index, t.meta.Now = index, now
	return t
}

// do carries out one command, or refuses it, or answers again what it answered before.
func (t *step) do(e *Envelope, size int) Result {
	if r, known := t.recall(e.Request); known {
		return r
	}
	t.who, t.size, t.rules, t.owed, t.telling = e, size, 0, 0, nil
	var answer Answer
	refusal := t.absent(e)
	if refusal == nil {
		answer, refusal = e.Command.apply(t)
	}
	for _, r := range t.dirty {
		t.project(r)
	}
	t.dirty = t.dirty[:0]
	r := Result{Index: t.index, Answer: answer, Refusal: refusal}
	t.remember(e.Request, r)
	return r
}

// commit writes the entry's changes, the new digest and the applied index as one batch, and makes
// them visible.
func (t *step) commit() error {
	for _, r := range t.stale {
		t.store(r)
	}
	t.judgeCanaries()
	t.settle()
	t.storeQueues()
	t.storeSchedules()
	t.storePages()
	t.storePins()
	t.storeCounts()
	t.storeFingerprints()
	t.storeFeed()
	t.storeSpaceFeed()
	t.storeUses()
	t.dropChecks()
	t.forget()
	t.s.owners.store(t, (*rows.OwnerUse).Empty)
	t.meta.Digest = t.Overlay.Digest(t.s.meta.Digest, &t.meta)
	t.note()
	if err := t.Overlay.Commit(t.meta); err != nil {
		return err
	}
	s := t.s
	s.meta = t.meta
	s.rows.trim()
	s.lanes.trim()
	s.queueRows.trim()
	s.owners.trim()
	if len(s.pages) > maxPages {
		clear(s.pages)
	}
	if err := s.queues.keep(t); err != nil {
		return err
	}
	if err := s.fronts.advance(s); err != nil {
		return err
	}
	s.tails.keep(t)
	s.recent.keep(t)
	s.news.keep(t)
	s.publish()
	return nil
}
