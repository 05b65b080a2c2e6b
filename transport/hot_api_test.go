package transport_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/transport"
)

// hotAPI answers the calls that a busy cluster serves most, at once, with what follows from the
// call alone: two nodes with it answer the same call with the same bytes.
type hotAPI struct{}

var (
	_ transport.Starter    = hotAPI{}
	_ transport.RunReader  = hotAPI{}
	_ transport.Controller = hotAPI{}
	_ transport.TaskDesk   = hotAPI{}
)

// odd has what JSON escapes, or might: HTML, control characters, line separators.
const odd = "<a href=\"x\">&amp;\u2028\t\x00é\U0001F600"

// outcome refuses calls whose workflow id says so.
func (hotAPI) outcome(id string) (engine.Answered, error) {
	switch {
	case strings.HasPrefix(id, "refused"):
		return engine.Answered{Index: 9, Deduplicated: true}, &fsm.AlreadyRunning{WorkflowID: id + odd, RunID: history.RunID{7}}
	case strings.HasPrefix(id, "lost"):
		return engine.Answered{}, &engine.Unknown{Cause: context.DeadlineExceeded}
	case strings.HasPrefix(id, "later"):
		return engine.Answered{}, &engine.Unavailable{Why: "not now"}
	case strings.HasPrefix(id, "broken"):
		return engine.Answered{}, fmt.Errorf("it broke: %s", odd)
	}
	return engine.Answered{Index: 1234567, Deduplicated: strings.HasPrefix(id, "again")}, nil
}

func (h hotAPI) Start(_ context.Context, r engine.StartRequest) (*fsm.StartAnswer, engine.Answered, error) {
	a, err := h.outcome(r.WorkflowID)
	if r.Request != nil {
		a.Index += uint64(r.Request.Print[0]) // so that a difference in the print shows
	}
	return &fsm.StartAnswer{WorkflowID: r.WorkflowID + r.Type, RunID: history.RunID{1}, Version: catalog.Version{2}}, a, err
}

func (h hotAPI) Reset(_ context.Context, r engine.ResetRequest) (*engine.Reset, engine.Answered, error) {
	a, err := h.outcome(r.Run.WorkflowID)
	return &engine.Reset{ResetAnswer: fsm.ResetAnswer{WorkflowID: r.Run.WorkflowID, RunID: history.RunID{1}, Of: r.Run}}, a, err
}

func (h hotAPI) StartMany(ctx context.Context, all []engine.StartRequest) ([]engine.Started, uint64, error) {
	started := make([]engine.Started, len(all))
	for i, r := range all {
		started[i].Run, started[i].Answered, started[i].Err = h.Start(ctx, r)
	}
	return started, 77, nil
}

func (h hotAPI) Result(_ context.Context, rd engine.Read, ref fsm.RunRef, wait time.Duration) (*engine.Result, error) {
	_, err := h.outcome(ref.WorkflowID)
	r := &engine.Result{WorkflowID: ref.WorkflowID, RunID: history.RunID{1}, Status: history.StatusCompleted, Result: history.Payload(`{"a": [1,2.50,"<b>"], "at":"` + "\u2028" + `"}`),
		Index: rd.MinIndex + uint64(wait) + 1}
	switch {
	case strings.HasPrefix(ref.WorkflowID, "open"):
		r.Status, r.Result = history.StatusRunning, nil
	case strings.HasPrefix(ref.WorkflowID, "failed"):
		r.Status, r.Result, r.Error = history.StatusFailed, nil, &history.RunError{Kind: "odd", Message: odd, Details: history.Payload(`"&"`)}
	case strings.HasPrefix(ref.WorkflowID, "null"):
		r.Result = nil
	case strings.HasPrefix(ref.WorkflowID, "next") && ref.RunID.IsZero():
		r.To = history.RunID{5}
	}
	return r, err
}

func (h hotAPI) Describe(_ context.Context, rd engine.Read, ref fsm.RunRef, _ int) (*engine.Description, error) {
	r, err := h.Result(context.Background(), rd, ref, 0)
	if err != nil {
		return nil, err
	}
	d := &engine.Description{Run: rows.Run{WorkflowID: ref.WorkflowID, RunID: r.RunID, Type: "order", Status: r.Status, StartedAt: 1e18, ClosedAt: 1e18 + 1, Attributes: history.Attributes{"city": history.Payload(`"Bern"`)}},
		Input: history.Payload(`{"id":17}`), Result: r, Index: r.Index}
	if strings.HasPrefix(ref.WorkflowID, "open") {
		d.Pending, d.Total = []rows.Task{{ID: 1, Activity: odd, Queue: "default", Worker: "w", State: rows.TaskLeased, StartedAt: 1e18, Details: history.Payload(`1`)}}, 2
		d.Children, d.Open = []rows.Run{{WorkflowID: "child", RunID: r.RunID, Type: "ship"}}, 2
		d.Run.Waiting = []history.Wait{{Kind: "signal", ID: 2, Name: odd}}
	}
	return d, nil
}

func (hotAPI) Turns(context.Context, engine.Read, fsm.RunRef, uint64, int) (rows.Run, []history.Turn, error) {
	panic("not a hot operation")
}

func (hotAPI) History(context.Context, engine.Read, fsm.RunRef, uint64, int, time.Duration) ([]history.Event, uint64, uint64, error) {
	return nil, 0, 1, nil
}

func (hotAPI) List(context.Context, engine.Read, fsm.RunFilter, string, int, string) ([]rows.Run, string, uint64, error) {
	return nil, "", 1, nil
}

func (h hotAPI) Signal(_ context.Context, c engine.Call, ref fsm.RunRef, name string, p history.Payload) (*fsm.RunAnswer, engine.Answered, error) {
	a, err := h.outcome(ref.WorkflowID)
	if c.Request != nil {
		a.Index += uint64(c.Request.Print[0])
	}
	return &fsm.RunAnswer{WorkflowID: ref.WorkflowID + name + string(p), RunID: ref.RunID, Status: history.StatusRunning}, a, err
}

func (h hotAPI) Poll(_ context.Context, r engine.PollRequest, wait time.Duration) ([]engine.WorkerTask, uint64, error) {
	a, err := h.outcome(r.Queue)
	tasks := make([]engine.WorkerTask, min(max(r.Max, 0), 3))
	for i := range tasks {
		tasks[i] = engine.WorkerTask{Token: fmt.Sprint("token", i), Input: history.Payload(`{"n": "<1>"}`), Leased: fsm.Leased{
			Token: fsm.TaskToken{RunID: history.RunID{3}, ID: uint64(i), Attempt: 1}, WorkflowID: r.Worker, Type: odd, Activity: r.Queue, Deadline: 1e18, Lease: history.Duration(r.Lease)}}
	}
	if len(tasks) > 1 {
		tasks[1].Heartbeat, tasks[1].Details, tasks[1].Input = history.Duration(time.Second), history.Payload(`[1, 2]`), nil
	}
	return tasks, a.Index + uint64(wait), err
}

func (h hotAPI) replies(_ context.Context, _ engine.Call, list []engine.TaskResult) ([]engine.TaskReply, engine.Answered, error) {
	replies := make([]engine.TaskReply, len(list))
	for i, item := range list {
		replies[i] = engine.TaskReply{Err: item.Wrong, CancelRequested: strings.HasPrefix(item.Token, "gone")}
		if strings.HasPrefix(item.Token, "lost") {
			replies[i].Err = &engine.LeaseLost{Reason: "it is another's now: " + odd}
		}
	}
	a, err := h.outcome(list[0].Token)
	return replies, a, err
}

func (h hotAPI) CompleteTasks(ctx context.Context, c engine.Call, l []engine.TaskResult) ([]engine.TaskReply, engine.Answered, error) {
	return h.replies(ctx, c, l)
}

func (h hotAPI) FailTasks(ctx context.Context, c engine.Call, l []engine.TaskResult) ([]engine.TaskReply, engine.Answered, error) {
	return h.replies(ctx, c, l)
}

func (h hotAPI) BeatTasks(ctx context.Context, c engine.Call, l []engine.TaskResult) ([]engine.TaskReply, engine.Answered, error) {
	return h.replies(ctx, c, l)
}

func (h hotAPI) ReleaseTasks(ctx context.Context, c engine.Call, l []engine.TaskResult) ([]engine.TaskReply, engine.Answered, error) {
	return h.replies(ctx, c, l)
}

func (h hotAPI) DeferTasks(ctx context.Context, c engine.Call, l []engine.TaskResult) ([]engine.TaskReply, engine.Answered, error) {
	return h.replies(ctx, c, l)
}

func (h hotAPI) ReportActivity(context.Context, engine.Call, engine.ActivityReport) (*fsm.ActivityAnswer, engine.Answered, error) {
	panic("no test calls it")
}

// The other calls of a Controller, which no test of hot routes makes.
func (h hotAPI) command(ref fsm.RunRef) (*fsm.RunAnswer, engine.Answered, error) {
	a, err := h.outcome(ref.WorkflowID)
	return &fsm.RunAnswer{WorkflowID: ref.WorkflowID}, a, err
}

func (h hotAPI) Cancel(_ context.Context, _ engine.Call, ref fsm.RunRef, _ string) (*fsm.RunAnswer, engine.Answered, error) {
	return h.command(ref)
}

func (h hotAPI) Terminate(_ context.Context, _ engine.Call, ref fsm.RunRef, _ string) (*fsm.RunAnswer, engine.Answered, error) {
	return h.command(ref)
}

func (h hotAPI) Pause(_ context.Context, _ engine.Call, ref fsm.RunRef, _ string) (*fsm.RunAnswer, engine.Answered, error) {
	return h.command(ref)
}

func (h hotAPI) Resume(_ context.Context, _ engine.Call, ref fsm.RunRef) (*fsm.RunAnswer, engine.Answered, error) {
	return h.command(ref)
}

func (h hotAPI) ResumeOn(ctx context.Context, c engine.Call, ref fsm.RunRef, _ string) (*fsm.RunAnswer, engine.Answered, error) {
	return h.Resume(ctx, c, ref)
}

func (h hotAPI) ReopenOn(ctx context.Context, c engine.Call, ref fsm.RunRef, reason, _ string) (*fsm.RunAnswer, engine.Answered, error) {
	return h.Reopen(ctx, c, ref, reason)
}

func (h hotAPI) Reopen(_ context.Context, _ engine.Call, ref fsm.RunRef, _ string) (*fsm.RunAnswer, engine.Answered, error) {
	return h.command(ref)
}

func (h hotAPI) StartPackage(_ context.Context, r engine.StartRequest, along engine.Along) (*fsm.PackageStarted, engine.Answered, error) {
	a, err := h.outcome(r.WorkflowID)
	return &fsm.PackageStarted{
		Run: fsm.StartAnswer{WorkflowID: r.WorkflowID + r.Type, RunID: history.RunID{1}, Version: catalog.Version(along.Archive)}, FreshlyLoaded: along.Ephemeral, Ephemeral: along.Ephemeral,
	}, a, err
}
