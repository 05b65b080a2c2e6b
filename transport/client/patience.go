package client

import "time"

// Patience replaces the client's own bounds for one call. attempt bounds how long an attempt may be
// silent beyond the wait that it asked for, before another node is tried. total bounds how long the
// call is retried after its first failure. 0 = the client's bound, a negative total = never retry.
// Workers need this: a late heartbeat is useless.
func Patience(attempt, total time.Duration) Option {
	return func(c *call) { c.attempt, c.total = attempt, total }
}
