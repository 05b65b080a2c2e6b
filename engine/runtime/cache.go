package runtime

import (
	"context"
	"errors"
	"sync"

	"aion.dev/aion/catalog"
	"aion.dev/aion/internal/lru"
)

// Cache keeps the most recently used compiled programs, by version. It is safe for concurrent use.
// It compiles a version once, however many callers ask for it at the same time.
type Cache struct {
	mu      sync.Mutex // held while finding or adding an entry, and while removing a found one
	entries *lru.Cache[catalog.Version, *entry]
}

type entry struct {
	ready   chan struct{} // closed once program and err are set
	program Program
	err     error
}

// NewCache keeps at most that many programs (at least one), and so many bytes of those that are
// Sized. A program in use elsewhere survives its eviction.
func NewCache(most int, bytes uint64) *Cache {
	c := &Cache{entries: lru.New[catalog.Version, *entry](max(most, 1))}
	c.entries.Bytes, c.entries.Size = bytes, (*entry).size
	return c
}

// size is 0 until the program is there.
func (e *entry) size() uint64 {
	if sized, ok := e.program.(Sized); ok {
		return sized.Size()
	}
	return 0
}

// Get returns the program of a version. If it is neither cached nor being loaded, Get calls load on
// the caller's goroutine. Failures are not cached. A caller that waits for another caller's load
// stops waiting when ctx ends, and loads itself if the other caller was stopped.
func (c *Cache) Get(ctx context.Context, v catalog.Version, load func(context.Context) (Program, error)) (Program, error) {
	for {
		e, mine := c.enter(v)
		if mine {
			c.fill(ctx, v, e, load)
			return e.program, e.err
		}
		select {
		case <-e.ready:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if e.err == nil || !errors.Is(e.err, context.Canceled) && !errors.Is(e.err, context.DeadlineExceeded) {
			return e.program, e.err
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
}

// enter finds the entry of v, or adds one that the caller must fill.
func (c *Cache) enter(v catalog.Version) (e *entry, mine bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.entries.Get(v); ok {
		return e, false
	}
	e = &entry{ready: make(chan struct{})}
	c.entries.Put(v, e)
	return e, true
}

func (c *Cache) fill(ctx context.Context, v catalog.Version, e *entry, load func(context.Context) (Program, error)) {
	e.err = errors.New("loading the program panicked")
	defer func() {
		c.mu.Lock()
		if now, ok := c.entries.Peek(v); ok && now == e {
			if e.err != nil {
				c.entries.Take(v)
			} else if e.size() > 0 {
				c.entries.Put(v, e) // with its size
			}
		}
		c.mu.Unlock()
		close(e.ready)
	}()
	e.program, e.err = load(ctx)
}

// Peek returns the program of a version if it is cached now.
func (c *Cache) Peek(v catalog.Version) (Program, bool) {
	e, ok := c.entries.Peek(v)
	if !ok {
		return nil, false
	}
	select {
	case <-e.ready:
		return e.program, e.err == nil
	default:
		return nil, false
	}
}

// Evict removes a version, such as one that was unloaded.
func (c *Cache) Evict(v catalog.Version) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.entries.Take(v)
}
