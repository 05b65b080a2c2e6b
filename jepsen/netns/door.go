package netns

import (
	"io"
	"net"
	"sync"
	"time"
)

// Door is an address on the host's loopback that leads to an address inside an end, bypassing the
// switch and therefore all faults.
type Door struct {
	space    *Space
	to       string
	listener net.Listener
	parts    sync.WaitGroup

	mu     sync.Mutex
	open   map[net.Conn]bool
	closed bool
}

// Door opens a door into an end. It is closed with the switch.
func (s *Switch) Door(end, to string) (*Door, error) {
	if err := s.check(end); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	d := &Door{space: s.spaces[end], to: to, listener: l, open: map[net.Conn]bool{}}
	d.parts.Go(d.serve)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.doors = append(s.doors, d)
	return d, nil
}

// Address returns its address on the host.
func (d *Door) Address() string { return d.listener.Addr().String() }

func (d *Door) serve() {
	for {
		in, err := d.listener.Accept()
		if err != nil {
			return
		}
		d.parts.Go(func() { d.carry(in) })
	}
}

// carry joins the two sides until both have ended; an error of one ends both.
func (d *Door) carry(in net.Conn) {
	defer in.Close()
	if !d.keep(in) {
		return
	}
	defer d.forget(in)
	out, err := d.space.Dial("tcp", d.to, 5*time.Second)
	if err != nil {
		in.(*net.TCPConn).SetLinger(0) // like a port that nobody listens on
		return
	}
	defer out.Close()
	if !d.keep(out) {
		return
	}
	defer d.forget(out)
	var ways sync.WaitGroup
	for _, way := range [][2]net.Conn{{in, out}, {out, in}} {
		ways.Go(func() {
			from, to := way[0], way[1]
			if _, err := io.Copy(to, from); err != nil {
				from.Close()
				to.Close()
				return
			}
			to.(*net.TCPConn).CloseWrite()
		})
	}
	ways.Wait()
}

func (d *Door) keep(c net.Conn) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.open[c] = true
	return !d.closed
}

func (d *Door) forget(c net.Conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.open, c)
}

// Close ends all connections through it.
func (d *Door) Close() error {
	err := d.listener.Close()
	d.mu.Lock()
	d.closed = true
	for c := range d.open { // any order: all end
		c.Close()
	}
	d.mu.Unlock()
	d.parts.Wait()
	return err
}
