package client

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"aion.dev/aion/transport/hot/pb"
	"aion.dev/aion/transport/wire"
)

// Start starts a run.
func (c *Client) Start(ctx context.Context, r wire.StartRequest, opts ...Option) (*wire.StartAnswer, error) {
	return c.start(ctx, r, 0, opts)
}

// StartAndWait starts a run and waits up to wait for its end. The answer has a Status;
// wire.Open(Status) means that the run was still open then. If there are both an error and an
// answer, the run was started, but its result could not be learned.
func (c *Client) StartAndWait(ctx context.Context, r wire.StartRequest, wait time.Duration, opts ...Option) (*wire.StartAnswer, error) {
	end := time.Now().Add(wait)
	a, err := c.start(ctx, r, wait, opts)
	if err != nil || a.Status != "" && (!wire.Open(a.Status) || time.Until(end) <= 0) {
		return a, err
	}
	result, err := c.Result(ctx, wire.RunRef{WorkflowID: a.WorkflowID, RunID: a.RunID}, time.Until(end))
	if err == nil && result.ContinuedTo != "" { // the result is the one of the chain's last run
		result, err = c.Result(ctx, wire.RunRef{WorkflowID: a.WorkflowID}, time.Until(end))
	}
	if err != nil {
		return a, err
	}
	a.Status, a.Result, a.Error = result.Status, result.Result, result.Error
	return a, nil
}

// StartAndUpdate starts a run, or comes to the open one, and waits up to wait for the answer to the
// update that r has. The answer has an Update or, if the run did not take it, an UpdateProblem. If
// there are both an error and an answer, the update was accepted, but its answer could not be
// learned.
func (c *Client) StartAndUpdate(ctx context.Context, r wire.StartRequest, wait time.Duration, opts ...Option) (*wire.StartAnswer, error) {
	if r.Update == nil {
		return nil, errors.New("start and update: the request has no update")
	}
	if err := checkJSON("update.args", r.Update.Args); err != nil {
		return nil, err
	}
	end := time.Now().Add(wait)
	a, err := c.start(ctx, r, wait, opts)
	if err != nil || a.Update == nil || a.Update.Status != "accepted" || a.Update.Error != nil || time.Until(end) <= 0 {
		return a, err
	}
	u, err := c.UpdateState(ctx, wire.RunRef{WorkflowID: a.WorkflowID, RunID: a.Update.RunID}, a.Update.UpdateID, time.Until(end))
	if err == nil {
		a.Update = u
	}
	return a, err
}

func (c *Client) start(ctx context.Context, r wire.StartRequest, wait time.Duration, opts []Option) (*wire.StartAnswer, error) {
	if err := checkJSON("input", r.Input); err != nil {
		return nil, err
	}
	if err := checkAttributes(r.Attributes); err != nil {
		return nil, err
	}
	call := change(http.MethodPost, r, "v1", "workflows").over(pb.Operation_START, "", "").with(opts)
	call.setWait(wait)
	var a wire.StartAnswer
	return answer(&a, c.do(ctx, call, &a))
}

// Result returns the state of a run, after waiting up to wait for its end (0 = at once). Without a
// run id it follows a run that continued as new.
func (c *Client) Result(ctx context.Context, ref wire.RunRef, wait time.Duration, opts ...Option) (*wire.Result, error) {
	end := time.Now().Add(wait)
	for {
		call := ofRun(get("v1", "workflows", ref.WorkflowID, "result"), ref).over(pb.Operation_RESULT, ref.WorkflowID, "").with(opts)
		call.setWait(time.Until(end))
		var a wire.Result
		err := c.do(ctx, call, &a)
		if err != nil || !wire.Open(a.Status) || time.Until(end) <= 0 {
			return answer(&a, err)
		}
	}
}

// Describe describes a run.
func (c *Client) Describe(ctx context.Context, ref wire.RunRef, opts ...Option) (*wire.Described, error) {
	var a wire.Described
	call := ofRun(get("v1", "workflows", ref.WorkflowID), ref).over(pb.Operation_DESCRIBE, ref.WorkflowID, "")
	return answer(&a, c.do(ctx, call.with(opts), &a))
}

// History returns events with seq >= from. At the end of an open run's history it waits up to wait
// for more. Follow continues automatically.
func (c *Client) History(ctx context.Context, ref wire.RunRef, from uint64, limit int, wait time.Duration, opts ...Option) (*wire.History, error) {
	call := ofRun(get("v1", "workflows", ref.WorkflowID, "history"), ref).with(opts)
	if from > 0 {
		call.set("from", strconv.FormatUint(from, 10))
	}
	call.setPage(wire.Page{Limit: limit})
	call.setWait(wait)
	var a wire.History
	return answer(&a, c.do(ctx, call, &a))
}

// Record is History with what a replay needs: each event as it is recorded, and the turns after
// turn afterTurn. It is nil if the token lacks the grant payload.
func (c *Client) Record(ctx context.Context, ref wire.RunRef, from, afterTurn uint64, limit int, opts ...Option) (*wire.History, error) {
	call := ofRun(get("v1", "workflows", ref.WorkflowID, "history"), ref).with(opts)
	call.set("from", strconv.FormatUint(max(from, 1), 10))
	call.set("record", "true")
	call.set("after_turn", strconv.FormatUint(afterTurn, 10))
	call.setPage(wire.Page{Limit: limit})
	var a wire.History
	return answer(&a, c.do(ctx, call, &a))
}

// List lists runs, newest first.
func (c *Client) List(ctx context.Context, f wire.RunFilter, page wire.Page, opts ...Option) (*wire.Runs, error) {
	call := get("v1", "workflows").with(opts)
	call.set("type", f.Type)
	call.set("status", f.Status)
	call.set("version", f.Version)
	call.set("parent", f.Parent)
	call.set("started_after", f.StartedAfter)
	call.set("started_before", f.StartedBefore)
	call.set("closed_after", f.ClosedAfter)
	call.set("closed_before", f.ClosedBefore)
	call.set("sort", f.Sort)
	call.setFound(f)
	call.setPage(page)
	var a wire.Runs
	return answer(&a, c.do(ctx, call, &a))
}

func (c *call) setFound(f wire.RunFilter) {
	for _, a := range f.Attributes {
		c.set("attr", a)
	}
	for _, w := range f.Where {
		c.set("where", w)
	}
}

// Counts returns exact counts of runs by type, version and status. It uses Type, Version, Status,
// Attributes and Where of f.
func (c *Client) Counts(ctx context.Context, f wire.RunFilter, opts ...Option) (*wire.RunCounts, error) {
	return c.CountsBy(ctx, f, "", opts...)
}

// CountsBy is Counts by the values of an attribute.
func (c *Client) CountsBy(ctx context.Context, f wire.RunFilter, by string, opts ...Option) (*wire.RunCounts, error) {
	call := get("v1", "counts").with(opts)
	call.set("by", by)
	call.setFound(f)
	call.set("type", f.Type)
	call.set("status", f.Status)
	call.set("version", f.Version)
	var a wire.RunCounts
	return answer(&a, c.do(ctx, call, &a))
}

// Signal sends a message to an open run. Payload is JSON; nil = null.
func (c *Client) Signal(ctx context.Context, ref wire.RunRef, name string, payload json.RawMessage, opts ...Option) (*wire.RunAnswer, error) {
	if err := checkJSON("payload", payload); err != nil {
		return nil, err
	}
	call := ofRun(change(http.MethodPost, nil, "v1", "workflows", ref.WorkflowID, "signals", name), ref).over(pb.Operation_SIGNAL, ref.WorkflowID, name).with(opts)
	if len(payload) > 0 {
		call.body, call.media = payload, "application/json"
	}
	var a wire.RunAnswer
	return answer(&a, c.do(ctx, call, &a))
}

// Update asks a run for something, and waits up to wait for its answer. Without an id it makes one,
// so that the call may be repeated. An answer with the status accepted and an error will never be
// completed: its run has closed.
func (c *Client) Update(ctx context.Context, ref wire.RunRef, name string, r wire.UpdateRequest, wait time.Duration, opts ...Option) (*wire.UpdateAnswer, error) {
	if err := checkJSON("args", r.Args); err != nil {
		return nil, err
	}
	if r.UpdateID == "" {
		r.UpdateID = NewRequestID()
	}
	end := time.Now().Add(wait)
	call := ofRun(change(http.MethodPost, r, "v1", "workflows", ref.WorkflowID, "updates", name), ref).with(opts)
	call.setWait(wait)
	var a wire.UpdateAnswer
	if err := c.do(ctx, call, &a); err != nil {
		return nil, err
	}
	if a.Status != "accepted" || a.Error != nil || time.Until(end) <= 0 {
		return &a, nil
	}
	return c.UpdateState(ctx, wire.RunRef{WorkflowID: a.WorkflowID, RunID: a.RunID}, a.UpdateID, time.Until(end))
}

// UpdateState tells where an update stands, after waiting up to wait for its answer.
func (c *Client) UpdateState(ctx context.Context, ref wire.RunRef, id string, wait time.Duration, opts ...Option) (*wire.UpdateAnswer, error) {
	end := time.Now().Add(wait)
	for {
		call := ofRun(get("v1", "workflows", ref.WorkflowID, "updates", id), ref).with(opts)
		call.setWait(time.Until(end))
		var a wire.UpdateAnswer
		err := c.do(ctx, call, &a)
		if err != nil || a.Status != "accepted" || a.Error != nil || time.Until(end) <= 0 {
			return answer(&a, err)
		}
	}
}

// Query calls a run's query handler. It changes nothing.
func (c *Client) Query(ctx context.Context, ref wire.RunRef, name string, args json.RawMessage, opts ...Option) (*wire.QueryAnswer, error) {
	if err := checkJSON("args", args); err != nil {
		return nil, err
	}
	call := ofRun(change(http.MethodPost, wire.QueryRequest{Args: args}, "v1", "workflows", ref.WorkflowID, "queries", name), ref).with(opts)
	call.over(pb.Operation_QUERY, ref.WorkflowID, name).mutation = false
	var a wire.QueryAnswer
	return answer(&a, c.do(ctx, call, &a))
}

// Cancel requests cancellation: the run's code decides how to end.
func (c *Client) Cancel(ctx context.Context, ref wire.RunRef, reason string, opts ...Option) (*wire.RunAnswer, error) {
	return c.command(ctx, ref, "cancel", wire.Reason{Reason: reason}, opts)
}

// Terminate closes a run at once, without running its code.
func (c *Client) Terminate(ctx context.Context, ref wire.RunRef, reason string, opts ...Option) (*wire.RunAnswer, error) {
	return c.command(ctx, ref, "terminate", wire.Reason{Reason: reason}, opts)
}

// Pause stops a run's turns; signals and timers are still recorded.
func (c *Client) Pause(ctx context.Context, ref wire.RunRef, reason string, opts ...Option) (*wire.RunAnswer, error) {
	return c.command(ctx, ref, "pause", wire.Reason{Reason: reason}, opts)
}

// Resume lets a paused run go on, including a quarantined one.
func (c *Client) Resume(ctx context.Context, ref wire.RunRef, opts ...Option) (*wire.RunAnswer, error) {
	return c.command(ctx, ref, "resume", nil, opts)
}

// Reopen reopens a failed, cancelled, terminated or timed-out run: failed steps run again, finished
// ones keep their outcome.
func (c *Client) Reopen(ctx context.Context, ref wire.RunRef, reason string, opts ...Option) (*wire.RunAnswer, error) {
	return c.command(ctx, ref, "reopen", wire.Reason{Reason: reason}, opts)
}

func (c *Client) command(ctx context.Context, ref wire.RunRef, verb string, body any, opts []Option) (*wire.RunAnswer, error) {
	call := ofRun(change(http.MethodPost, body, "v1", "workflows", ref.WorkflowID, verb), ref).over(hotCommands[verb], ref.WorkflowID, "")
	var a wire.RunAnswer
	return answer(&a, c.do(ctx, call.with(opts), &a))
}

// hotCommands are the commands that the hot face has.
var hotCommands = map[string]pb.Operation{"cancel": pb.Operation_CANCEL, "terminate": pb.Operation_TERMINATE}

func ofRun(c *call, ref wire.RunRef) *call {
	c.set("run_id", ref.RunID)
	return c
}

func checkAttributes(a wire.Attributes) error {
	for name, value := range a {
		if err := checkJSON("attributes."+name, value); err != nil {
			return err
		}
	}
	return nil
}
