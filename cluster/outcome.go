package cluster

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"aion.dev/aion/engine"
	"github.com/hashicorp/raft"
)

// proposeError says what raft's answer to an entry means for the commands in it. Only errors that
// raft gives before it appends are a "did not happen"; everything that can come after an append, a
// failed write of the log included, is unknown: the entry may survive on another node and be
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

// changeError is proposeError for a change of the configuration: raft refuses one that another has
// overtaken before it appends anything.
func changeError(err error, leader string) error {
	if err != nil && strings.HasPrefix(err.Error(), "configuration changed since") {
		return &engine.Unavailable{Why: "another change of the members came first"}
	}
	return proposeError(err, leader)
}

// readError is proposeError for a barrier, which changes nothing: whatever goes wrong, it did not
// happen.
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
