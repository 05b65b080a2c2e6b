package replay

import (
	"errors"
	"fmt"

	"aion.dev/aion/fsm/history"
)

// maxReason bounds why code asks another workflow to end, in bytes.
const maxReason = 1 << 10

// handles refuses what earlier rules do not know.
func (l *ledger) handles() error {
	if l.book.rules < 5 {
		return errors.New("asking other workflows to end, and for their results, is not known yet to all nodes: the cluster is being upgraded")
	}
	return nil
}

// CancelWorkflow implements runtime.Host.
func (l *ledger) CancelWorkflow(workflowID, reason string) error {
	if err := l.writable(); err != nil {
		return err
	}
	if err := l.handles(); err != nil {
		return err
	}
	if err := history.CheckWorkflowID(workflowID); err != nil {
		return err
	}
	if len(reason) > maxReason {
		return fmt.Errorf("reason has %d bytes, the limit is %d", len(reason), maxReason)
	}
	if flaw := history.TextFlaw(reason); flaw != "" {
		return errors.New("reason " + flaw)
	}
	asks := &history.CancelSent{WorkflowID: workflowID, Reason: reason}
	if err := l.checkRoom(asks); err != nil {
		return err
	}
	return l.request(asks)
}

// StartResult implements runtime.Host.
func (l *ledger) StartResult(workflowID string) (uint64, error) {
	if err := l.writable(); err != nil {
		return 0, err
	}
	if err := l.handles(); err != nil {
		return 0, err
	}
	if err := history.CheckWorkflowID(workflowID); err != nil {
		return 0, err
	}
	if err := l.checkRoom(&history.ResultAwaited{}); err != nil {
		return 0, err
	}
	f, err := l.start(result, workflowID)
	if err != nil {
		return 0, err
	}
	return f.id, l.request(&history.ResultAwaited{ID: f.id, WorkflowID: workflowID})
}
