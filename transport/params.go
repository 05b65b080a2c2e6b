package transport

import (
	"context"
	"fmt"
	"math"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/internal/namespace"
	"aion.dev/aion/transport/wire"
)

// Parameters that several calls share. Huma finds them only in embedded fields of exported types.

// Fresh are the parameters of every read.
type Fresh struct {
	Consistency string `query:"consistency" enum:"linearizable,stale" doc:"stale: answer from this node's state as it is, without the leader. Default: linearizable"`
	MinIndex    uint64 `query:"min_index" doc:"With consistency=stale: wait up to 5 s until this node has applied this index"`
}

func (f Fresh) read() (engine.Read, error) {
	if f.Consistency != "stale" && f.MinIndex > 0 {
		return engine.Read{}, invalid("min_index", "requires consistency=stale: linearizable reads see everything acknowledged")
	}
	return engine.Read{Stale: f.Consistency == "stale", MinIndex: f.MinIndex}, nil
}

// Paged are the parameters of every listing.
type Paged struct {
	Limit  int    `query:"limit" minimum:"1" doc:"1 to 1000; default 100"`
	Cursor string `query:"cursor" doc:"next_cursor of the page before"`
}

// PagedNames are those of a listing in the order of names, which its cursors are.
type PagedNames struct {
	Limit  int    `query:"limit" minimum:"1" doc:"1 to 1000; default 100"`
	Cursor string `query:"cursor" ns:"name" doc:"next_cursor of the page before"`
}

// OfRun are the parameters that identify a run.
type OfRun struct {
	ID    string `path:"id" ns:"name" doc:"Workflow id"`
	RunID string `query:"run_id" doc:"Another run of the workflow id than the latest"`
}

func (o OfRun) ref() (fsm.RunRef, error) {
	ref := fsm.RunRef{WorkflowID: o.ID}
	if err := history.CheckWorkflowID(namespace.Bare(o.ID)); err != nil {
		return ref, invalid("workflow_id", "%v", err)
	}
	if o.RunID != "" {
		id, err := history.ParseRunID(o.RunID)
		if err != nil {
			return ref, invalid("run_id", "%v", err)
		}
		if id == (history.RunID{}) { // inside the node it means the latest run
			return ref, invalid("run_id", "is all zero, which no run has; leave it out for the latest run")
		}
		ref.RunID = id
	}
	return ref, nil
}

// Waits is the parameter of calls that may wait.
type Waits struct {
	Wait string `query:"wait" doc:"Go duration, at most 60s are waited" example:"30s"`
}

func (w Waits) duration() (time.Duration, error) {
	if w.Wait == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(w.Wait)
	if err != nil || d < 0 {
		return 0, invalid("wait", "is %q; want a Go duration such as 30s", clip(w.Wait))
	}
	return min(d, wire.MaxWait), nil
}

// Watched are the parameters of reads of a run that may wait for progress.
type Watched struct {
	Looked
	Waits
}

// watch parses them. The read that follows reserves memory for its answer only when its wait is
// over.
func (w Watched) watch(ctx context.Context) (rd engine.Read, ref fsm.RunRef, wait time.Duration, err error) {
	if rd, ref, err = w.look(ctx); err == nil {
		wait, err = w.duration()
	}
	return rd, ref, wait, err
}

// Looked are the parameters of reads of a run's current state.
type Looked struct {
	Fresh
	OfRun
}

func (l Looked) look(ctx context.Context) (rd engine.Read, ref fsm.RunRef, err error) {
	if rd, err = l.read(); err == nil {
		x := exchangeOf(ctx)
		rd.Room, rd.Only = x.setReservation, x.only
		ref, err = l.ref()
	}
	return rd, ref, err
}

// OfVersion are the parameters that identify a version.
type OfVersion struct {
	Type    string `path:"type" ns:"name"`
	Version string `path:"version" ns:"version" doc:"Full, or a unique prefix of at least 6 digits"`
}

// Named is the parameter that names a signal or a query.
type Named struct {
	Name string `path:"name"`
}

// Keyed are the headers of every mutation, as /openapi.json shows them.
type Keyed struct {
	Key string `header:"Idempotency-Key" doc:"Request id of 1 to 200 printable characters: the call has at most one effect and repeats its first answer, for 24 hours"`
}

// OfQueue is the parameter that names a queue.
type OfQueue struct {
	Queue string `path:"queue" ns:"name"`
}

// OfSchedule is the parameter that names a schedule.
type OfSchedule struct {
	ID string `path:"id" ns:"name" doc:"Schedule id"`
}

// duration parses a duration in a request; absent = 0.
func duration(field, text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil && history.BeyondDuration(text) {
		return 0, invalid(field, "is %s: the longest is %s", clip(text), history.Duration(math.MaxInt64))
	}
	if err != nil {
		return 0, invalid(field, "is %q; want a Go duration such as 1h30m", clip(text))
	}
	return d, nil
}

// span is duration, for values where 0 makes no sense, because it would count as absent. The engine
// checks other bounds.
func span(field, text string, least, most time.Duration) (time.Duration, error) {
	d, err := duration(field, text)
	if err == nil && text != "" && d == 0 {
		err = invalid(field, "is %s; %s to %s are allowed", clip(text), least, most)
	}
	return d, err
}

// moment parses a time of a filter; absent = 0. The log represents times as nanoseconds since 1970
// in 64 bits, and 0 means no time: times outside that range count as its first and its last time.
func moment(field, text string) (history.Time, error) {
	if text == "" {
		return 0, nil
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return 0, invalid(field, "is %q; want an RFC 3339 time such as 2026-03-01T08:00:00Z", clip(text))
	}
	first, last := time.Unix(0, 1), time.Unix(0, math.MaxInt64)
	switch {
	case t.Before(first):
		t = first
	case t.After(last):
		t = last
	}
	return history.At(t), nil
}

// contact returns what a stale read says about this node's contact with the leader; linearizable
// reads need not say it.
func (s *Server) contact(rd engine.Read) string {
	if !rd.Stale {
		return ""
	}
	ago, ok := s.cfg.Cluster.LeaderContact()
	if !ok {
		return "never"
	}
	return fmt.Sprint(ago.Round(time.Millisecond))
}
