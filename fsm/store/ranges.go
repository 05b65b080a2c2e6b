package store

// maxRanges is how many deleted ranges stay in the memory table. For the first reader after each
// new one Pebble sorts all of them anew: with 20,000 ranges in memory an entry that changed nothing
// else took ten times as long. On disk they are sorted once.
const maxRanges = 1_000

// flushRanges has the memory table written out when it holds many deleted ranges. Nobody waits for
// it, and it changes no row.
func (d *DB) flushRanges(more int) error {
	if d.ranges += more; d.ranges <= maxRanges {
		return nil
	}
	d.ranges = 0
	_, err := d.db.AsyncFlush()
	return err
}
