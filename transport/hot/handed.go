package hot

import (
	"context"
	"net"
	"sync"
)

// handed is a net.Listener of connections that were accepted elsewhere.
type handed struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newHanded() *handed {
	return &handed{conns: make(chan net.Conn), closed: make(chan struct{})}
}

// serve passes a connection on, and waits until it is closed.
func (h *handed) serve(c net.Conn, with func(context.Context) context.Context) {
	lent := &lent{Conn: c, with: with, over: make(chan struct{})}
	select {
	case h.conns <- lent:
		<-lent.over
	case <-h.closed:
		c.Close()
	}
}

// Accept implements net.Listener.
func (h *handed) Accept() (net.Conn, error) {
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (h *handed) Close() error {
	h.once.Do(func() { close(h.closed) })
	return nil
}

// Addr implements net.Listener. The listener that accepted knows the real one.
func (h *handed) Addr() net.Addr { return &net.TCPAddr{} }

// lent is a connection whose owner waits for its end.
type lent struct {
	net.Conn
	with func(context.Context) context.Context // adds to the context of its calls what the owner wants there; may be nil
	once sync.Once
	over chan struct{}
}

// from is the address of the other side, which leads from a call to its connection.
type from struct {
	net.Addr
	lent *lent
}

// RemoteAddr implements net.Conn.
func (l *lent) RemoteAddr() net.Addr { return from{l.Conn.RemoteAddr(), l} }

// Close implements net.Conn.
func (l *lent) Close() error {
	err := l.Conn.Close()
	l.once.Do(func() { close(l.over) })
	return err
}
