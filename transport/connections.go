package transport

import (
	queue "container/list"
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// unprovenIdle is how long a connection may wait that has made no call of the API yet: its TLS
// handshake and the head of its first request fall into it, and so do health checks between calls.
const unprovenIdle = 10 * time.Second

// connections bounds how many connections callers hold open, each of which is a file descriptor.
//
// At the limit a new caller is let in all the same, and the connection gives way that is worth
// least: first the one that has waited longest of those that never made a call, then the one that
// has waited longest. Only when every connection is in the middle of a call is the new one turned
// away. So strangers who hold connections, however many, keep nobody out.
type connections struct {
	limit int

	mu       sync.Mutex // over everything below
	open     int
	evicted  uint64
	unproven queue.List // of *connection that wait, and made no call yet, oldest first
	proven   queue.List // of *connection that wait, and made one
}

// connection is one caller's, below TLS.
type connection struct {
	net.Conn
	of *connections

	// Under of.mu.
	closed  bool
	proven  bool
	calls   int            // under way; many with HTTP/2
	place   *queue.Element // while it waits
	in      *queue.List    // where place is
	waiting time.Time      // since when
}

// listener accepts within the limit of connections.
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

// admit makes room for one more and counts it; nil when every connection is in the middle of a
// call.
func (cs *connections) admit(raw net.Conn) net.Conn {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.open >= cs.limit {
		cs.evicted++
		switch {
		case cs.unproven.Len() > 0:
			cs.end(cs.unproven.Front().Value.(*connection))
		case cs.proven.Len() > 0:
			cs.end(cs.proven.Front().Value.(*connection))
		default:
			return nil
		}
	}
	cs.open++
	c := &connection{Conn: raw, of: cs}
	cs.wait(c)
	return c
}

// end closes a connection. Closing the one below TLS needs no goodbye that could block.
func (cs *connections) end(c *connection) {
	if c.closed {
		return
	}
	c.closed = true
	cs.open--
	cs.work(c)
	c.Conn.Close()
}

// wait and work move a connection in and out of the lists of those that wait.
func (cs *connections) wait(c *connection) {
	c.in, c.waiting = &cs.unproven, time.Now()
	if c.proven {
		c.in = &cs.proven
	}
	c.place = c.in.PushBack(c)
}

func (cs *connections) work(c *connection) {
	if c.place != nil {
		c.in.Remove(c.place)
		c.place = nil
	}
}

// Close implements net.Conn.
func (c *connection) Close() error {
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	c.of.end(c)
	return nil
}

// begin says that a call is under way on c; over is called when it is over. Until the caller has
// proved something the connection may still give way: a body that never comes would hold it
// otherwise.
func (c *connection) begin() (over func()) {
	cs := c.of
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if c.calls++; c.proven {
		cs.work(c)
	}
	return func() {
		cs.mu.Lock()
		defer cs.mu.Unlock()
		if c.calls--; c.calls == 0 && !c.closed {
			cs.work(c)
			cs.wait(c)
		}
	}
}

// prove says, during a call, that whoever is at the other end makes calls that this node serves.
func (c *connection) prove() {
	if c == nil {
		return
	}
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	if !c.proven {
		c.proven = true
		c.of.work(c)
	}
}

// sweep ends connections that wait too long without ever having made a call, until ctx ends.
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
			cs.end(c)
		}
	}
}

func (cs *connections) figures() (open int, evicted uint64) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	return cs.open, cs.evicted
}

type connectionKey struct{}

// remember is http.Server's ConnContext.
func (cs *connections) remember(ctx context.Context, c net.Conn) context.Context {
	if t, ok := c.(interface{ NetConn() net.Conn }); ok { // TLS
		c = t.NetConn()
	}
	if own, ok := c.(*connection); ok {
		ctx = context.WithValue(ctx, connectionKey{}, own)
	}
	return ctx
}

// connectionOf returns the connection of a call; nil when the server did not accept it itself.
func connectionOf(r *http.Request) *connection {
	c, _ := r.Context().Value(connectionKey{}).(*connection)
	return c
}
