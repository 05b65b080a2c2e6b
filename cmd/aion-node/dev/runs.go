package dev

import (
	"context"
	"slices"
	"time"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// maxReported bounds the runs that are reported one by one at a time.
const maxReported = 20

// narrator reports runs as they start and close. It asks the node for those since its last call.
type narrator struct {
	l       *Loop
	started mark
	closed  mark
}

// mark is how far a listing was reported: up to and including a time. reported has the reported
// runs of exactly that time.
type mark struct {
	at       time.Time
	reported map[string]bool // ids of reported runs with exactly that time
}

// begin skips what happened before.
func (n *narrator) begin(ctx context.Context, l *Loop) error {
	c, err := l.Client.Cluster(ctx)
	if err != nil {
		return err
	}
	n.l = l
	now := c.LogTime // a new node has none
	if clock := time.Now(); clock.After(now) {
		now = clock
	}
	n.started, n.closed = mark{at: now}, mark{at: now}
	return nil
}

// reportChanges reports what is new. It reads the node's own state, which costs the log nothing.
func (n *narrator) reportChanges(ctx context.Context) error {
	err := n.reportNew(ctx, &n.started, wire.RunFilter{StartedAfter: stampOf(n.started.at)}, "started",
		func(r *wire.Run) time.Time { return r.StartedAt },
		func(r *wire.Run) Event {
			e := Event{Event: Started}
			if r.Parent != nil {
				e.Parent = r.Parent.WorkflowID
			}
			return e
		})
	if err != nil {
		return err
	}
	closed := n.closed.at
	err = n.reportNew(ctx, &n.closed, wire.RunFilter{ClosedAfter: stampOf(n.closed.at)}, "closed",
		func(r *wire.Run) time.Time { return *r.ClosedAt },
		func(r *wire.Run) Event {
			e := Event{Event: Closed, Status: r.Status, Took: r.ClosedAt.Sub(r.StartedAt).Round(time.Millisecond).String()}
			if r.Status == "failed" || r.Status == "timed_out" {
				n.explain(ctx, r, &e)
			}
			return e
		})
	if err != nil || n.closed.at.Equal(closed) {
		return err
	}
	return n.l.reportLeft(ctx)
}

// explain adds why a run failed: kind and message, where in its code, and in which step. It omits
// what it cannot learn.
func (n *narrator) explain(ctx context.Context, r *wire.Run, e *Event) {
	why, err := Why(ctx, n.l.Client, wire.RunRef{WorkflowID: r.WorkflowID, RunID: r.RunID}, r.Events)
	if err == nil {
		e.Error, e.Stack, e.Step = why.Error, why.Stack, why.Step
	}
}

func stampOf(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// reportNew reports the runs of a listing beyond a mark, in order of time, and advances the mark.
func (n *narrator) reportNew(ctx context.Context, m *mark, f wire.RunFilter, what string, when func(*wire.Run) time.Time, event func(*wire.Run) Event) error {
	page, err := n.l.Client.List(ctx, f, wire.Page{Limit: wire.MaxPage}, client.Stale())
	if err != nil {
		return err
	}
	fresh := slices.DeleteFunc(page.Workflows, func(r wire.Run) bool { return when(&r).Equal(m.at) && m.reported[r.RunID] })
	slices.SortStableFunc(fresh, func(a, b wire.Run) int { return when(&a).Compare(when(&b)) })
	for i := range fresh {
		r := &fresh[i]
		if t := when(r); t.After(m.at) {
			*m = mark{at: t}
		}
		if m.reported == nil {
			m.reported = map[string]bool{}
		}
		m.reported[r.RunID] = true
		if i < maxReported {
			e := event(r)
			e.Workflow, e.Run, e.Type, e.Version = r.WorkflowID, r.RunID, r.WorkflowType, r.Version
			n.l.report(e)
		}
	}
	if more := len(fresh) - maxReported; more > 0 {
		n.l.report(Event{Event: More, Runs: uint64(more), Message: what})
	}
	return nil
}
