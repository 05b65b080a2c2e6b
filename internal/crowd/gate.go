// Package crowd spreads the work of goroutines that wake together.
//
// Go's scheduler lets what may run go on in the order in which it became so. When fifty thousand
// waits end in one moment, whatever else the process does stands behind all of them at every step:
// a commit, which takes a dozen steps from one goroutine to the next, took longer than the other
// nodes, or the watchdog, wait for a leader. Whoever passes a Gate goes on at once while few do. In
// a crowd it lies down first, which takes a microsecond, and goes on with a group of the first to
// come once all of the group before are on their way.
//
// It refuses nobody, keeps nobody back for longer than those before it take to run, and decides
// nothing about what callers do after it.
package crowd

import (
	"runtime"
	"sync"
	"time"
)

// Group is how many go on together: with 40 us each, as an answered call takes, what stands behind
// them waits for ten milliseconds of work at most.
const Group = 256

// window is for how long those who pass count as a crowd.
const window = time.Millisecond

// Gate is ready for use as its zero value.
type Gate struct {
	mu     sync.Mutex // guards the fields below
	since  time.Time  // when the present window began
	passed int        // in it
	group  int        // who were let go on and have not run yet
	line   []chan struct{}
}

// Pass returns when the caller may go on.
func (g *Gate) Pass() {
	turn, first := g.join()
	if turn == nil {
		return
	}
	if first {
		runtime.Gosched() // behind those who woke with it: they lie down meanwhile
		g.open()
	}
	<-turn
	g.leave()
}

// join returns what the caller has to wait for; nil = nothing. The first in the line opens.
func (g *Gate) join() (turn chan struct{}, first bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if now := time.Now(); now.Sub(g.since) >= window {
		g.since, g.passed = now, 0
	}
	if g.passed++; g.passed <= Group && g.group == 0 && len(g.line) == 0 {
		return nil, false
	}
	turn = make(chan struct{})
	g.line = append(g.line, turn)
	return turn, g.group == 0 && len(g.line) == 1
}

func (g *Gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.next()
}

// leave is called by each of a group as it runs; the last one lets the next group go on.
func (g *Gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.group--; g.group == 0 {
		g.next()
	}
}

// next lets the first in the line go on. The caller holds mu.
func (g *Gate) next() {
	g.group = min(len(g.line), Group)
	for _, turn := range g.line[:g.group] {
		close(turn)
	}
	if g.line = g.line[g.group:]; len(g.line) == 0 {
		g.line = nil
	}
}
