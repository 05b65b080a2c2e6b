package desk

import (
	"container/list"
	"context"
	"errors"
	"time"
)

// ErrClosed means that this node no longer leads. Nothing was granted.
var ErrClosed = errors.New("desk: closed, this node no longer leads")

// Poll is one poll of a worker, from Enter to Leave. Its methods must not be called concurrently.
type Poll struct {
	desk    *Desk
	line    *line
	rank    *rank
	number  uint64 // its place in order of arrival
	most    uint64 // the most tasks it accepts
	place   *list.Element
	lease   any        // what Enter was given
	booked  bool       // from Book until its lease is Answered: the poll must not leave without it
	granted chan Grant // has room for the one grant in flight
}

// Grant is what a poll waited for: a number of tasks to ask for, or Lease if a Booking has asked
// already.
type Grant struct {
	Tasks uint64
	Lease any // the outcome, as given to Booking.Answer; nil = none
}

// Enter adds a poll for at most that many tasks to the end of its queue's line, and serves it if
// tasks are offered. activities must be sorted, without duplicates. A Booking shows lease to
// whoever proposes it. The caller must call Leave.
func (d *Desk) Enter(queue string, activities []string, most uint64, lease any) *Poll {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.lines[queue]
	if l == nil {
		l = newLine(queue)
		d.lines[queue] = l
	}
	d.polls++
	p := &Poll{desk: d, number: d.polls, most: most, lease: lease, granted: make(chan Grant, 1)}
	l.addPoll(p, activities)
	d.cfg.Polls.Inc()
	d.serveLine(l)
	return p
}

// Answered records that the poll's lease of n granted tasks is over.
func (p *Poll) Answered(n uint64) {
	d := p.desk
	d.mu.Lock()
	defer d.mu.Unlock()
	p.booked = false
	p.line.answered(p, n)
	d.serveLine(p.line)
}

// Requeue puts a poll whose lease gave nothing back in its old place, so that it may get another
// grant.
func (p *Poll) Requeue() {
	d := p.desk
	d.mu.Lock()
	defer d.mu.Unlock()
	p.line.addToRank(p)
	d.serveLine(p.line)
}

// Leave ends a poll. A grant that arrived at the last moment goes to other polls.
func (p *Poll) Leave() {
	d := p.desk
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cfg.Polls.Dec()
	select {
	case g := <-p.granted:
		p.line.answered(p, g.Tasks)
		defer d.serveLine(p.line)
	default:
	}
	p.line.removePoll(p)
	if len(p.line.ranks) == 0 {
		delete(d.lines, p.line.queue)
		d.due.set(p.line, never)
	}
}

// Await waits until the poll is granted tasks; a Grant of none means that its wait is over. A wait
// does not end while the poll is booked: the lease may give it tasks. The error is ErrClosed.
func (p *Poll) Await(ctx context.Context, over <-chan time.Time) (Grant, error) {
	select { // a grant that is already there wins over a wait that has ended, or never began
	case g := <-p.granted:
		return g, nil
	default:
	}
	select {
	case g := <-p.granted:
		return g, nil
	case <-over:
	case <-ctx.Done():
	case <-p.desk.term.Done():
		return Grant{}, ErrClosed
	}
	if !p.leaveLine() {
		return Grant{}, nil
	}
	select {
	case g := <-p.granted:
		return g, nil
	case <-p.desk.term.Done():
		return Grant{}, ErrClosed
	}
}

// leaveLine takes a poll whose wait is over out of the line, and reports whether it is booked.
func (p *Poll) leaveLine() (booked bool) {
	p.desk.mu.Lock()
	defer p.desk.mu.Unlock()
	p.line.removeFromRank(p)
	return p.booked
}
