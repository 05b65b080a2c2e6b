package engine

import (
	"container/list"
	"sync"

	"aion.dev/aion/engine/history"
	"aion.dev/aion/engine/replay"
)

// keep is a bounded cache that lets go of what was used longest ago. Its zero value is unusable; see newKeep.
type keep[K comparable, V any] struct {
	limit int
	bytes uint64         // with size: of all values together
	size  func(V) uint64 // bytes of a value that is put; nil = not counted
	drop  func(V)        // called, outside the lock, for every value that leaves by itself; may be nil

	mu    sync.Mutex // guards what follows
	order *list.List // of entry[K, V], newest use first
	items map[K]*list.Element
	held  uint64 // bytes
}

type entry[K comparable, V any] struct {
	key   K
	value V
	size  uint64
}

func newKeep[K comparable, V any](limit int) *keep[K, V] {
	return &keep[K, V]{limit: limit, order: list.New(), items: make(map[K]*list.Element)}
}

// newParked keeps machines between their uses, and closes those that leave.
func newParked(limit int, bytes uint64) *keep[history.RunID, *replay.Machine] {
	k := newKeep[history.RunID, *replay.Machine](limit)
	k.bytes, k.size, k.drop = bytes, (*replay.Machine).Memory, (*replay.Machine).Close
	return k
}

// get returns the value and counts as a use.
func (k *keep[K, V]) get(key K) (v V, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	e, ok := k.items[key]
	if !ok {
		return v, false
	}
	k.order.MoveToFront(e)
	return e.Value.(entry[K, V]).value, true
}

// take removes the value and gives it to the caller, who owns it then.
func (k *keep[K, V]) take(key K) (v V, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	e, ok := k.items[key]
	if !ok {
		return v, false
	}
	return k.remove(e), true
}

// put keeps a value, dropping one it replaces and those that no longer fit.
func (k *keep[K, V]) put(key K, value V) {
	var dropped []V
	k.mu.Lock()
	if e, ok := k.items[key]; ok {
		dropped = append(dropped, k.remove(e))
	}
	in := entry[K, V]{key: key, value: value}
	if k.size != nil {
		in.size = k.size(value)
	}
	k.items[key] = k.order.PushFront(in)
	k.held += in.size
	for k.order.Len() > k.limit || k.size != nil && k.held > k.bytes {
		dropped = append(dropped, k.remove(k.order.Back()))
	}
	k.mu.Unlock()
	k.dropAll(dropped)
}

// remove is called with mu held.
func (k *keep[K, V]) remove(e *list.Element) V {
	out := k.order.Remove(e).(entry[K, V])
	delete(k.items, out.key)
	k.held -= out.size
	return out.value
}

// clear drops everything.
func (k *keep[K, V]) clear() {
	var dropped []V
	k.mu.Lock()
	for e := k.order.Front(); e != nil; e = e.Next() {
		dropped = append(dropped, e.Value.(entry[K, V]).value)
	}
	k.order.Init()
	clear(k.items)
	k.held = 0
	k.mu.Unlock()
	k.dropAll(dropped)
}

func (k *keep[K, V]) len() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.order.Len()
}

func (k *keep[K, V]) dropAll(values []V) {
	if k.drop == nil {
		return
	}
	for _, v := range values {
		k.drop(v)
	}
}
