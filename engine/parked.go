package engine

import (
	"aion.dev/aion/engine/replay"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/internal/lru"
)

// parked caches machines between uses, and closes those that it evicts.
type parked = lru.Cache[history.RunID, *replay.Machine]

// newParked keeps at most limit machines, whose values use at most so many bytes in total.
func newParked(limit int, bytes uint64) *parked {
	p := lru.New[history.RunID, *replay.Machine](limit)
	p.Bytes, p.Size, p.Drop, p.Grows = bytes, (*replay.Machine).Memory, (*replay.Machine).Close, true
	return p
}
