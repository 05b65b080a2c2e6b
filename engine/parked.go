package engine

import (
	"aion.dev/aion/engine/replay"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/internal/lru"
)

// parked are machines between their uses: those that leave are closed.
type parked = lru.Cache[history.RunID, *replay.Machine]

// newParked keeps at most limit machines, whose values take at most so many bytes together.
func newParked(limit int, bytes uint64) *parked {
	p := lru.New[history.RunID, *replay.Machine](limit)
	p.Bytes, p.Size, p.Drop = bytes, (*replay.Machine).Memory, (*replay.Machine).Close
	return p
}
