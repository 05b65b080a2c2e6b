package lifecycle

import "errors"

// Closers closes what was opened, in reverse order. The zero Closers is ready to use, by one
// goroutine at a time.
type Closers []func() error

// Add records how to close what was opened last.
func (c *Closers) Add(f func() error) { *c = append(*c, f) }

// Close calls each function once, and joins their errors.
func (c *Closers) Close() (err error) {
	for i := len(*c) - 1; i >= 0; i-- {
		err = errors.Join(err, (*c)[i]())
	}
	*c = nil
	return err
}
