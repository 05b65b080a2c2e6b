// Package freeport finds loopback addresses for nodes of tests, benchmarks and the demo.
//
// It gives ports below those that the kernel takes for connections that go out, and no port that
// another process was given: a node that is stopped and started again finds its port as it left it.
// It does not listen on the ports that it gave, and never gives one back before its process ends.
package freeport

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
)

// The range, in which neither Linux (from 32768) nor the others (from 49152) choose, is cut into
// blocks. A process listens on the first port of a block for as long as it lives, and the rest of
// the block is its own: whoever finds the first port taken goes to another block.
const (
	first  = 20_000
	size   = 60
	blocks = 200
	most   = 40 // blocks of a process; then it gives its own ports again
)

// Most is how many addresses one Take gives at most.
const Most = size - 1

var own = purse{at: rand.IntN(blocks)} // each process begins elsewhere

// purse is what a process was given.
type purse struct {
	mu    sync.Mutex
	at    int   // the block to look at next, for another of our own
	held  []int // first ports of our blocks, oldest first
	using int   // the block of held that gives ports
	next  int   // its next port, counted from its first

	guards []net.Listener // on the first ports. Unreachable, they would be closed
}

// Take returns n addresses of 127.0.0.1 with ports in a row on which nobody listens, with TCP or
// with UDP. It gives none of them again before the process was given 2,360 others.
func Take(n int) ([]string, error) {
	if n < 1 || n > Most {
		return nil, fmt.Errorf("freeport: %d addresses, the limit is %d", n, Most)
	}
	own.mu.Lock()
	defer own.mu.Unlock()
	for range most + 1 {
		if row := own.row(n); row != nil {
			return row, nil
		}
		if err := own.turn(); err != nil {
			return nil, err
		}
	}
	return nil, errors.New("freeport: others listen on the ports of this process")
}

// row takes n addresses of the block in use, or nil.
func (p *purse) row(n int) []string {
	if len(p.held) == 0 {
		return nil
	}
	var row []string
	for p.next < size && len(row) < n {
		address := loopback(p.held[p.using] + p.next)
		p.next++
		if free(address) {
			row = append(row, address)
		} else {
			row = nil // a row has no gap
		}
	}
	if len(row) < n {
		return nil
	}
	return row
}

// turn goes on to a block of our own that nobody else has, or to the oldest of those we have.
func (p *purse) turn() error {
	p.next = 1
	if len(p.held) < most {
		for range blocks {
			port := first + p.at*size
			p.at = (p.at + 1) % blocks
			if l, err := net.Listen("tcp", loopback(port)); err == nil {
				p.guards = append(p.guards, l)
				p.held, p.using = append(p.held, port), len(p.held)
				return nil
			}
		}
	}
	if len(p.held) == 0 {
		return fmt.Errorf("freeport: all ports from %d to %d are taken", first, first+blocks*size-1)
	}
	p.using = (p.using + 1) % len(p.held)
	return nil
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

func free(address string) bool {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return false
	}
	defer l.Close()
	u, err := net.ListenPacket("udp", address)
	if err != nil {
		return false
	}
	return u.Close() == nil
}
