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

// steady is the log of a world in which chance has no part: what the engine draws before the log is
// replaced by what is the same every time. Run ids are numbered, and with them the random numbers
// of workflow code and the ids of children, which follow from them; retries come without jitter.
type steady struct {
	*solo.Skipping
	runs atomic.Uint64
}

// Propose implements engine.Log.
func (s *steady) Propose(ctx context.Context, e fsm.Envelope) (fsm.Result, error) {
	switch c := e.Command.(type) {
	case *fsm.StartRun:
		c.RunID = numbered(s.runs.Add(1))
	case *fsm.FireTimers:
		c.Jitter = 0
	case *fsm.FailTasks:
		for i := range c.Results {
			c.Results[i].Jitter = 0
		}
	}
	return s.Skipping.Propose(ctx, e)
}

// numbered is the nth run id: a UUID of version 8.
func numbered(n uint64) (id history.RunID) {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("aion/test/run"), n))
	copy(id[:], sum[:])
	id[6] = id[6]&0x0f | 0x80
	id[8] = id[8]&0x3f | 0x80
	return id
}
