// Package lru keeps values in memory, bounded by number and by bytes, and evicts the least recently
// used. It knows nothing about the values: if an evicted value has to be closed, it calls a
// function of the cache's owner.
package lru

import (
	"container/list"
	"iter"
	"sync"
)

// Cache maps keys to values. It is safe for concurrent use. Make it with New, and set Bytes, Size
// and Drop before the first Put.
type Cache[K comparable, V any] struct {
	Bytes uint64         // with Size: of all values together
	Size  func(V) uint64 // returns the bytes of a value; nil = not counted
	Drop  func(V)        // called, outside the lock, for every evicted value; may be nil
	Grows bool           // values change their sizes while they are kept, and are asked again

	limit int

	mu    sync.Mutex // guards the fields below
	order *list.List // of entry[K, V], most recently used first
	items map[K]*list.Element
	held  uint64 // bytes of all values
	puts  int    // since sizes were asked for the last time
}

type entry[K comparable, V any] struct {
	key   K
	value V
	size  uint64
}

// New makes a cache of at most limit values.
func New[K comparable, V any](limit int) *Cache[K, V] {
	return &Cache[K, V]{limit: limit, order: list.New(), items: make(map[K]*list.Element)}
}

// Get returns the value of a key and marks it as used.
func (c *Cache[K, V]) Get(key K) (v V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.items[key]
	if !ok {
		return v, false
	}
	c.order.MoveToFront(e)
	return e.Value.(entry[K, V]).value, true
}

// Peek returns the value of a key without marking it as used.
func (c *Cache[K, V]) Peek(key K) (v V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.items[key]
	if !ok {
		return v, false
	}
	return e.Value.(entry[K, V]).value, true
}

// All returns all keys and values as they are now, the most recently used first, and marks none as
// used.
func (c *Cache[K, V]) All() iter.Seq2[K, V] {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make([]entry[K, V], 0, c.order.Len())
	for e := c.order.Front(); e != nil; e = e.Next() {
		all = append(all, e.Value.(entry[K, V]))
	}
	return func(yield func(K, V) bool) {
		for _, e := range all {
			if !yield(e.key, e.value) {
				return
			}
		}
	}
}

// Take removes the value and returns it to the caller, who then owns it.
func (c *Cache[K, V]) Take(key K) (v V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.items[key]
	if !ok {
		return v, false
	}
	return c.remove(e), true
}

// Put stores a value. It drops the value that it replaces and those that no longer fit, which
// includes the new one if it is larger than Bytes.
func (c *Cache[K, V]) Put(key K, value V) {
	var dropped []V
	c.mu.Lock()
	if e, ok := c.items[key]; ok {
		dropped = append(dropped, c.remove(e))
	}
	in := entry[K, V]{key: key, value: value}
	if c.Size != nil {
		in.size = c.Size(value)
	}
	c.items[key] = c.order.PushFront(in)
	c.held += in.size
	if c.puts++; c.Grows && c.puts > c.order.Len()/recounts {
		c.recount()
	}
	for c.order.Len() > c.limit || c.Size != nil && c.held > c.Bytes {
		dropped = append(dropped, c.remove(c.order.Back()))
	}
	c.mu.Unlock()
	c.dropAll(dropped)
}

// recounts is in how many parts all values are asked for their sizes again, as others are put.
const recounts = 8

// recount asks all values for their sizes. The caller holds mu.
func (c *Cache[K, V]) recount() {
	c.held, c.puts = 0, 0
	for e := c.order.Front(); e != nil; e = e.Next() {
		in := e.Value.(entry[K, V])
		if size := c.Size(in.value); size != in.size {
			in.size = size
			e.Value = in
		}
		c.held += in.size
	}
}

// remove removes an element. The caller holds mu.
func (c *Cache[K, V]) remove(e *list.Element) V {
	out := c.order.Remove(e).(entry[K, V])
	delete(c.items, out.key)
	c.held -= out.size
	return out.value
}

// Clear drops everything.
func (c *Cache[K, V]) Clear() {
	var dropped []V
	c.mu.Lock()
	for e := c.order.Front(); e != nil; e = e.Next() {
		dropped = append(dropped, e.Value.(entry[K, V]).value)
	}
	c.order.Init()
	clear(c.items)
	c.held = 0
	c.mu.Unlock()
	c.dropAll(dropped)
}

// Len returns the number of values.
func (c *Cache[K, V]) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.order.Len()
}

func (c *Cache[K, V]) dropAll(values []V) {
	if c.Drop == nil {
		return
	}
	for _, v := range values {
		c.Drop(v)
	}
}
