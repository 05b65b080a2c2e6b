package port

import (
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"
)

// Limits of the network transport below raft.
const (
	raftTimeout  = 10 * time.Second // for one message
	raftPool     = 4                // connections kept to each node; a heartbeat never waits behind entries
	raftInFlight = 16               // AppendEntries in flight to each node
)

// RaftNetwork is raft's network transport with verified node ids on both sides.
//
// Raft's own transport dials an address and trusts whoever answers; and it hands on incoming
// messages without saying which connection they came from. Here every message is sent to a node
// rather than an address: the id is part of the key of the connection pool, and the port introduces
// the two nodes. Each incoming connection gets a transport of its own, so that the sender named in
// a message can be compared with the connection's owner.
type RaftNetwork struct {
	*raft.NetworkTransport // dials. It must be the concrete type: wrapped in an interface, pre-vote is lost
	port                   *Port
	logger                 hclog.Logger
	incoming               chan raft.RPC
	parted                 chan string
	closed                 chan struct{}
	closes                 sync.Once
	served                 sync.WaitGroup
}

// NewRaftNetwork returns raft's transport on a port. The caller closes it before the port.
func NewRaftNetwork(port *Port, logger hclog.Logger) *RaftNetwork {
	n := &RaftNetwork{port: port, logger: logger, incoming: make(chan raft.RPC), parted: make(chan string, 16), closed: make(chan struct{})}
	n.NetworkTransport = n.transport(&outgoing{stream: port.raft, closed: n.closed}, logger)
	n.served.Go(n.accept)
	return n
}

func (n *RaftNetwork) transport(s raft.StreamLayer, logger hclog.Logger) *raft.NetworkTransport {
	return raft.NewNetworkTransportWithConfig(&raft.NetworkTransportConfig{
		Stream: s, MaxPool: raftPool, MaxRPCsInFlight: raftInFlight, Timeout: raftTimeout, Logger: logger,
	})
}

func (n *RaftNetwork) accept() {
	for {
		c, err := n.port.raft.Accept()
		if err != nil {
			return
		}
		n.served.Go(func() { n.serve(c.(*conn)) })
	}
}

// serve relays what arrives on one connection, as long as it comes from the node at the other end.
func (n *RaftNetwork) serve(c *conn) {
	one := &single{conn: make(chan net.Conn, 1), addr: n.port.raft.Addr(), over: make(chan struct{}), closed: make(chan struct{})}
	one.conn <- &singleConn{Conn: c, of: one}
	t := n.transport(one, &partings{n.logger, one})
	defer t.Close()
	defer one.ended.Store(true)
	defer c.Close()
	for {
		select {
		case rpc := <-t.Consumer():
			if err := spokenBy(rpc.Command, c.from.From); err != nil {
				n.logger.Error("node port: a message of raft is refused", "from", c.from.From, "error", err)
				rpc.Respond(nil, err)
				continue
			}
			select {
			case n.incoming <- rpc:
			case <-n.closed:
				return
			}
		case <-one.over:
			n.part(c.from.From)
			return
		case <-n.closed:
			return
		}
	}
}

// spokenBy returns an error if a message does not come from the node with id. Candidates, leaders
// and nodes that transfer leadership all name themselves.
func spokenBy(message any, id string) error {
	m, ok := message.(raft.WithRPCHeader)
	if !ok {
		return fmt.Errorf("%T does not name its sender", message)
	}
	if got := string(m.GetRPCHeader().ID); got != id {
		return fmt.Errorf("%T claims to come from node %q, but its connection is node %s's", message, got, id)
	}
	return nil
}

// Consumer implements raft.Transport.
func (n *RaftNetwork) Consumer() <-chan raft.RPC { return n.incoming }

// Close implements raft.WithClose. The port closes the connections.
func (n *RaftNetwork) Close() error {
	n.closes.Do(func() { close(n.closed) })
	n.port.raft.Close()
	err := n.NetworkTransport.Close()
	n.served.Wait()
	return err
}

// CloseOthers ends connections from here to a node at every address except keep.
func (n *RaftNetwork) CloseOthers(id raft.ServerID, keep raft.ServerAddress) {
	n.port.CloseOthers(string(id), string(keep))
}

func named(id raft.ServerID, at raft.ServerAddress) raft.ServerAddress {
	return raft.ServerAddress(id) + "@" + at
}

// AppendEntries implements raft.Transport.
func (n *RaftNetwork) AppendEntries(id raft.ServerID, at raft.ServerAddress, args *raft.AppendEntriesRequest, resp *raft.AppendEntriesResponse) error {
	return n.NetworkTransport.AppendEntries(id, named(id, at), args, resp)
}

// AppendEntriesPipeline implements raft.Transport.
func (n *RaftNetwork) AppendEntriesPipeline(id raft.ServerID, at raft.ServerAddress) (raft.AppendPipeline, error) {
	return n.NetworkTransport.AppendEntriesPipeline(id, named(id, at))
}

// RequestVote implements raft.Transport.
func (n *RaftNetwork) RequestVote(id raft.ServerID, at raft.ServerAddress, args *raft.RequestVoteRequest, resp *raft.RequestVoteResponse) error {
	return n.NetworkTransport.RequestVote(id, named(id, at), args, resp)
}

// RequestPreVote implements raft.WithPreVote.
func (n *RaftNetwork) RequestPreVote(id raft.ServerID, at raft.ServerAddress, args *raft.RequestPreVoteRequest, resp *raft.RequestPreVoteResponse) error {
	return n.NetworkTransport.RequestPreVote(id, named(id, at), args, resp)
}

// InstallSnapshot implements raft.Transport.
func (n *RaftNetwork) InstallSnapshot(id raft.ServerID, at raft.ServerAddress, args *raft.InstallSnapshotRequest, resp *raft.InstallSnapshotResponse, data io.Reader) error {
	return n.NetworkTransport.InstallSnapshot(id, named(id, at), args, resp, data)
}

// TimeoutNow implements raft.Transport.
func (n *RaftNetwork) TimeoutNow(id raft.ServerID, at raft.ServerAddress, args *raft.TimeoutNowRequest, resp *raft.TimeoutNowResponse) error {
	return n.NetworkTransport.TimeoutNow(id, named(id, at), args, resp)
}

// outgoing is a stream layer that only dials.
type outgoing struct {
	*stream
	closed chan struct{}
}

func (o *outgoing) Accept() (net.Conn, error) {
	<-o.closed
	return nil, net.ErrClosed
}

func (o *outgoing) Close() error { return nil }

// single is a stream layer of one incoming connection.
type single struct {
	raft.StreamLayer // nil: it never dials
	conn             chan net.Conn
	addr             net.Addr
	over             chan struct{} // closed with the connection
	ended            atomic.Bool   // the connection has, or this end is done with it
	overs            sync.Once
	closed           chan struct{}
	closes           sync.Once
}

func (s *single) Accept() (net.Conn, error) {
	select {
	case c := <-s.conn:
		return c, nil
	case <-s.closed:
		return nil, net.ErrClosed
	}
}

func (s *single) Addr() net.Addr { return s.addr }

func (s *single) Close() error {
	s.closes.Do(func() { close(s.closed) })
	return nil
}

type singleConn struct {
	net.Conn
	of *single
}

func (c *singleConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if err != nil {
		c.of.ended.Store(true)
	}
	return n, err
}

func (c *singleConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	if err != nil {
		c.of.ended.Store(true)
	}
	return n, err
}

func (c *singleConn) Close() error {
	c.of.overs.Do(func() { close(c.of.over) })
	return c.Conn.Close()
}

// partings keeps raft from calling the end of a connection an error. Nodes stop and networks
// break: that a message on the way is lost is normal then, and what it means is said elsewhere.
// What cannot be read of a connection that lives stays an error.
type partings struct {
	hclog.Logger
	of *single
}

func (l *partings) Error(msg string, args ...any) {
	if l.of.ended.Load() {
		l.Logger.Debug(msg, args...)
		return
	}
	l.Logger.Error(msg, args...)
}
