package desk

import (
	"container/list"
	"context"
	"errors"
	"time"
)

// ErrClosed: this node no longer leads. Nothing was granted.
var ErrClosed = errors.New("desk: closed, this node no longer leads")

// Poll is one poll of a worker, from Enter to Leave. Its methods are called in turn.
type Poll struct {
	desk    *Desk
	line    *line
	rank    *rank
	number  uint64 // by arrival
	most    uint64 // tasks it takes
	place   *list.Element
	granted chan uint64 // how many tasks it is to ask for; has room for the one grant under way
}

// Enter puts a poll, of at most so many tasks, at the end of its queue's line, and serves it if
// there is something for it. activities are sorted, and none is there twice. Whoever enters leaves.
func (d *Desk) Enter(queue string, activities []string, most uint64) *Poll {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.lines[queue]
	if l == nil {
		l = newLine(queue)
		d.lines[queue] = l
	}
	d.polls++
	p := &Poll{desk: d, number: d.polls, most: most, granted: make(chan uint64, 1)}
	l.join(p, activities)
	d.cfg.Polls.Inc()
	d.serveLine(l)
	return p
}

// Answered takes note that the lease of the n tasks that the poll was granted is over.
func (p *Poll) Answered(n uint64) {
	d := p.desk
	d.mu.Lock()
	defer d.mu.Unlock()
	p.line.answered(p, n)
	d.serveLine(p.line)
}

// Stand puts a poll that got nothing back where it stood: it may be granted something again.
func (p *Poll) Stand() {
	d := p.desk
	d.mu.Lock()
	defer d.mu.Unlock()
	p.line.stand(p)
	d.serveLine(p.line)
}

// Leave ends a poll. A grant that came at the last moment goes to others.
func (p *Poll) Leave() {
	d := p.desk
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cfg.Polls.Dec()
	select {
	case n := <-p.granted:
		p.line.answered(p, n)
		defer d.serveLine(p.line)
	default:
	}
	p.line.part(p)
	if len(p.line.ranks) == 0 {
		delete(d.lines, p.line.queue)
		d.due.set(p.line, never)
	}
}

// Await waits until the poll is granted something to ask for; 0 means that its time is over. The
// error is ErrClosed.
func (p *Poll) Await(ctx context.Context, over <-chan time.Time) (uint64, error) {
	select { // what is granted already comes before a wait that is over, or was none
	case n := <-p.granted:
		return n, nil
	default:
	}
	select {
	case n := <-p.granted:
		return n, nil
	case <-over:
		return 0, nil
	case <-ctx.Done():
		return 0, nil
	case <-p.desk.term.Done():
		return 0, ErrClosed
	}
}
