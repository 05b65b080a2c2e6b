package cluster

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"aion.dev/aion/engine"
	"github.com/hashicorp/raft"
)

// proposeError returns what raft's error for an entry means for the commands in it. Only errors
// that raft returns before it appends mean "did not happen". Everything that can follow an append,
// including a failed write of the log, is unknown: the entry may survive on another node and be
// committed there.
func proposeError(err error, leader string) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, raft.ErrNotLeader):
		return &engine.NotLeader{Leader: leader}
	case errors.Is(err, raft.ErrLeadershipTransferInProgress):
		return &engine.Unavailable{Why: "leadership is being handed over"}
	case errors.Is(err, raft.ErrEnqueueTimeout):
		return &engine.Unavailable{Why: "the log did not take the command in time"}
	}
	return &engine.Unknown{Cause: err}
}

// changeError is proposeError for a configuration change: raft refuses a change that another one
// has overtaken before it appends anything.
func changeError(err error, leader string) error {
	if err != nil && strings.HasPrefix(err.Error(), "configuration changed since") {
		return &engine.Unavailable{Why: "another change of the members came first"}
	}
	return proposeError(err, leader)
}

// readError is proposeError for a barrier. A barrier changes nothing, so any failure means that it
// did not happen.
func readError(err error, leader string) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, raft.ErrNotLeader), errors.Is(err, raft.ErrLeadershipLost):
		return &engine.NotLeader{Leader: leader}
	case errors.Is(err, raft.ErrLeadershipTransferInProgress):
		return &engine.Unavailable{Why: "leadership is being handed over"}
	case errors.Is(err, raft.ErrRaftShutdown):
		return &engine.Unavailable{Why: "this node is shutting down"}
	}
	return &engine.Unavailable{Why: fmt.Sprintf("the barrier of a read failed: %v", err)}
}

// tooLate is the error of a call that gave up before its command was handed to the log.
func tooLate(ctx context.Context, doing string) error {
	return &engine.Unavailable{Why: fmt.Sprintf("the call ended while %s: %v", doing, context.Cause(ctx))}
}
