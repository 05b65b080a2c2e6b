package transport

import (
	queue "container/list"
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// unprovenIdle bounds how long a connection may wait that has not yet made an API call. This covers
// its TLS handshake and the head of its first request, and also the time between health checks.
const unprovenIdle = 10 * time.Second

// connections bounds how many connections callers hold open, because each one is a file descriptor.
//
// At the limit, a new connection is still accepted, and the least valuable one is closed: first the
// longest waiting of those that never made a call, then the longest waiting of the others. Only if
// every connection is in the middle of a call is the new one rejected. So strangers who hold
// connections, however many, cannot lock anybody out.
type connections struct {
	limit int

	mu       sync.Mutex // guards everything below
	open     int
	evicted  uint64
	unproven queue.List // of waiting *connection without a call so far, oldest first
	proven   queue.List // of waiting *connection with earlier calls
}

// connection is one caller's connection, below TLS.
type connection struct {
	net.Conn
	of *connections

	// Guarded by of.mu.
	closed  bool
	proven  bool
	calls   int            // in progress; with HTTP/2 there may be many
	place   *queue.Element // while it waits
	in      *queue.List    // the list that place is in
	waiting time.Time      // since when
}

// listener accepts connections within the limit.
type listener struct {
	net.Listener
	of *connections
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	for {
		raw, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if c := l.of.admit(raw); c != nil {
			return c, nil
		}
		raw.Close()
	}
}

// admit makes room for one more connection and counts it; nil if every connection is in the middle
// of a call.
func (cs *connections) admit(raw net.Conn) net.Conn {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.open >= cs.limit {
		cs.evicted++
		switch {
		case cs.unproven.Len() > 0:
			cs.closeConn(cs.unproven.Front().Value.(*connection))
		case cs.proven.Len() > 0:
			cs.closeConn(cs.proven.Front().Value.(*connection))
		default:
			return nil
		}
	}
	cs.open++
	c := &connection{Conn: raw, of: cs}
	cs.markWaiting(c)
	return c
}

// closeConn closes a connection. It closes the one below TLS, without a TLS goodbye that could
// block.
func (cs *connections) closeConn(c *connection) {
	if c.closed {
		return
	}
	c.closed = true
	cs.open--
	cs.markBusy(c)
	c.Conn.Close()
}

// markWaiting and work move a connection into and out of the lists of waiting connections.
func (cs *connections) markWaiting(c *connection) {
	c.in, c.waiting = &cs.unproven, time.Now()
	if c.proven {
		c.in = &cs.proven
	}
	c.place = c.in.PushBack(c)
}

func (cs *connections) markBusy(c *connection) {
	if c.place != nil {
		c.in.Remove(c.place)
		c.place = nil
	}
}

// Close implements net.Conn.
func (c *connection) Close() error {
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	c.of.closeConn(c)
	return nil
}

// beginCall records that a call is in progress on c; the caller calls over when it ends. Until the
// caller has proved itself, the connection may still be evicted: a body that never arrives would
// keep it otherwise.
func (c *connection) beginCall() (over func()) {
	cs := c.of
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if c.calls++; c.proven {
		cs.markBusy(c)
	}
	return func() {
		cs.mu.Lock()
		defer cs.mu.Unlock()
		if c.calls--; c.calls == 0 && !c.closed {
			cs.markBusy(c)
			cs.markWaiting(c)
		}
	}
}

// markProven records, during a call, that the peer makes calls that this node serves.
func (c *connection) markProven() {
	if c == nil {
		return
	}
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	if !c.proven {
		c.proven = true
		c.of.markBusy(c)
	}
}

// sweep closes connections that wait too long without ever having made a call, until ctx ends.
func (cs *connections) sweep(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case now := <-tick.C:
			cs.expire(now)
		case <-ctx.Done():
			return
		}
	}
}

func (cs *connections) expire(now time.Time) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	for e := cs.unproven.Front(); e != nil; {
		c := e.Value.(*connection)
		e = e.Next() // before c leaves the list
		if c.calls == 0 && now.Sub(c.waiting) > unprovenIdle {
			cs.closeConn(c)
		}
	}
}

func (cs *connections) figures() (open int, evicted uint64) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	return cs.open, cs.evicted
}

type connectionKey struct{}

// connContext is http.Server's ConnContext.
func (cs *connections) connContext(ctx context.Context, c net.Conn) context.Context {
	if t, ok := c.(interface{ NetConn() net.Conn }); ok { // TLS
		c = t.NetConn()
	}
	if own, ok := c.(*connection); ok {
		ctx = context.WithValue(ctx, connectionKey{}, own)
	}
	return ctx
}

// connectionOf returns the connection of a call; nil if the server did not accept it itself.
func connectionOf(r *http.Request) *connection {
	c, _ := r.Context().Value(connectionKey{}).(*connection)
	return c
}
