package client

import "time"

// Patience bounds one call, in the place of the client's own bounds: an attempt that hears nothing
// for attempt, beyond the wait that it asked for, is given up and another node is asked; and the
// call is repeated for total after its first failure. 0 = as the client does, a negative total =
// never. Workers need it: a sign of life that comes too late is none.
func Patience(attempt, total time.Duration) Option {
	return func(c *call) { c.attempt, c.total = attempt, total }
}
