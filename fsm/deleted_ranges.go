package fsm

// maxRanges is how many deleted ranges stay in the memory table. For the first reader after each
// new one Pebble sorts all of them anew: with 20,000 ranges in memory an entry that changed nothing
// else took ten times as long. On disk they are sorted once.
const maxRanges = 1_000

// flushRanges has the memory table written out when it holds many deleted ranges. Nobody waits for
// it, and it changes no row.
func (s *State) flushRanges(more int) error {
	if s.ranges += more; s.ranges <= maxRanges {
		return nil
	}
	s.ranges = 0
	_, err := s.db.AsyncFlush()
	return err
}
