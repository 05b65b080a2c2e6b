package fsm

import (
	"fmt"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/namespace"
)

// Builds before owners wrote requests without one, and bounded the table by the number of keys.
// What they logged is applied as it was: while no node has said what limits.request_bytes is, a
// request without an owner is remembered in their rows. Such a row does not say whose it is. For
// the day that it lives it answers whoever repeats the very same request, so that a call repeated
// across the upgrade has one effect; for any other request of a token it does not exist.
const (
	unownedKeys   = 1_000_000
	unownedMadeUp = 16 * unownedKeys
)

// unowned reports whether a request is remembered in rows of the old kind.
func (t *step) unowned(q *Request) bool { return q.Owner == "" && t.s.limits.RequestBytes == 0 }

// foreignOwner: rows of the old kind are all of default.
func foreignOwner(q *Request) bool { return namespace.Of(q.Owner) != "" }

func (t *step) recallUnowned(q *Request) (Result, bool) {
	var m rows.UnownedRequest
	if !t.meta.AnyUnowned() || foreignOwner(q) || !t.Read(rows.TextKey(rows.FamilyRequest, q.ID), &m) || m.Expires <= t.now {
		return Result{}, false
	}
	r, known, err := repeatUnowned(&m, q)
	t.Fail(err)
	if r.Index == 0 {
		r.Index = t.index
	}
	return r, known
}

func (p *picture) requestUnowned(q *Request) (Result, bool) {
	var m rows.UnownedRequest
	if !p.meta.AnyUnowned() || foreignOwner(q) || !p.row(p.Get(rows.TextKey(rows.FamilyRequest, q.ID)), &m) || m.Expires <= p.meta.Now {
		return Result{}, false
	}
	r, known, err := repeatUnowned(&m, q)
	p.s.fail(err)
	return r, known && err == nil
}

func repeatUnowned(m *rows.UnownedRequest, q *Request) (Result, bool, error) {
	switch {
	case m.Print == q.Print:
		r, err := decodeOutcome(m.Outcome)
		r.Index, r.Deduplicated = m.Index, true
		return r, true, err
	case q.Owner != "":
		return Result{}, false, nil
	}
	return Result{Refusal: &RequestMismatch{ID: q.ID}}, true, nil
}

func (t *step) roomUnowned(q *Request) Refusal {
	limit := uint64(unownedKeys)
	if q.Short {
		limit = unownedMadeUp
	}
	if t.meta.Requests[q.class()].Len() >= limit {
		return &ResourceExhausted{What: "request ids", Limit: limit}
	}
	return nil
}

func (t *step) rememberUnowned(q *Request, r Result) {
	m := rows.UnownedRequest{Print: q.Print, Index: r.Index, Class: q.class(), Outcome: encodeOutcome(r)}
	m.Expires = rows.Due(t.now, lifetime(m.Class))
	queue := &t.meta.Requests[m.Class]
	m.Number = queue.End
	queue.End++
	t.Put(rows.TextKey(rows.FamilyRequest, q.ID), rows.Encoded(&m))
	t.Put(rows.ExpiryKey(m.Class, m.Number), append(rows.AppendU64(nil, uint64(m.Expires)), q.ID...))
}

// forgetUnowned drops the first key of a queue if it has expired.
func (t *step) forgetUnowned(class uint8) bool {
	queue, due := &t.meta.Requests[class], &t.s.expiry[class]
	if queue.Len() == 0 || t.now < *due {
		return false
	}
	k := rows.ExpiryKey(class, queue.First)
	v := t.Get(k)
	if v == nil {
		t.Fail(fmt.Errorf("row %x is missing", k))
		return false
	}
	if *due = history.Time(rows.U64(v)); t.now < *due {
		return false
	}
	id := rows.TextKey(rows.FamilyRequest, string(v[8:]))
	var m rows.UnownedRequest
	if t.Read(id, &m) && m.Class == class && m.Number == queue.First { // else it was taken again after it had expired
		t.Del(id)
	}
	t.Del(k)
	queue.First++
	return true
}
