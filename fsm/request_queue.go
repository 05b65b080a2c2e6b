package fsm

import (
	"fmt"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// dueRequest is a place in the queue whose time has come.
type dueRequest struct {
	place []byte
	owner string
}

// forget drops keys that have expired: a few in each entry, more than it can have added, so that
// the table shrinks as fast as it grew.
func (t *step) forget() {
	for class := range uint8(rows.Classes) {
		n := 16 + 2*t.requests
		for left := n; left > 0 && t.forgetUnowned(class); left-- {
		}
		for _, d := range t.dueRequests(class, n) {
			t.forgetRequest(class, d)
		}
	}
}

// dueRequests takes up to n places off the queue's front. It reads the database without what the
// entry wrote: a place of this entry is not due in it.
func (t *step) dueRequests(class uint8, n int) (list []dueRequest) {
	next := &t.s.nextRequest[class]
	if t.Err() != nil || t.now < *next {
		return nil
	}
	*next = rows.Due(t.now, lifetime(class)) // unless the queue has somebody before that
	first := append(append(rows.Key(rows.FamilyForget), class), t.meta.Table[class].Front...)
	err := t.s.db.Scan(first, append(rows.Key(rows.FamilyForget), class+1), func(k, v []byte) bool {
		second := rows.U64(append(make([]byte, 8-rows.SecondBytes, 8), k[2:2+rows.SecondBytes]...))
		if second*1e9 > uint64(t.now) {
			*next = history.Time(min(second*1e9, uint64(maxTime)))
			return false
		}
		if len(list) == n {
			*next = t.now
			return false
		}
		list = append(list, dueRequest{append([]byte(nil), k...), string(v)})
		return true
	})
	if err != nil {
		t.Fail(fmt.Errorf("queue of request keys: %w", err))
		return nil
	}
	if len(list) > 0 { // readers of the queue need not step over what is gone
		t.meta.Table[class].Front = append(list[len(list)-1].place[2:], 0)
	}
	return list
}

func (t *step) forgetRequest(class uint8, d dueRequest) {
	t.Del(d.place)
	hash := d.place[2+rows.SecondBytes : 2+rows.SecondBytes+rows.HashBytes]
	k := append(rows.Key(rows.FamilyRemembered), hash...)
	b := t.Get(k)
	if b == nil {
		return
	}
	m, err := rows.DecodeRemembered(b)
	if t.Fail(err); m.Class == class && !m.Alive(t.now) {
		t.Del(k)
		t.hold(class, d.owner, -m.Cost(b, d.owner))
	}
}
