package cluster

import (
	"errors"
	"os"
	"strings"
	"time"
)

// exitAfter is how long an orderly end may take once this node must stop. A disk that hangs can
// make the end hang too.
const exitAfter = 10 * time.Second

// fail stops this node: Run ends everything and returns err. The first error counts.
func (c *Cluster) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failure != nil {
		return
	}
	c.failure = err
	close(c.failed)
	// Mute the transport now, so that followers stop accepting this node as leader before its
	// orderly end is over.
	if c.link != nil {
		c.link.mute()
	}
	c.log.Error("this node stops because it must not go on", "reason", err)
	if c.cfg.Fatal != nil {
		go c.cfg.Fatal(err)
		return
	}
	time.AfterFunc(exitAfter, func() { c.exit(err) })
}

// exitNow returns exit, or nil if nobody would say why: a panic does then.
func (c *Cluster) exitNow() func(error) {
	if c.cfg.Exit == nil {
		return nil
	}
	return c.exit
}

// exit ends the process at once, with the first error that had to stop this node.
func (c *Cluster) exit(err error) {
	if first := c.failedWith(); first != nil {
		err = first
	}
	if c.cfg.Exit != nil {
		c.cfg.Exit(err)
	}
	os.Exit(1)
}

// failedWith returns the error that stopped this node, or nil.
func (c *Cluster) failedWith() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failure
}

// withCause puts the cause of the stop before the error of the shutdown. The latter often repeats
// the cause in other words.
func withCause(cause, err error) error {
	if err == nil || strings.Contains(err.Error(), cause.Error()) {
		return cause
	}
	return errors.Join(cause, err)
}
