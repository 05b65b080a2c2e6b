package fsm

import (
	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/rows"
)

// A batch does one operation to many runs. Its row says which runs, and how far it has come: a
// serial, below which runs are still to be looked at. ActBatch does the operation to the next runs
// and moves the serial in the same entry, so it is done to each run once, whoever leads. Which
// runs: those that started before the batch did, and meet its conditions when it comes to them. It
// comes to each run at most once, from the newest down. Level 4.

// Bounds of batches.
const (
	MaxBatches        = 1_000 // that are kept; an ended one gives way to a new one
	MaxRunningBatches = 20
	MaxBatchFailures  = 1_000 // of one batch that are listed; more are only counted
	MaxBatchRate      = 10_000
)

// StartBatch begins a batch. Refused: resource_exhausted (too many run).
type StartBatch struct {
	ID   string         `cbor:"1,keyasint"` // minted before the log
	Spec rows.BatchSpec `cbor:"2,keyasint"`
}

// StopBatch ends a batch where it stands. One that has ended stays as it is. Refused: not_found.
type StopBatch struct {
	ID string `cbor:"1,keyasint"`
}

// BatchAnswer is the answer of commands on batches.
type BatchAnswer struct {
	Batch   rows.Batch `cbor:"1,keyasint"`
	Acted   uint64     `cbor:"2,keyasint,omitempty"` // of ActBatch: runs that it has passed
	Blocked bool       `cbor:"3,keyasint,omitempty"` // of ActBatch: the next run cannot be dealt with as it stands; look at it again
}

// NoBatch refuses an id that no batch of the namespace has.
type NoBatch struct {
	ID string `cbor:"1,keyasint"`
}

func (r *NoBatch) Error() string { return "there is no batch " + catalog.Quote(r.ID) }

// Code implements Refusal.
func (*NoBatch) Code() string { return "not_found" }

// Facts implements Refusal.
func (r *NoBatch) Facts() map[string]any { return map[string]any{"batch_id": r.ID} }

// Kind implements Command.
func (*StartBatch) Kind() Kind { return KindStartBatch }

// Kind implements Command.
func (*StopBatch) Kind() Kind { return KindStopBatch }
func (*BatchAnswer) answer()  {}

func (c *StartBatch) apply(t *step) (Answer, Refusal) {
	switch {
	case t.level() < 4:
		return nil, &Fenced{Why: "nodes of an earlier build are not replaced yet"}
	case t.level() < 5 && c.Spec.Op == rows.BatchReset:
		return nil, &Fenced{Why: "nodes of an earlier build are not replaced yet"}
	case len(c.Spec.Reason) > maxText:
		return nil, tooLong("reason", len(c.Spec.Reason))
	case len(c.Spec.Signal) > maxText:
		return nil, tooLong("name", len(c.Spec.Signal))
	case len(t.s.batches) >= MaxRunningBatches:
		return nil, &ResourceExhausted{What: "batches that run", Limit: MaxRunningBatches}
	}
	if b := t.batch(c.ID); b != nil { // minted twice
		return &BatchAnswer{Batch: *b}, nil
	}
	t.makeRoom()
	b := &rows.Batch{ID: c.ID, Spec: c.Spec, Actor: t.who.Actor, Status: rows.BatchRunning, Since: t.now, Index: t.index, Below: t.meta.Serial + 1}
	if only := t.who.Only; only != nil {
		b.Space, b.Limited, b.Types = only.Space, only.Limited(), only.Types
	}
	t.storeBatch(b)
	return &BatchAnswer{Batch: *b}, nil
}

func (c *StopBatch) apply(t *step) (Answer, Refusal) {
	b := t.batch(c.ID)
	if b == nil || b.Space != t.who.Only.In() {
		return nil, &NoBatch{clip(c.ID)}
	}
	if b.Status == rows.BatchRunning {
		b.Status, b.Ended = rows.BatchStopped, t.now
		t.storeBatch(b)
	}
	return &BatchAnswer{Batch: *b}, nil
}

func (t *step) batch(id string) *rows.Batch {
	b := new(rows.Batch)
	if !t.Read(rows.BatchKey(id), b) {
		return nil
	}
	return b
}

// storeBatch writes a batch. Those that run are in memory, too; pictures share the list.
func (t *step) storeBatch(b *rows.Batch) {
	t.Put(rows.BatchKey(b.ID), rows.Encoded(b))
	var running []string
	for _, id := range t.s.batches {
		if id != b.ID {
			running = append(running, id)
		}
	}
	if b.Status == rows.BatchRunning {
		running = append(running, b.ID)
	}
	t.s.batches = running
}

// makeRoom deletes the oldest batches that have ended when there are too many.
func (t *step) makeRoom() {
	n := 0
	var ended []rows.Batch // oldest first: ids rise with time
	t.eachBatch(func(b rows.Batch) {
		if n++; b.Status != rows.BatchRunning {
			ended = append(ended, b)
		}
	})
	for i := 0; n >= MaxBatches && i < len(ended); i++ {
		t.forgetBatch(&ended[i])
		n--
	}
}

func (t *step) eachBatch(f func(b rows.Batch)) {
	t.Scan(rows.BatchKey(""), rows.After(rows.BatchKey("")), func(_, v []byte) bool {
		t.Charge(1)
		var b rows.Batch
		t.Fail(rows.Decode(v, &b))
		f(b)
		return true
	})
}

func (t *step) forgetBatch(b *rows.Batch) {
	for n := range b.Listed {
		t.Del(rows.BatchFailureKey(b.ID, n))
	}
	t.Del(rows.BatchKey(b.ID))
}

// forgetBatches deletes those of a namespace that is being deleted, in which no run is open.
func (t *step) forgetBatches(space string) {
	if t.level() < 4 {
		return
	}
	var all []rows.Batch
	t.eachBatch(func(b rows.Batch) {
		if b.Space == space {
			all = append(all, b)
		}
	})
	for i := range all {
		all[i].Status = rows.BatchStopped
		t.storeBatch(&all[i]) // off the list of those that run
		t.forgetBatch(&all[i])
	}
}
