package fsm

import (
	"cmp"
	"fmt"
	"slices"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/fsm/store"
)

// The request table is bounded by bytes, each class by itself, and shared among the owners: a token
// may hold three quarters of what the others leave. So one that fills its share is refused while
// the next still finds room, and one that is alone has most of the table. Keys of no token are
// everybody's: for them the whole table is the bound.
const (
	shareOf, shareIn = 3, 4
	madeUpBytes      = 2 // made-up keys have so many times the bytes of given ones: a busy SDK makes one for each call
	maxHolders       = 20
)

func (t *step) useOf(owner string) *hotRow[rows.OwnerUse] {
	return t.s.owners.row(t, rows.TextKey(rows.FamilyOwner, owner))
}

// hold adds a key of so many bytes to what its owner holds, or takes one away.
func (t *step) hold(class uint8, owner string, bytes int64) {
	keys := uint64(1)
	if bytes < 0 {
		keys = ^uint64(0)
	}
	u, total := t.s.owners.touch(t.useOf(owner)), &t.meta.Table[class]
	u.Bytes[class] += uint64(bytes)
	u.Keys[class] += keys
	total.Bytes += uint64(bytes)
	total.Keys += keys
	if held := u.Bytes[class]; held >= total.Held || owner == total.Holder {
		total.Holder, total.Held = owner, held
	}
}

// limitOf is how many bytes a class may take.
func limitOf(l rows.Limits, class uint8) uint64 {
	bytes := cmp.Or(l.RequestBytes, DefaultRequestBytes)
	if class == rows.ClassMadeUp {
		bytes *= madeUpBytes
	}
	return bytes
}

// room refuses a new key when the table, or its owner's share of it, is full.
func (t *step) room(q *Request) Refusal {
	if t.unowned(q) {
		return t.roomUnowned(q)
	}
	class, owner := q.class(), q.Owner
	total, limit := t.meta.Table[class], limitOf(t.s.limits, class)
	full := &RequestsFull{Owner: owner, Limit: limit, Total: total.Bytes, Holder: total.Holder, Held: total.Held, MadeUp: q.Short}
	if total.Bytes >= limit {
		return full
	}
	if owner == "" {
		return nil
	}
	held := t.useOf(owner).value.Bytes[class]
	if others := total.Bytes - held; held >= (limit-others)/shareIn*shareOf {
		full.Holder, full.Held, full.Share = owner, held, true
		return full
	}
	return nil
}

// RequestsFull refuses a new request key: the table has no room for it. It is not remembered: the
// same key is taken once there is room again.
type RequestsFull struct {
	Owner  string // who asked; empty = the cluster, which has no tokens
	Limit  uint64 // bytes
	Total  uint64 // bytes taken
	Holder string // who holds most of them
	Held   uint64 // bytes
	Share  bool   // Holder is Owner, and has its share
	MadeUp bool
}

func (r *RequestsFull) Error() string {
	kind, days := "given", "24 hours"
	if r.MadeUp {
		kind, days = "made-up", "15 minutes"
	}
	who := func(owner string) string {
		if owner == "" {
			return "the cluster"
		}
		return fmt.Sprintf("token %s", catalog.Quote(owner))
	}
	if r.Share {
		return fmt.Sprintf("%s holds %d bytes of %s request keys, its share of the %d bytes that limits.request_bytes allows; a key leaves %s after it came",
			who(r.Holder), r.Held, kind, r.Limit, days)
	}
	return fmt.Sprintf("%s request keys take %d bytes, limits.request_bytes allows %d; %s holds most, %d bytes; a key leaves %s after it came",
		kind, r.Total, r.Limit, who(r.Holder), r.Held, days)
}
func (r *RequestsFull) Code() string { return "resource_exhausted" }
func (r *RequestsFull) Facts() map[string]any {
	return map[string]any{"what": "request keys", "setting": "limits.request_bytes", "limit": r.Limit, "used": r.Total, "holder": r.Holder, "held": r.Held}
}

// RequestUse is what the request table holds of one class.
type RequestUse struct {
	MadeUp bool
	Bytes  uint64
	Keys   uint64
	Limit  uint64   // bytes
	Owners []Holder // those who hold most, the largest first, at most 20
}

// Holder is what one owner holds.
type Holder struct {
	Owner string // empty = the cluster
	Bytes uint64
	Keys  uint64
}

// RequestUse implements View.
func (p *picture) RequestUse() []RequestUse {
	uses := make([]RequestUse, rows.Classes)
	for class := range uses {
		total := p.meta.Table[class]
		uses[class] = RequestUse{MadeUp: class == rows.ClassMadeUp, Bytes: total.Bytes, Keys: total.Keys, Limit: limitOf(p.limits, uint8(class))}
	}
	p.s.fail(store.Each(p.snap.Reader, rows.FamilyOwner, func(k []byte, u rows.OwnerUse) {
		for class := range uses {
			if u.Keys[class] > 0 {
				uses[class].add(Holder{string(k[1:]), u.Bytes[class], u.Keys[class]})
			}
		}
	}))
	return uses
}

// add keeps the largest.
func (u *RequestUse) add(h Holder) {
	at, _ := slices.BinarySearchFunc(u.Owners, h, func(a, b Holder) int { return cmp.Compare(b.Bytes, a.Bytes) })
	u.Owners = slices.Insert(u.Owners, at, h)
	u.Owners = u.Owners[:min(len(u.Owners), maxHolders)]
}
