package links

import (
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// stream is one connection through a proxy: two pipes, one for each direction.
type stream struct {
	net      *Net
	from, to string
	traffic  Traffic
	in, out  net.Conn
	once     sync.Once
	done     chan struct{}
}

func (s *stream) between(from, to string) bool { return s.from == from && s.to == to }

// reset ends both sides so that they notice at once.
func (s *stream) reset() {
	s.once.Do(func() {
		close(s.done)
		for _, c := range []net.Conn{s.in, s.out} {
			if tcp, ok := c.(*net.TCPConn); ok {
				tcp.SetLinger(0)
			}
			c.Close()
		}
		s.net.mu.Lock()
		delete(s.net.streams, s)
		s.net.mu.Unlock()
	})
}

// serve accepts connections for a node until the Net is closed.
func (n *Net) serve(l net.Listener, node, own string, t Traffic) {
	n.mu.Lock()
	n.closers = append(n.closers, l.Close)
	n.mu.Unlock()
	n.parts.Go(func() {
		for {
			c, err := l.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err != nil {
				time.Sleep(10 * time.Millisecond) // temporarily out of descriptors
				continue
			}
			n.parts.Go(func() { n.connect(c.(*net.TCPConn), node, own, t) })
		}
	})
}

// preambleSize is how many bytes of a connection to a node port identify its purpose: "aion", a
// version and the stream.
const preambleSize = 6

// connect finds the caller and the purpose, and joins the two sides.
func (n *Net) connect(in *net.TCPConn, node, own string, t Traffic) {
	from := n.caller(in)
	var head []byte
	if t == Raft {
		head = make([]byte, preambleSize)
		in.SetReadDeadline(time.Now().Add(10 * time.Second))
		if _, err := io.ReadFull(in, head); err != nil {
			in.Close()
			return
		}
		in.SetReadDeadline(time.Time{})
		if head[5] == 'h' {
			t = Calls
		}
	}
	if !n.passable(link{from, node, t}) {
		in.SetLinger(0)
		in.Close()
		return
	}
	out, err := n.Dial("tcp", own, 5*time.Second)
	if err != nil {
		in.SetLinger(0)
		in.Close()
		return
	}
	s := &stream{net: n, from: from, to: node, traffic: t, in: in, out: out, done: make(chan struct{})}
	n.mu.Lock()
	n.streams[s] = struct{}{}
	closed := n.closed
	n.mu.Unlock()
	if closed {
		s.reset()
		return
	}
	var pipes sync.WaitGroup
	pipes.Go(func() { s.pipe(head, s.in, s.out, link{from, node, t}) })
	pipes.Go(func() { s.pipe(nil, s.out, s.in, link{node, from, t}) })
	pipes.Wait()
	s.reset()
}

// passable waits until a connection may be made. It returns false if the connection is refused, or
// nobody waits any longer.
func (n *Net) passable(l link) bool {
	patience := time.NewTimer(time.Minute)
	defer patience.Stop()
	for {
		r, changed, over := n.rule(l)
		if over || r.Refuse {
			return false
		}
		if !r.Cut {
			return true
		}
		select {
		case <-changed:
		case <-patience.C:
			return false
		}
	}
}

// piece is bytes in transit.
type piece struct {
	bytes []byte
	due   time.Time
	last  bool // the sender has sent everything
}

// maxUnderWay bounds the pieces that a link holds in one direction: a sender that goes on is
// blocked, as by a full window.
const maxUnderWay = 64

// pipe carries one direction until it ends: it passes end of file on, and an error ends the stream.
func (s *stream) pipe(head []byte, from, to net.Conn, l link) {
	way := make(chan piece, maxUnderWay)
	var reader sync.WaitGroup
	reader.Go(func() { s.read(head, from, l, way) })
	defer reader.Wait()
	for {
		select {
		case p := <-way:
			if !s.hold(p, l) {
				return
			}
			if p.last {
				if tcp, ok := to.(*net.TCPConn); ok {
					tcp.CloseWrite()
				}
				return
			}
			if _, err := to.Write(p.bytes); err != nil {
				s.reset()
				return
			}
		case <-s.done:
			return
		}
	}
}

func (s *stream) read(head []byte, from net.Conn, l link, way chan<- piece) {
	send := func(p piece) bool {
		select {
		case way <- p:
			return true
		case <-s.done:
			return false
		}
	}
	if len(head) > 0 && !send(piece{bytes: head, due: time.Now()}) {
		return
	}
	var after time.Time // when the previous piece is due, which keeps the order
	for {
		b := make([]byte, 16<<10)
		k, err := from.Read(b)
		if k > 0 {
			r, _, _ := s.net.rule(l)
			delay, lost := s.net.draw(r)
			if lost {
				delay += 200 * time.Millisecond // a retransmission
			}
			if r.Rate > 0 {
				delay += time.Duration(k) * time.Second / time.Duration(r.Rate)
			}
			due := time.Now().Add(delay)
			if r.Rate > 0 && due.Before(after.Add(time.Duration(k)*time.Second/time.Duration(r.Rate))) {
				due = after.Add(time.Duration(k) * time.Second / time.Duration(r.Rate))
			}
			if due.Before(after) {
				due = after
			}
			after = due
			if !send(piece{bytes: b[:k], due: due}) {
				return
			}
		}
		if errors.Is(err, io.EOF) {
			send(piece{due: after, last: true})
			return
		}
		if err != nil {
			s.reset()
			return
		}
	}
}

// hold waits until a piece is due and its link is open. It returns false if the stream ended first.
func (s *stream) hold(p piece, l link) bool {
	if wait := time.Until(p.due); wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-s.done:
			return false
		}
	}
	for {
		r, changed, over := s.net.rule(l)
		if over {
			return false
		}
		if !r.Cut {
			return true
		}
		select {
		case <-changed:
		case <-s.done:
			return false
		}
	}
}
