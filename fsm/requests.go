package fsm

import (
	"fmt"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/history"
)

// The request table remembers the first outcome of each request id, so that repeating a request has no second effect. Given ids are kept 24 hours of log
// time and are at most Config.MaxRequest; ids that the CLI or SDK made up are kept 15 minutes and are at most madeUpFactor times as many, because a busy
// SDK makes one for each call. None is dropped early: a new id that finds the table full is refused.
const (
	givenFor     = 24 * time.Hour
	madeUpFor    = 15 * time.Minute
	madeUpFactor = 16
	maxRequestID = 200 // bytes
)

// remembered is the row of a request id.
type remembered struct {
	Print   catalog.Digest `cbor:"1,keyasint"`
	Index   uint64         `cbor:"2,keyasint"`
	Expires history.Time   `cbor:"3,keyasint"`
	Number  uint64         `cbor:"4,keyasint"` // its place in the expiry queue of its class
	Class   uint8          `cbor:"5,keyasint,omitempty"`
	Outcome []byte         `cbor:"6,keyasint"`
}

// Classes of request ids: each has an expiry queue of its own, in which ids stand in the order in which they expire.
const (
	classGiven  = 0
	classMadeUp = 1
)

func (r *Request) class() uint8 {
	if r.Short {
		return classMadeUp
	}
	return classGiven
}

func expiryKey(class uint8, number uint64) []byte { return u64(append(key(keyExpiry), class), number) }

// recall answers a command whose request id is known, or cannot be taken. Nothing else is looked at first, and nothing happens besides.
func (t *step) recall(q *Request) (Result, bool) {
	if q == nil {
		return Result{}, false
	}
	if q.ID == "" || len(q.ID) > maxRequestID {
		reason := fmt.Sprintf("has %d bytes, want 1 to %d", len(q.ID), maxRequestID)
		return Result{Index: t.index, Refusal: &catalog.InvalidInput{Field: "request_id", Reason: reason}}, true
	}
	var m remembered
	if t.read(textKey(keyRequest, q.ID), &m) && m.Expires > t.now {
		if m.Print != q.Print {
			return Result{Index: t.index, Refusal: &RequestMismatch{ID: q.ID}}, true
		}
		r, err := m.result()
		t.fail(err)
		r.Deduplicated = true
		return r, true
	}
	limit := t.s.cfg.MaxRequest
	if q.Short {
		limit *= madeUpFactor
	}
	if t.meta.Requests[q.class()].len() >= limit {
		return Result{Index: t.index, Refusal: &ResourceExhausted{What: "request ids", Limit: limit}}, true
	}
	return Result{}, false
}

// remember keeps the outcome of a request, except one that asks the engine to look again.
func (t *step) remember(q *Request, r Result) {
	if q == nil {
		return
	}
	switch r.Refusal.(type) {
	case *Recheck, *Fenced:
		return
	}
	m := remembered{Print: q.Print, Index: r.Index, Expires: t.now.Add(givenFor), Class: q.class(), Outcome: encodeOutcome(r)}
	if q.Short {
		m.Expires = t.now.Add(madeUpFor)
	}
	queue := &t.meta.Requests[m.Class]
	m.Number = queue.End
	queue.End++
	t.put(textKey(keyRequest, q.ID), encoded(m))
	t.put(expiryKey(m.Class, m.Number), append(u64(nil, uint64(m.Expires)), q.ID...))
	t.requests++
}

// forget drops ids that have expired: a few in each entry, more than it can have added, so that the table shrinks as fast as it grew.
func (t *step) forget() {
	for class := range uint8(2) {
		for n := 16 + 2*t.requests; n > 0 && t.forgetFirst(class); n-- {
		}
	}
}

func (t *step) forgetFirst(class uint8) bool {
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
	var m remembered
	if t.read(id, &m) && m.Class == class && m.Number == queue.First { // else it was taken again after it had expired
		t.del(id)
	}
	t.del(k)
	queue.First++
	return true
}

func (m *remembered) result() (Result, error) {
	r, err := decodeOutcome(m.Outcome)
	r.Index = m.Index
	return r, err
}

// Request implements View.
func (p *picture) Request(id string) (print catalog.Digest, result Result, ok bool) {
	var m remembered
	if !p.row(p.get(textKey(keyRequest, id)), &m) || m.Expires <= p.meta.Now {
		return catalog.Digest{}, Result{}, false
	}
	result, err := m.result()
	if err != nil {
		p.s.fail(err)
		return catalog.Digest{}, Result{}, false
	}
	result.Deduplicated = true
	return m.Print, result, true
}
