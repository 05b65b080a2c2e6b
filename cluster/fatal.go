package cluster

import (
	"errors"
	"os"
	"strings"
	"time"
)

// exitAfter is how long an orderly end may take once this node must not go on. A disk that hangs
// can hang the end too.
const exitAfter = 10 * time.Second

// fail ends this node: Run stops what runs and returns err. The first error counts.
func (c *Cluster) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failure != nil {
		return
	}
	c.failure = err
	close(c.failed)
	// Whoever listens to this node as a leader should stop doing so now, not when it has ended.
	if c.link != nil {
		c.link.mute()
	}
	c.log.Error("this node must not go on and stops", "reason", err)
	if c.cfg.Fatal != nil {
		go c.cfg.Fatal(err)
		return
	}
	time.AfterFunc(exitAfter, func() { os.Exit(1) })
}

// failedWith returns why this node must not go on, if it must not.
func (c *Cluster) failedWith() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failure
}

// withCause puts why this node must not go on before what else went wrong while it ended. Often
// that is the same again, in other words.
func withCause(cause, err error) error {
	if err == nil || strings.Contains(err.Error(), cause.Error()) {
		return cause
	}
	return errors.Join(cause, err)
}
