package store

// Flush writes down what is in memory only. It returns the error if the disk refuses that: Pebble
// tries again for ever, and a caller that waited for its success would keep the node from ending.
// Any goroutine may call it.
func (d *DB) Flush() error {
	if err := d.backlog.flush(); err != nil {
		return err
	}
	done, err := d.db.AsyncFlush()
	if err != nil {
		return err
	}
	select {
	case <-done:
		return nil
	case <-d.broken:
		return *d.background.Load()
	}
}

// Fail records the first error after which this node cannot go on. Any goroutine may call it.
func (d *DB) Fail(err error) {
	if err != nil && d.background.CompareAndSwap(nil, &err) {
		close(d.broken)
	}
}

// Failed returns what was recorded, if anything was. Any goroutine may call it.
func (d *DB) Failed() error {
	if err := d.background.Load(); err != nil {
		return *err
	}
	return nil
}
