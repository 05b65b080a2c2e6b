package engine

import (
	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// A turn leads to turns of other runs: to the first one of each child that it starts, and to one of
// the parent when it completes a child. What those runs read is written by the state machine, and
// depends on more than the turn says. So such a turn names the events that it counts on
// (fsm.Foresight.Saw), and whatever else happens leaves it void.

// foreseeKin makes the turn of another run that follows from one event of a turn of at, if any
// does and it can be made at once.
func (d *driver) foreseeKin(at *rows.Run, asked history.Data) *ahead {
	switch e := asked.(type) {
	case *history.ChildWorkflowStarted:
		return d.foreseeChild(at, e)
	case *history.WorkflowCompleted:
		if at.Parent == nil {
			return nil
		}
		news := &history.ChildWorkflowCompleted{ID: at.Parent.ID, Result: e.Result}
		return d.foreseeNews(at.Parent.RunID, news).saw(news)
	}
	return nil
}

// saw names the events that a turn counts on.
func (a *ahead) saw(events ...history.Data) *ahead {
	if a != nil {
		a.turn.Foreseen.Saw = fsm.SawEvents(events...)
	}
	return a
}

// foreseeChild makes the first turn of a child that a turn of parent starts.
func (d *driver) foreseeChild(parent *rows.Run, e *history.ChildWorkflowStarted) *ahead {
	if e.Retry != nil || e.ChainTimeout != 0 {
		return nil
	}
	var version catalog.Version
	var member *catalog.Member
	var pkg *catalog.Package
	var root *history.Root
	d.e.cfg.Log.View(func(v fsm.View) {
		if v.Level() < levelRoots {
			return
		}
		if root = rootBelow(v, parent); root == nil {
			return
		}
		if version, member, _ = fsm.ChildVersion(v.Catalog(), parent.Version, e, fsm.RunLot(v, parent)); member != nil {
			pkg, _ = v.Catalog().Package(version)
		}
	})
	if pkg == nil {
		return nil
	}
	timeout := e.Timeout
	if timeout == 0 {
		timeout = history.Duration(member.Timeout)
	}
	started := &history.WorkflowStarted{
		WorkflowID: e.WorkflowID, RunID: history.ChildRunID(parent.RunID, e.ID, 0), WorkflowType: member.Type, Version: version, Input: e.Input, Attributes: e.Attributes, Timeout: timeout, Attempt: 1,
		Parent: &history.Parent{WorkflowID: parent.WorkflowID, RunID: parent.RunID, ID: e.ID, OnClose: e.OnClose}, Root: root,
	}
	return d.foreseeFirst(started, pkg, member).saw(started)
}

// levelRoots is the level from which on a child knows the root of its tree.
const levelRoots = 4

// rootBelow is the root of the tree of parent's children; nil if that is not known.
func rootBelow(v fsm.View, parent *rows.Run) *history.Root {
	if parent.Parent == nil {
		return &history.Root{WorkflowID: parent.WorkflowID, RunID: parent.RunID}
	}
	for _, e := range eventsUpTo(v, parent.RunID, 1, 1) {
		if began, ok := e.Data.(*history.WorkflowStarted); ok {
			return began.Root
		}
	}
	return nil
}
