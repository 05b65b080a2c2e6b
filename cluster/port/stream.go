package port

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/raft"
)

// stream is a listener for the port's connections of one purpose. It implements raft.StreamLayer.
type stream struct {
	port     *Port
	incoming chan *conn // unbuffered: a connection belongs to the port until it is accepted
	ended    chan struct{}
	once     sync.Once
}

func newStream(p *Port) *stream {
	return &stream{port: p, incoming: make(chan *conn), ended: make(chan struct{})}
}

// Accept implements net.Listener.
func (s *stream) Accept() (net.Conn, error) {
	select {
	case c := <-s.incoming:
		return c, nil
	case <-s.ended:
	case <-s.port.closing:
	}
	return nil, net.ErrClosed
}

// Close stops accepting on this stream; the port and its connections stay open.
func (s *stream) Close() error {
	s.once.Do(func() { close(s.ended) })
	return nil
}

// Addr returns the advertised address: raft passes it to others as this node's address.
func (s *stream) Addr() net.Addr { return s.port.advertised }

// Dial implements raft.StreamLayer. Its addresses have RaftNetwork's format: id@host:port.
func (s *stream) Dial(address raft.ServerAddress, timeout time.Duration) (net.Conn, error) {
	id, host, ok := strings.Cut(string(address), "@")
	if !ok {
		return nil, fmt.Errorf("raft dials %q, which does not name a node", address)
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	return s.port.dial(ctx, Server{ID: id, Address: host}, streamRaft)
}
