package cluster

import (
	"context"

	"aion.dev/aion/cluster/port"
)

// interlude is work that a leader does between two terms of one win. Its duties have ended: no
// loop of the engine runs, everything proposed is answered, and nothing new is proposed. Callers
// wait as they do while a new leader catches up. The duties begin anew afterwards, and read the
// state as any new leader does.
type interlude struct {
	run  func() error
	over chan error // buffered for the one answer
}

// play runs the interlude. A nil one was withdrawn.
func (i *interlude) play() {
	if i != nil {
		i.over <- i.run()
	}
}

// betweenTerms runs f in an interlude, and returns its error. f runs whether or not this node
// still leads. It does not run at all if ctx ends before its turn comes. One interlude at a
// time.
func (c *Cluster) betweenTerms(ctx context.Context, f func() error) error {
	i := &interlude{run: f, over: make(chan error, 1)}
	c.lead.setBetween(i)
	select {
	case err := <-i.over:
		return err
	case <-ctx.Done():
		if c.lead.withdraw(i) {
			return tooLate(ctx, "the leader's loops were ending")
		}
	case <-c.closing:
		if c.lead.withdraw(i) {
			return port.ErrClosing
		}
	}
	return <-i.over
}

func (l *leadership) setBetween(i *interlude) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.between = i
	l.announce()
}

// takeBetween takes the interlude over, so that nobody withdraws it any more; nil if somebody has.
func (l *leadership) takeBetween() *interlude {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := l.between
	l.between = nil
	return i
}

// withdraw takes an interlude back. It returns false if it runs already.
func (l *leadership) withdraw(i *interlude) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.between != i {
		return false
	}
	l.between = nil
	l.announce()
	return true
}
