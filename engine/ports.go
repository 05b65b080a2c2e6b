package engine

import (
	"context"
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
)

// Log is the replicated log with the state machine behind it. The cluster implements it on raft,
// enginetest on the state machine alone.
//
// All methods may be called by any goroutine at any time. A Log may also implement Clock and
// HandOver.
type Log interface {
	// Propose appends one command and returns its outcome once it is durable on a majority and
	// applied here. Commands of one caller that calls in turn are applied in that order; commands
	// of several callers are batched. A refusal by the state machine is a Result, not an error. The
	// errors are *NotLeader, *NoQuorum and *Unavailable (it did not happen and never will) and
	// *Unknown (it may have happened or may still happen; the same request id tells). Propose never
	// retries. When ctx ends first, the error is *Unknown unless the command was not yet handed to
	// the log. On a node that does not lead, AnnounceNode, ReportReady and ReportDigest are sent on
	// to the leader; everything else is refused with *NotLeader.
	Propose(ctx context.Context, e fsm.Envelope) (fsm.Result, error)
	// Sync returns once this node's state has everything that was acknowledged anywhere before the
	// call: what makes a read linearizable. Callers at the same time share what it costs. Errors as
	// for Propose, never *Unknown.
	Sync(ctx context.Context) error
	// View reads this node's state as it is now, at one index, without waiting and without blocking
	// apply.
	View(f func(fsm.View))
	// Wait returns this node's applied index as soon as it is above after, or ctx's error.
	Wait(ctx context.Context, after uint64) (uint64, error)
}

// Blobs keeps archives by the SHA-256 of their bytes, outside the log.
type Blobs interface {
	// Put returns once a majority of the voters have the bytes on disk. The blob may be swept an
	// hour later unless applied state names it by then. Errors as for Propose, never *Unknown:
	// putting the same bytes again is always safe.
	Put(ctx context.Context, archive []byte) (catalog.Digest, error)
	// Get returns the bytes, from this node's disk or else from a peer's; what a peer sent is
	// checked against the digest and kept. The error says who was asked.
	Get(ctx context.Context, d catalog.Digest) ([]byte, error)
}

// NotLeader: this node does not lead. Nothing happened.
type NotLeader struct {
	Leader string // node id, empty when unknown
}

// NoQuorum: there is a leader or a candidate, but no majority behind it. Nothing happened.
type NoQuorum struct{ Why string }

// Unavailable: this node cannot serve the call now (draining, starting, behind). Nothing happened.
type Unavailable struct{ Why string }

// Unknown: the outcome is not known. Cause says how the answer was lost.
type Unknown struct{ Cause error }

func (e *NotLeader) Error() string {
	if e.Leader == "" {
		return "this node does not lead, and knows no leader"
	}
	return fmt.Sprintf("this node does not lead, node %s does", e.Leader)
}
func (e *NotLeader) Code() string { return "no_leader" }
func (e *NotLeader) Facts() map[string]any {
	if e.Leader == "" {
		return nil
	}
	return map[string]any{"leader": e.Leader}
}

func (e *NoQuorum) Error() string         { return "no majority of the voters answers: " + e.Why }
func (e *NoQuorum) Code() string          { return "no_quorum" }
func (e *NoQuorum) Facts() map[string]any { return nil }

func (e *Unavailable) Error() string         { return e.Why }
func (e *Unavailable) Code() string          { return "unavailable" }
func (e *Unavailable) Facts() map[string]any { return nil }

func (e *Unknown) Error() string         { return fmt.Sprintf("the outcome is not known: %v", e.Cause) }
func (e *Unknown) Unwrap() error         { return e.Cause }
func (e *Unknown) Code() string          { return "outcome_unknown" }
func (e *Unknown) Facts() map[string]any { return nil }
