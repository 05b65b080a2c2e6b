package engine

import (
	"container/list"
	"sync"
)

// keep is a bounded cache that lets go of what was used longest ago. Its zero value is unusable; see newKeep.
type keep[K comparable, V any] struct {
	limit int
	drop  func(V) // called, outside the lock, for every value that leaves by itself; may be nil

	mu    sync.Mutex // guards what follows
	order *list.List // of entry[K, V], newest use first
	items map[K]*list.Element
}

type entry[K comparable, V any] struct {
	key   K
	value V
}

func newKeep[K comparable, V any](limit int, drop func(V)) *keep[K, V] {
	return &keep[K, V]{limit: limit, drop: drop, order: list.New(), items: make(map[K]*list.Element)}
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
	delete(k.items, key)
	return k.order.Remove(e).(entry[K, V]).value, true
}

// put keeps a value, dropping one it replaces and one that no longer fits.
func (k *keep[K, V]) put(key K, value V) {
	var dropped []V
	k.mu.Lock()
	if e, ok := k.items[key]; ok {
		dropped = append(dropped, k.order.Remove(e).(entry[K, V]).value)
	}
	k.items[key] = k.order.PushFront(entry[K, V]{key, value})
	if k.order.Len() > k.limit {
		oldest := k.order.Remove(k.order.Back()).(entry[K, V])
		delete(k.items, oldest.key)
		dropped = append(dropped, oldest.value)
	}
	k.mu.Unlock()
	k.dropAll(dropped)
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
