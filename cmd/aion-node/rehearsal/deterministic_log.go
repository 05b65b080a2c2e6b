package rehearsal

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"sync/atomic"

	"aion.dev/aion/engine/solo"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

// deterministicLog is the log of a deterministic world: values that the engine draws at random
// before the log are replaced by fixed ones. Run ids are numbered, and so are the random numbers of
// workflow code and the ids of children, which follow from them; retries have no jitter.
type deterministicLog struct {
	*solo.Skipping
	world *world
	runs  atomic.Uint64
}

// Propose implements engine.Log.
func (s *deterministicLog) Propose(ctx context.Context, e fsm.Envelope) (fsm.Result, error) {
	switch c := e.Command.(type) {
	case *fsm.StartRun:
		c.RunID = numbered(s.runs.Add(1))
	case *fsm.ResetRun:
		c.RunID = numbered(s.runs.Add(1))
	case *fsm.FireTimers:
		c.Jitter = 0
		if _, err := s.world.Rest(ctx); err != nil { // one that is due at once would race with turns
			return fsm.Result{}, err
		}
	case *fsm.FailTasks:
		for i := range c.Results {
			c.Results[i].Jitter = 0
		}
	}
	return s.Skipping.Propose(ctx, e)
}

// Alike implements engine.Together. It keeps turns from being made ahead: that depends on how busy
// the node is, and run ids are replaced only on their way into the log.
func (s *deterministicLog) Alike() bool { return false }

// numbered returns the nth run id: a UUID of version 8.
func numbered(n uint64) (id history.RunID) {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("aion/test/run"), n))
	copy(id[:], sum[:])
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return id
}
