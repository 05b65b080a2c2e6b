package vet

import "time"

// Starting a process and initialising it takes longer than compiling a package. So one child always
// waits for the next archive. It checks one archive, like any other, and is replaced afterwards.

// replaceAfter is how long after a check the next child is started. What a deploy does next, such
// as its entry and its route, does not share the processors with it.
const replaceAfter = 250 * time.Millisecond

// Warm starts a child that waits for the next archive, unless one does. It returns at once.
func (c *Checker) Warm() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.waiting != nil {
		return
	}
	c.tasks.Go(func() {
		ch, err := c.start()
		if err != nil {
			return // the next check starts one itself, and reports the error
		}
		if !c.keep(ch) {
			ch.kill()
		}
	})
}

// keep makes a child the waiting one, unless there already is one.
func (c *Checker) keep(ch *child) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.waiting != nil {
		return false
	}
	c.waiting = ch
	return true
}

// takeWaiting returns the child that waits, or nil if none is alive.
func (c *Checker) takeWaiting() *child {
	c.mu.Lock()
	ch := c.waiting
	c.waiting = nil
	c.mu.Unlock()
	if ch == nil {
		return nil
	}
	select {
	case <-ch.ended:
		return nil
	default:
		return ch
	}
}

// Close ends the waiting child. Checks in progress go on.
func (c *Checker) Close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.tasks.Wait()
	if ch := c.takeWaiting(); ch != nil {
		ch.kill()
	}
}
