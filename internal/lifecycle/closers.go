package lifecycle

import "errors"

// Closers are what was opened, closed in the reverse order of opening. The zero Closers are
// ready to use, by one goroutine at a time.
type Closers []func() error

// Add notes how to close what was opened last.
func (c *Closers) Add(f func() error) { *c = append(*c, f) }

// Close closes all, each once, and joins their errors.
func (c *Closers) Close() (err error) {
	for i := len(*c) - 1; i >= 0; i-- {
		err = errors.Join(err, (*c)[i]())
	}
	*c = nil
	return err
}
