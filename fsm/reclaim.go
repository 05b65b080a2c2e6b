package fsm

import (
	"context"
	"fmt"

	"aion.dev/aion/fsm/rows"
)

// Freed returns how many bytes of histories were deleted since this node last gave their space
// back.
// It is this process's own count and no part of the state.
func (s *State) Freed() uint64 { return s.freed.Load() }

// DiskBytes returns what the state takes on disk.
func (s *State) DiskBytes() uint64 {
	use := s.pin()
	if use == nil {
		return 0
	}
	defer use.drop()
	return s.db.Metrics().DiskSpaceUsage()
}

// Reclaim gives back the space of deleted histories. It does not hold up Apply, and ends with ctx.
func (s *State) Reclaim(ctx context.Context) error {
	use := s.pin() // the database stays open meanwhile
	if use == nil {
		return ErrClosed
	}
	defer use.drop()
	freed := s.freed.Load()
	if err := s.flush(); err != nil {
		return fmt.Errorf("flush before compaction: %w", err)
	}
	for _, family := range []byte{rows.FamilyEvent, rows.FamilyTurn, rows.FamilyLog} {
		if err := s.db.Compact(ctx, []byte{family}, []byte{family + 1}, false); err != nil {
			return fmt.Errorf("compact the histories: %w", err)
		}
	}
	s.freed.Add(-freed)
	return nil
}
