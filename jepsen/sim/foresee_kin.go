package sim

import (
	"math/rand/v2"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// foreseenTurn draws a turn of a run, and the runs that it leads to: children that it starts, and
// the parent whom it hands its result; nil if it leads to none.
func (w *World) foreseenTurn(_ *node, v fsm.View, rng *rand.Rand) *cause {
	ready, _ := v.Ready(fsm.ReadyCursor{}, 16)
	if len(ready) == 0 {
		return nil
	}
	r, found := v.Run(one(rng, ready).RunID)
	if !found || r.Type == "gate" {
		return nil
	}
	c := new(cause)
	var turn *fsm.RecordTurn
	if _, real := flows[r.Type]; real {
		turn = w.flowTurn(v, &r).(*fsm.RecordTurn)
	} else {
		turn = w.turn(&r, rng).(*fsm.RecordTurn)
	}
	c.command = turn
	for _, e := range turn.Asked {
		switch d := e.Data.(type) {
		case *history.ChildWorkflowStarted:
			c.child(v, &r, d)
		case *history.WorkflowCompleted:
			if r.Parent != nil {
				c.add(v, rng, r.Parent.RunID, &history.ChildWorkflowCompleted{ID: r.Parent.ID, Result: d.Result})
			}
		}
	}
	for i := range c.leads {
		c.leads[i].kin = true
	}
	if len(c.leads) == 0 {
		return nil
	}
	return c
}

// child notes a child that a turn of parent starts, as v shows the versions.
func (c *cause) child(v fsm.View, parent *rows.Run, d *history.ChildWorkflowStarted) {
	version, member, failed := fsm.ChildVersion(v.Catalog(), parent.Version, d, fsm.RunLot(v, parent))
	if failed != nil {
		return
	}
	r := rows.Run{WorkflowID: d.WorkflowID, RunID: history.ChildRunID(parent.RunID, d.ID, 0), Type: member.Type, Version: version, Status: history.StatusRunning}
	c.leads = append(c.leads, forecast{was: r, news: []history.Data{&history.WorkflowStarted{
		WorkflowID: r.WorkflowID, RunID: r.RunID, WorkflowType: r.Type, Version: version, Input: d.Input, Attributes: d.Attributes, Attempt: 1,
		Timeout: timeLimit(d, member), Parent: &history.Parent{WorkflowID: parent.WorkflowID, RunID: parent.RunID, ID: d.ID, OnClose: d.OnClose},
		Root: rootBelow(v, parent), Retry: d.Retry, ChainTimeout: d.ChainTimeout,
	}}})
}

func timeLimit(d *history.ChildWorkflowStarted, member *catalog.Member) history.Duration {
	if d.Timeout != 0 {
		return d.Timeout
	}
	return history.Duration(member.Timeout)
}

// rootBelow is the root of the tree of parent's children, from level 4 on.
func rootBelow(v fsm.View, parent *rows.Run) *history.Root {
	if v.Level() < 4 {
		return nil
	}
	if parent.Parent == nil {
		return &history.Root{WorkflowID: parent.WorkflowID, RunID: parent.RunID}
	}
	if events := v.Events(parent.RunID, 1, 1); len(events) == 1 {
		return events[0].Data.(*history.WorkflowStarted).Root
	}
	return nil
}
