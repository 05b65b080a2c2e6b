package fsm

import (
	"fmt"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// The request table remembers the first outcome of each request key, so that repeating a request
// has no second effect. A key belongs to its owner: the same key of two owners is two requests.
// Given keys are kept 24 hours of log time; keys that the CLI or SDK made up are kept 15 minutes.
// None is dropped early: a new key that finds the table full is refused (request_use.go).
//
// request_row.go has the bytes of a row, request_queue.go the order in which rows expire, and
// request_unowned.go the rows that builds without owners wrote.
const (
	givenFor     = history.Duration(24 * time.Hour)
	madeUpFor    = history.Duration(15 * time.Minute)
	maxRequestID = 200 // bytes, also of an owner
)

func (r *Request) class() uint8 {
	if r.Short {
		return rows.ClassMadeUp
	}
	return rows.ClassGiven
}

func lifetime(class uint8) history.Duration {
	if class == rows.ClassMadeUp {
		return madeUpFor
	}
	return givenFor
}

// recall answers a command whose request key is known, or cannot be taken. Nothing else is looked
// at first, and nothing happens besides.
func (t *step) recall(q *Request) (Result, bool) {
	t.expired = nil
	if q == nil {
		return Result{}, false
	}
	for _, f := range [...]struct{ field, text string }{{"request_id", q.ID}, {"request_owner", q.Owner}} {
		if len(f.text) > maxRequestID || f.text == "" && f.field == "request_id" {
			reason := fmt.Sprintf("has %d bytes, want 1 to %d", len(f.text), maxRequestID)
			return Result{Index: t.index, Refusal: &catalog.InvalidInput{Field: f.field, Reason: reason}}, true
		}
	}
	if b := t.Get(q.key()); b != nil {
		m, err := rows.DecodeRemembered(b)
		if t.Fail(err); m.Alive(t.now) {
			r, err := repeat(&m, q)
			t.Fail(err)
			if r.Index == 0 {
				r.Index = t.index
			}
			return r, true
		}
		t.expired = b
	}
	if r, known := t.recallUnowned(q); known {
		return r, true
	}
	if refusal := t.room(q); refusal != nil {
		return Result{Index: t.index, Refusal: refusal}, true
	}
	return Result{}, false
}

// remember keeps the outcome of a request, except one that asks the engine to look again.
func (t *step) remember(q *Request, r Result) {
	if q == nil {
		return
	}
	switch r.Refusal.(type) {
	case *Recheck, *Fenced, *TreeCloses, *RunCloses, *Overtaken, *QuotaReached, *RunQuotaReached, *NoNamespace:
		return
	}
	t.requests++
	if t.unowned(q) {
		t.rememberUnowned(q, r)
		return
	}
	m := rows.Remembered{Print: printOf(q), Index: r.Index, Class: q.class(), Outcome: packOutcome(r)}
	m.Expires = secondAfter(rows.Due(t.now, lifetime(m.Class)))
	row := m.Encode()
	if t.expired != nil { // the row that it replaces is no longer counted
		old, err := rows.DecodeRemembered(t.expired)
		t.Fail(err)
		t.hold(old.Class, q.Owner, -old.Cost(t.expired, q.Owner))
	}
	key := q.key()
	t.Put(key, row)
	t.Put(rows.ForgetKey(m.Class, m.Expires, key[1:]), []byte(q.Owner))
	t.hold(m.Class, q.Owner, m.Cost(row, q.Owner))
}

// Request implements View.
func (p *picture) Request(q Request) (Result, bool) {
	if b := p.Get(q.key()); b != nil {
		m, err := rows.DecodeRemembered(b)
		if err == nil && m.Alive(p.meta.Now) {
			var r Result
			if r, err = repeat(&m, &q); err == nil {
				return r, true
			}
		}
		p.s.fail(err)
	}
	return p.requestUnowned(&q)
}

// repeat is what a request that comes again is answered: the first outcome, or that its key was
// used for another request.
func repeat(m *rows.Remembered, q *Request) (r Result, err error) {
	if m.Print != printOf(q) {
		return Result{Refusal: &RequestMismatch{ID: q.ID}}, nil
	}
	r, err = unpackOutcome(m.Outcome)
	r.Index, r.Deduplicated = m.Index, true
	return r, err
}
