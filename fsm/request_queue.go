package fsm

import (
	"fmt"

	"aion.dev/aion/fsm/history"
)

// The queue of request keys has a row for each, in the order in which they expire:
//
//	U | class (1) | second (5) | hash (12)  ->  owner
//
// A key that is taken again after it had expired stands there twice: the old place is passed over,
// because the row names another second.
const (
	secondBytes   = 5
	queueKeyBytes = 1 + 1 + secondBytes + hashBytes
)

func queueKey(class uint8, second uint64, hash []byte) []byte {
	k := u64(append(key(keyForget), class), second)
	k = append(k[:2], k[2+8-secondBytes:]...)
	return append(k, hash...)
}

// dueRequest is a place in the queue whose time has come.
type dueRequest struct {
	place []byte
	owner string
}

// forget drops keys that have expired: a few in each entry, more than it can have added, so that
// the table shrinks as fast as it grew.
func (t *step) forget() {
	for class := range uint8(classes) {
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
	if t.err != nil || t.now < *next {
		return nil
	}
	*next = due(t.now, lifetime(class)) // unless the queue has somebody before that
	first := append(append(key(keyForget), class), t.meta.Table[class].Front...)
	err := scan(t.s.db, first, append(key(keyForget), class+1), func(k, v []byte) bool {
		second := readU64(append(make([]byte, 8-secondBytes, 8), k[2:2+secondBytes]...))
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
		t.fail(fmt.Errorf("queue of request keys: %w", err))
		return nil
	}
	if len(list) > 0 { // readers of the queue need not step over what is gone
		t.meta.Table[class].Front = append(list[len(list)-1].place[2:], 0)
	}
	return list
}

func (t *step) forgetRequest(class uint8, d dueRequest) {
	t.del(d.place)
	hash := d.place[2+secondBytes : 2+secondBytes+hashBytes]
	k := append(key(keyRemembered), hash...)
	b := t.get(k)
	if b == nil {
		return
	}
	m, err := decodeRemembered(b)
	if t.fail(err); m.Class == class && !m.alive(t.now) {
		t.del(k)
		t.hold(class, d.owner, -m.cost(b, d.owner))
	}
}
