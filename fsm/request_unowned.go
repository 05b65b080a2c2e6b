package fsm

import (
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
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

// unownedRow is the row of a request key.
type unownedRow struct {
	Print   catalog.Digest `cbor:"1,keyasint"`
	Index   uint64         `cbor:"2,keyasint"`
	Expires history.Time   `cbor:"3,keyasint"`
	Number  uint64         `cbor:"4,keyasint"` // its place in the expiry queue of its class
	Class   uint8          `cbor:"5,keyasint,omitempty"`
	Outcome []byte         `cbor:"6,keyasint"`
}

func expiryKey(class uint8, number uint64) []byte {
	return u64(append(key(keyExpiry), class), number)
}

// unowned reports whether a request is remembered in rows of the old kind.
func (t *step) unowned(q *Request) bool { return q.Owner == "" && t.s.limits.RequestBytes == 0 }

// anyUnowned reports whether there are rows of the old kind.
func (m *meta) anyUnowned() bool {
	return m.Requests[classGiven].len()+m.Requests[classMadeUp].len() > 0
}

func (t *step) recallUnowned(q *Request) (Result, bool) {
	var m unownedRow
	if !t.meta.anyUnowned() || !t.read(textKey(keyRequest, q.ID), &m) || m.Expires <= t.now {
		return Result{}, false
	}
	r, known, err := repeatUnowned(&m, q)
	t.fail(err)
	if r.Index == 0 {
		r.Index = t.index
	}
	return r, known
}

func (p *picture) requestUnowned(q *Request) (Result, bool) {
	var m unownedRow
	if !p.meta.anyUnowned() || !p.row(p.get(textKey(keyRequest, q.ID)), &m) || m.Expires <= p.meta.Now {
		return Result{}, false
	}
	r, known, err := repeatUnowned(&m, q)
	p.s.fail(err)
	return r, known && err == nil
}

func repeatUnowned(m *unownedRow, q *Request) (Result, bool, error) {
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
	if t.meta.Requests[q.class()].len() >= limit {
		return &ResourceExhausted{What: "request ids", Limit: limit}
	}
	return nil
}

func (t *step) rememberUnowned(q *Request, r Result) {
	m := unownedRow{Print: q.Print, Index: r.Index, Class: q.class(), Outcome: encodeOutcome(r)}
	m.Expires = due(t.now, lifetime(m.Class))
	queue := &t.meta.Requests[m.Class]
	m.Number = queue.End
	queue.End++
	t.put(textKey(keyRequest, q.ID), encoded(m))
	t.put(expiryKey(m.Class, m.Number), append(u64(nil, uint64(m.Expires)), q.ID...))
}

// forgetUnowned drops the first key of a queue if it has expired.
func (t *step) forgetUnowned(class uint8) bool {
	queue, due := &t.meta.Requests[class], &t.s.expiry[class]
	if queue.len() == 0 || t.now < *due {
		return false
	}
	k := expiryKey(class, queue.First)
	v := t.get(k)
	if v == nil {
		t.fail(fmt.Errorf("row %x is missing", k))
		return false
	}
	if *due = history.Time(readU64(v)); t.now < *due {
		return false
	}
	id := textKey(keyRequest, string(v[8:]))
	var m unownedRow
	if t.read(id, &m) && m.Class == class && m.Number == queue.First { // else it was taken again after it had expired
		t.del(id)
	}
	t.del(k)
	queue.First++
	return true
}
