package transport

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/transport/wire"
)

// TaskDesk is what the routes for workers need from a node.
type TaskDesk interface {
	Poll(ctx context.Context, r engine.PollRequest, wait time.Duration) ([]engine.WorkerTask, uint64, error)
	CompleteTasks(ctx context.Context, c engine.Call, results []engine.TaskResult) ([]engine.TaskReply, engine.Answered, error)
	FailTasks(ctx context.Context, c engine.Call, results []engine.TaskResult) ([]engine.TaskReply, engine.Answered, error)
	BeatTasks(ctx context.Context, c engine.Call, results []engine.TaskResult) ([]engine.TaskReply, engine.Answered, error)
	DeferTasks(ctx context.Context, c engine.Call, results []engine.TaskResult) ([]engine.TaskReply, engine.Answered, error)
	ReportActivity(ctx context.Context, c engine.Call, r engine.ActivityReport) (*fsm.ActivityAnswer, engine.Answered, error)
	ReleaseTasks(ctx context.Context, c engine.Call, results []engine.TaskResult) ([]engine.TaskReply, engine.Answered, error)
}

type pollInput struct {
	Keyed
	OfQueue
}

// pollTasks hands tasks to a worker. When the node shuts down, the wait ends and the answer is
// empty.
// askedAt is the node that its caller called: the one that forwarded the call, or this one.
func (s *Server) askedAt(ctx context.Context) string {
	if by := exchangeOf(ctx).r.Header.Get(wire.HeaderForwarded); by != "" {
		return clip(by)
	}
	return s.cfg.Node
}

func (s *Server) pollTasks(ctx context.Context, in *pollInput) (*answer[wire.Tasks], error) {
	var r wire.PollRequest
	c, err := change(ctx, &r, required)
	if err != nil {
		return nil, err
	}
	wait, err := Waits{r.Wait}.duration()
	if err != nil {
		return nil, err
	}
	lease, err := span("lease", r.Lease, engine.MinLease, engine.MaxLease)
	if err != nil {
		return nil, err
	}
	req := engine.PollRequest{Call: c, Queue: in.Queue, Worker: r.WorkerID, Version: r.WorkerVersion, Node: s.askedAt(ctx), Activities: r.Activities, Max: r.MaxTasks, Lease: lease}
	var tasks []engine.WorkerTask
	var index uint64
	err = s.poll(ctx, wait, func(ctx context.Context, wait time.Duration) (err error) {
		tasks, index, err = s.cfg.TaskDesk.Poll(ctx, req, wait)
		return err
	})
	if err != nil {
		return nil, err
	}
	body := wire.Tasks{Tasks: make([]wire.Task, len(tasks))}
	for i := range tasks {
		body.Tasks[i] = taskOf(&tasks[i])
	}
	return &answer[wire.Tasks]{Index: index, Body: body}, nil
}

func taskOf(t *engine.WorkerTask) wire.Task {
	attempt := t.Leased.Token
	w := wire.Task{
		Token: t.Token, WorkflowID: t.WorkflowID, RunID: attempt.RunID.String(), WorkflowType: t.Type, Activity: t.Activity, ActivityID: attempt.ID, Attempt: attempt.Attempt,
		Input: value(t.Input), Deadline: timeOf(t.Deadline), Heartbeat: spanText(t.Heartbeat), Lease: spanText(t.Lease),
	}
	w.Traceparent = t.Traceparent
	if len(t.Details) > 0 {
		w.Details = value(t.Details)
	}
	return w
}

type tasksInput struct{ Keyed }

func (s *Server) completeTasks(ctx context.Context, _ *tasksInput) (*answer[wire.TaskReplies], error) {
	var r struct {
		Results []json.RawMessage `json:"results"`
	}
	c, err := change(ctx, &r, required)
	if err != nil {
		return nil, err
	}
	items, err := readItems(inResults, r.Results, func(t *wire.TaskCompletion) (engine.TaskResult, error) {
		return engine.TaskResult{Token: t.Token, Output: history.Payload(t.Output)}, nil
	})
	if err != nil {
		return nil, err
	}
	return s.replyToEach(ctx, c, inResults, items, s.cfg.TaskDesk.CompleteTasks)
}

func (s *Server) failTasks(ctx context.Context, _ *tasksInput) (*answer[wire.TaskReplies], error) {
	var r struct {
		Results []json.RawMessage `json:"results"`
	}
	c, err := change(ctx, &r, required)
	if err != nil {
		return nil, err
	}
	items, err := readItems(inResults, r.Results, func(t *wire.TaskFailure) (engine.TaskResult, error) {
		return engine.TaskResult{Token: t.Token, Error: history.RunError{
			Kind: cmp.Or(t.Kind, history.KindFailed), Message: t.Message, Details: history.Payload(t.Details), Retryable: t.Retryable,
		}}, nil
	})
	if err != nil {
		return nil, err
	}
	return s.replyToEach(ctx, c, inResults, items, s.cfg.TaskDesk.FailTasks)
}

func (s *Server) beatTasks(ctx context.Context, _ *tasksInput) (*answer[wire.TaskReplies], error) {
	c, items, err := beats(ctx, func(*wire.TaskBeat) error { return nil })
	if err != nil {
		return nil, err
	}
	a, err := s.replyToEach(ctx, c, inTokens, items, s.cfg.TaskDesk.BeatTasks)
	if err != nil {
		return nil, err
	}
	for i := range a.Body.Results {
		if r := &a.Body.Results[i]; r.CancelRequested == nil {
			r.CancelRequested = new(bool) // always present, so that a worker need not interpret its absence
		}
	}
	return a, nil
}

func (s *Server) releaseTasks(ctx context.Context, _ *tasksInput) (*answer[wire.TaskReplies], error) {
	c, items, err := beats(ctx, withoutDetails)
	if err != nil {
		return nil, err
	}
	return s.replyToEach(ctx, c, inTokens, items, s.cfg.TaskDesk.ReleaseTasks)
}

func (s *Server) deferTasks(ctx context.Context, _ *tasksInput) (*answer[wire.TaskReplies], error) {
	c, items, err := beats(ctx, withoutDetails)
	if err != nil {
		return nil, err
	}
	return s.replyToEach(ctx, c, inTokens, items, s.cfg.TaskDesk.DeferTasks)
}

func withoutDetails(t *wire.TaskBeat) error {
	if len(t.Details) > 0 {
		return invalid("details", "is not accepted here: send it with a heartbeat first")
	}
	return nil
}

func beats(ctx context.Context, check func(*wire.TaskBeat) error) (c engine.Call, list []engine.TaskResult, err error) {
	var r struct {
		Tokens []json.RawMessage `json:"tokens"`
	}
	if c, err = change(ctx, &r, required); err != nil {
		return c, nil, err
	}
	list, err = readItems(inTokens, r.Tokens, func(t *wire.TaskBeat) (engine.TaskResult, error) {
		return engine.TaskResult{Token: t.Token, Details: history.Payload(t.Details)}, check(t)
	})
	return c, list, err
}

// The fields in which callers send lists of items.
const (
	inResults = "results"
	inTokens  = "tokens"
)

// readItems parses the items of a list, which the caller calls field. An error in one of them
// refuses that one only.
func readItems[T any](field string, raw []json.RawMessage, read func(*T) (engine.TaskResult, error)) ([]engine.TaskResult, error) {
	if n := len(raw); n < 1 || n > wire.MaxTasks {
		return nil, invalid(field, "has %d items; 1 to %d are allowed", n, wire.MaxTasks)
	}
	all := make([]engine.TaskResult, len(raw))
	for i, text := range raw {
		var item T
		err := decodeJSON(text, &item)
		result, flaw := read(&item) // an invalid item may still have its token
		if err == nil {
			err = flaw
		}
		all[i], all[i].Wrong = result, err
	}
	return all, nil
}

// ofItem makes a refusal name the member of the nth item as the caller wrote it: the code that
// reads items, here and in the engine, knows only the item.
func ofItem(field string, n int, err error) error {
	wrong, ok := errors.AsType[*catalog.InvalidInput](err)
	if !ok {
		return err
	}
	return invalid(strings.TrimSuffix(fmt.Sprintf("%s[%d].%s", field, n, wrong.Field), ".body"), "%s", wrong.Reason)
}

// replyToEach makes a call about many attempts, sent in the named field, and answers for each.
func (s *Server) replyToEach(ctx context.Context, c engine.Call, field string, list []engine.TaskResult,
	command func(context.Context, engine.Call, []engine.TaskResult) ([]engine.TaskReply, engine.Answered, error)) (*answer[wire.TaskReplies], error) {
	replies, a, err := command(ctx, c, list)
	if err != nil {
		return nil, refused(a, err)
	}
	body := wire.TaskReplies{Results: make([]wire.TaskReply, len(replies)), Answered: answered(a)}
	for i, r := range replies {
		w := wire.TaskReply{Token: list[i].Token, OK: r.Err == nil}
		if r.Err != nil {
			p := exchangeOf(ctx).problem(ofItem(field, i, r.Err))
			w.Code, w.Detail = p.Code, p.Detail
		}
		if r.CancelRequested {
			w.CancelRequested = &r.CancelRequested
		}
		body.Results[i] = w
	}
	return &answer[wire.TaskReplies]{Index: a.Index, Body: body}, nil
}

func pendingOf(t *rows.Task) wire.PendingActivity {
	w := wire.PendingActivity{
		ActivityID: t.ID, Activity: t.Activity, Queue: t.Queue, State: taskStates[t.State], Attempt: t.Attempt, Failures: t.Failures, DueAt: timeOf(t.Due),
		LastFailure: errorOf(t.Failure),
	}
	if t.State == rows.TaskLeased || t.State == rows.TaskGivenUp {
		w.Worker, w.StartedAt, w.Deferred = t.Worker, timeOf(t.StartedAt), t.Deferred
	}
	if len(t.Details) > 0 {
		w.Details = value(t.Details)
	}
	return w
}

var taskStates = [...]string{rows.TaskOffered: "offered", rows.TaskBackoff: "backoff", rows.TaskLeased: "leased", rows.TaskGivenUp: "given_up"}
