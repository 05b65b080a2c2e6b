package engine

import (
	"context"
	"errors"
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
)

// Log is the replicated log and the state machine behind it. The cluster implements it on raft,
// package solo on the state machine alone.
//
// Any goroutine may call any method at any time. A Log may also implement Together, Clock and
// HandOver.
type Log interface {
	// Propose appends one command and returns its outcome once the command is durable on a majority
	// and applied here. Sequential commands of one caller are applied in that order; commands of
	// several callers are batched. A refusal by the state machine is a Result, not an error. The
	// errors are *NotLeader, *NoQuorum and *Unavailable (the command was not applied and never will
	// be) and *Unknown (it may have been applied, or may still be; repeating the same request id
	// finds out). Propose never retries. If ctx ends first, the error is *Unknown, unless the
	// command was not yet handed to the log. On a node that does not lead, AnnounceNode,
	// ReportReady and ReportDigest are forwarded to the leader; everything else is refused with
	// *NotLeader.
	Propose(ctx context.Context, e fsm.Envelope) (fsm.Result, error)
	// Sync returns once this node's state includes everything that was acknowledged anywhere before
	// the call: it makes a read linearizable. Concurrent callers share its cost. Errors are as for
	// Propose, except *Unknown.
	Sync(ctx context.Context) error
	// View reads this node's current state, at one index, without waiting and without blocking
	// apply.
	View(f func(fsm.View))
	// Wait returns this node's applied index as soon as it exceeds after, or ctx's error.
	Wait(ctx context.Context, after uint64) (uint64, error)
}

// Together is an optional interface of a Log that can keep commands together. Without it, no turn
// is made ahead of what it follows from (see foresight.go).
type Together interface {
	// ProposeTogether is Propose for commands that stand next to each other in one entry, in this
	// order. It returns a result for each. ErrApart means that they do not fit into one entry, by
	// their bytes or by the work of applying them.
	ProposeTogether(ctx context.Context, all ...fsm.Envelope) ([]fsm.Result, error)
	// Alike reports whether every member is known to run this build, and so can read what this
	// build alone writes.
	Alike() bool
}

// ErrApart means that commands do not fit into one entry together. Nothing happened.
var ErrApart = errors.New("the commands do not fit into one entry")

// Blobs stores archives by the SHA-256 of their bytes, outside the log.
type Blobs interface {
	// Put returns once a majority of the voters have the bytes on disk. The blob may be swept an
	// hour later unless the applied state names it by then. Errors are as for Propose, except
	// *Unknown: putting the same bytes again is always safe.
	Put(ctx context.Context, archive []byte) (catalog.Digest, error)
	// Get returns the bytes, from this node's disk or else from a peer. Bytes from a peer are
	// checked against the digest and kept. The error names the peers that were asked.
	Get(ctx context.Context, d catalog.Digest) ([]byte, error)
}

// NotLeader means that this node does not lead. Nothing happened.
type NotLeader struct {
	Leader string // node id, empty if unknown
}

// NoQuorum means that there is a leader or a candidate, but no majority behind it. Nothing
// happened.
type NoQuorum struct{ Why string }

// Unavailable means that this node cannot serve the call now (draining, starting, behind). Nothing
// happened.
type Unavailable struct{ Why string }

// Unknown means that the outcome is not known. Cause says how the answer was lost.
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
