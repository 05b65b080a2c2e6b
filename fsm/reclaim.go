package fsm

import (
	"context"

	"aion.dev/aion/fsm/rows"
)

// Freed returns how many bytes of histories were deleted since this node last gave their space
// back.
// It is this process's own count and no part of the state.
func (s *State) Freed() uint64 { return s.freed.Load() }

// DiskBytes returns what the state takes on disk.
func (s *State) DiskBytes() uint64 {
	var bytes uint64
	_ = s.held(func() error {
		bytes = s.db.DiskBytes()
		return nil
	})
	return bytes
}

// Reclaim gives back the space of deleted histories. It does not hold up Apply, and ends with ctx.
func (s *State) Reclaim(ctx context.Context) error {
	return s.held(func() error {
		freed := s.freed.Load()
		if err := s.db.Reclaim(ctx, rows.FamilyEvent, rows.FamilyTurn, rows.FamilyLog); err != nil {
			return err
		}
		s.freed.Add(-freed)
		return nil
	})
}
