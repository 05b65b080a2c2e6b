package client

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"aion.dev/aion/transport/hot/pb"
	"aion.dev/aion/transport/wire"
)

// Poll takes tasks from a queue, waiting up to r.Wait for the first one; finding none is not an
// error. A poll whose answer was lost is repeated with its request id, so that the tasks it took
// are returned again. If ctx ends while it waits, the node gives back what it took meanwhile.
func (c *Client) Poll(ctx context.Context, queue string, r wire.PollRequest, opts ...Option) (*wire.Tasks, error) {
	call := change(http.MethodPost, r, "v1", "queues", queue, "poll").over(pb.Operation_POLL, queue, "").with(opts)
	if wait, err := time.ParseDuration(r.Wait); err == nil { // otherwise the node reports what is wrong with it
		call.wait = min(max(wait, 0), wire.MaxWait)
	}
	var a wire.Tasks
	return answer(&a, c.do(ctx, call, &a))
}

// CompleteTasks reports the outputs of attempts: at most wire.MaxTasks of them, and
// wire.MaxTaskBytes of JSON. The answer says for each whether it counted.
func (c *Client) CompleteTasks(ctx context.Context, r wire.CompleteRequest, opts ...Option) (*wire.TaskReplies, error) {
	for i := range r.Results {
		if err := checkJSON(fmt.Sprintf("results[%d].output", i), r.Results[i].Output); err != nil {
			return nil, err
		}
	}
	return c.sendReports(ctx, change(http.MethodPost, r, "v1", "tasks", "complete").over(pb.Operation_COMPLETE, "", ""), opts)
}

// FailTasks reports failures of attempts, within the bounds of CompleteTasks.
func (c *Client) FailTasks(ctx context.Context, r wire.FailRequest, opts ...Option) (*wire.TaskReplies, error) {
	for i := range r.Results {
		if err := checkJSON(fmt.Sprintf("results[%d].details", i), r.Results[i].Details); err != nil {
			return nil, err
		}
	}
	return c.sendReports(ctx, change(http.MethodPost, r, "v1", "tasks", "fail").over(pb.Operation_FAIL, "", ""), opts)
}

// HeartbeatTasks reports that attempts are still in progress: their leases start anew. It needs no
// request id, and sends none unless the caller gives it, because renewing a lease is idempotent.
func (c *Client) HeartbeatTasks(ctx context.Context, r wire.HeartbeatRequest, opts ...Option) (*wire.TaskReplies, error) {
	if err := checkBeats(r); err != nil {
		return nil, err
	}
	call := change(http.MethodPost, r, "v1", "tasks", "heartbeat").over(pb.Operation_HEARTBEAT, "", "").with(opts)
	call.mutation = call.requestID != ""
	return c.sendReports(ctx, call, nil)
}

// DeferTasks lets go of attempts whose outcome comes later, from anywhere: by their tokens, or by
// CompleteActivity and FailActivity.
func (c *Client) DeferTasks(ctx context.Context, r wire.HeartbeatRequest, opts ...Option) (*wire.TaskReplies, error) {
	if err := checkBeats(r); err != nil {
		return nil, err
	}
	return c.sendReports(ctx, change(http.MethodPost, r, "v1", "tasks", "later"), opts)
}

// CompleteActivity ends an activity by its ids, as the worker would that holds it.
func (c *Client) CompleteActivity(ctx context.Context, runID string, activity uint64, r wire.ActivityCompletion, opts ...Option) (*wire.ActivityAnswer, error) {
	if err := checkJSON("output", r.Output); err != nil {
		return nil, err
	}
	return c.reportActivity(ctx, runID, activity, "complete", r, opts)
}

// FailActivity lets an activity fail by its ids, as the worker would that holds it.
func (c *Client) FailActivity(ctx context.Context, runID string, activity uint64, r wire.ActivityFailure, opts ...Option) (*wire.ActivityAnswer, error) {
	if err := checkJSON("details", r.Details); err != nil {
		return nil, err
	}
	return c.reportActivity(ctx, runID, activity, "fail", r, opts)
}

// HeartbeatActivity says by its ids that an activity goes on.
func (c *Client) HeartbeatActivity(ctx context.Context, runID string, activity uint64, r wire.ActivityBeat, opts ...Option) (*wire.ActivityAnswer, error) {
	if err := checkJSON("details", r.Details); err != nil {
		return nil, err
	}
	return c.reportActivity(ctx, runID, activity, "heartbeat", r, opts)
}

func (c *Client) reportActivity(ctx context.Context, runID string, activity uint64, what string, body any, opts []Option) (*wire.ActivityAnswer, error) {
	var a wire.ActivityAnswer
	call := change(http.MethodPost, body, "v1", "runs", runID, "activities", strconv.FormatUint(activity, 10), what)
	return answer(&a, c.do(ctx, call.with(opts), &a))
}

// ReleaseTasks gives back attempts that the worker will not carry out. They are offered again at
// once, and do not count as failures.
func (c *Client) ReleaseTasks(ctx context.Context, r wire.HeartbeatRequest, opts ...Option) (*wire.TaskReplies, error) {
	if err := checkBeats(r); err != nil {
		return nil, err
	}
	return c.sendReports(ctx, change(http.MethodPost, r, "v1", "tasks", "release").over(pb.Operation_RELEASE, "", ""), opts)
}

func checkBeats(r wire.HeartbeatRequest) error {
	for i := range r.Tokens {
		if err := checkJSON(fmt.Sprintf("tokens[%d].details", i), r.Tokens[i].Details); err != nil {
			return err
		}
	}
	return nil
}

func (c *Client) sendReports(ctx context.Context, call *call, opts []Option) (*wire.TaskReplies, error) {
	var a wire.TaskReplies
	return answer(&a, c.do(ctx, call.with(opts), &a))
}
