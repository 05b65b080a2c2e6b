package fsm

import (
	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/internal/namespace"
)

// startChild appends the event that records a child and starts it in the same step, so a recorded
// child is never missing; or, right after what the turn asked for, the event that says why it could
// not start.
func (t *step) startChild(parent *row, e *history.ChildWorkflowStarted) {
	e.RunID, e.Version = history.RunID{}, catalog.Version{}
	version, member, failed := ChildVersion(t.s.catalog, parent.Run.Version, e, t.lot(parent))
	id := parent.childRunID(e.ID)
	if failed == nil {
		if open := t.latest(e.WorkflowID); open != nil && open.Run.Status.Open() {
			if t.readopt(parent, e, open) {
				return
			}
			refusal := &AlreadyRunning{WorkflowID: e.WorkflowID, RunID: open.Run.RunID}
			failed = &history.RunError{Kind: history.KindAlreadyRunning, Message: bareText(namespace.Of(e.WorkflowID), refusal)}
		} else if t.run(id) != nil {
			failed = &history.RunError{Kind: history.KindAlreadyRunning, Message: "this run has started a child with this ordinal before"}
		} else if flaw := t.flaws[e.ID]; flaw != "" {
			failed = &history.RunError{Kind: history.KindInvalidInput, Message: flaw}
		} else if refusal := t.stopped(e.WorkflowType, version); refusal != nil {
			failed = &history.RunError{Kind: history.KindStopped, Message: bareText(namespace.Of(e.WorkflowType), refusal)}
		} else if reached := t.within(e.WorkflowType, depthBelow(t, parent), nil); reached != nil {
			failed = &history.RunError{Kind: reached.kind(), Message: bareText(namespace.Of(e.WorkflowType), reached)}
		} else if refusal := t.mayHave(e.WorkflowID, true); refusal != nil {
			failed = &history.RunError{Kind: refusal.Code(), Message: refusal.Error()}
		}
	}
	if failed != nil {
		t.append(parent, e)
		t.deliver(parent, &history.ChildWorkflowFailed{ID: e.ID, Error: *failed})
		return
	}
	e.RunID, e.Version = id, version
	t.append(parent, e)
	t.adopt(parent, e.ID, id)
	root := t.rootBelow(parent)
	if root == nil && parent.Run.Parent == nil && t.level() >= 4 {
		root = &history.Root{WorkflowID: parent.Run.WorkflowID, RunID: parent.Run.RunID}
	}
	t.start(birth{
		workflowID: e.WorkflowID, runID: id, version: version, member: member, input: e.Input, attempt: 1, root: root, timeout: e.Timeout, attributes: e.Attributes, depth: depthBelow(t, parent),
		chain:  firstOfChain(e.Retry, e.ChainTimeout),
		parent: &history.Parent{WorkflowID: parent.Run.WorkflowID, RunID: parent.Run.RunID, ID: e.ID, OnClose: e.OnClose},
	})
}

// depthBelow is how deep a child is; 0 below level 5, where no row says it.
func depthBelow(t *step, parent *row) uint64 {
	if t.level() < 5 {
		return 0
	}
	return parent.Depth + 1
}

// ChildVersion resolves the version of a child: its parent's when that package carries the type,
// unless it asked for the routed one.
func ChildVersion(cat *catalog.Catalog, parent catalog.Version, e *history.ChildWorkflowStarted, lot catalog.Lot) (catalog.Version, *catalog.Member, *history.RunError) {
	if e.Choice != history.ChildRouted {
		if p, ok := cat.Package(parent); ok {
			if member, ok := p.Member(e.WorkflowType); ok {
				return p.Version, member, nil
			}
		}
	}
	if e.Choice == history.ChildParent {
		space := namespace.Of(e.WorkflowType)
		message := "the parent's version " + namespace.Version(space, parent).Short() + " does not carry workflow type " + namespace.Bare(e.WorkflowType)
		return catalog.Version{}, nil, &history.RunError{Kind: history.KindUnknownWorkflowType, Message: message}
	}
	version, _, member, ok := cat.ResolveFor(e.WorkflowType, lot)
	if !ok {
		return catalog.Version{}, nil, &history.RunError{Kind: history.KindUnknownWorkflowType, Message: bareText(namespace.Of(e.WorkflowType), cat.UnknownType(e.WorkflowType))}
	}
	return version, member, nil
}

// askChild asks a child to end that its parent goes on waiting for.
func (t *step) askChild(parent *row, id uint64) {
	if line, ok := t.child(parent, id); ok && line.Awaited {
		if child := t.run(line.Run); child != nil && child.Run.Status.Open() {
			t.requestCancel(child, "its parent asked it to end", history.RunID{})
		}
	}
}

// giveUp ends a parent's wait for a child and asks the child to end.
func (t *step) giveUp(parent *row, id uint64) {
	line, ok := t.child(parent, id)
	if !ok || !line.Awaited {
		return
	}
	line.Awaited = false
	t.putChild(parent, line)
	if child := t.run(line.Run); child != nil && child.Run.Status.Open() {
		t.requestCancel(child, "its parent gave it up", history.RunID{})
	}
}
