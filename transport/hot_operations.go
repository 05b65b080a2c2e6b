package transport

import (
	"context"
	"net/url"
	"strconv"

	"aion.dev/aion/transport/hot/pb"
)

// hotOperation is one operation of the hot face, which is a route over HTTP.
type hotOperation struct {
	*route
	target string // what Call.target is, for messages; empty = it has none
	prefix string // of the path, up to the target
	suffix string // of the path, after it
	named  bool   // Call.name ends the path
	read   bool   // it takes stale and min_index
	waits  bool   // it takes wait
	serve  func(context.Context, *pb.Call) (*hotReply, error)
}

// hotReply is the answer of a handler.
type hotReply struct {
	status  int
	index   uint64
	contact string
	body    any
}

func replyOf[T any](status int, a *answer[T], err error) (*hotReply, error) {
	if err != nil {
		return nil, err
	}
	return &hotReply{status, a.Index, a.LeaderContact, &a.Body}, nil
}

// listOperations lists every operation, with the handler of its route.
func (h *hotFace) listOperations() {
	s := h.server
	const workflow, run = "workflow_id", "/v1/workflows/"
	of := func(c *pb.Call) OfRun { return OfRun{ID: c.Target, RunID: c.RunId} }
	looked := func(c *pb.Call) Looked {
		l := Looked{Fresh: Fresh{MinIndex: c.MinIndex}, OfRun: of(c)}
		if c.Stale {
			l.Consistency = "stale"
		}
		return l
	}
	add := func(o pb.Operation, id string, op hotOperation) {
		op.route = s.listed[id]
		h.operations[o] = &op
	}
	add(pb.Operation_START, "start", hotOperation{prefix: "/v1/workflows", waits: true,
		serve: func(ctx context.Context, c *pb.Call) (*hotReply, error) {
			a, err := called(ctx, &startInput{Waits: Waits{c.Wait}}, s.start)
			return replyOf(201, a, err)
		}})
	add(pb.Operation_RESULT, "result", hotOperation{target: workflow, prefix: run, suffix: "/result", read: true, waits: true,
		serve: func(ctx context.Context, c *pb.Call) (*hotReply, error) {
			a, err := called(ctx, &resultInput{Watched{looked(c), Waits{c.Wait}}}, s.result)
			if err != nil {
				return nil, err
			}
			return &hotReply{a.Status, a.Index, a.LeaderContact, &a.Body}, nil
		}})
	add(pb.Operation_DESCRIBE, "describe", hotOperation{target: workflow, prefix: run, read: true,
		serve: func(ctx context.Context, c *pb.Call) (*hotReply, error) {
			a, err := called(ctx, &describeInput{looked(c)}, s.describe)
			return replyOf(200, a, err)
		}})
	add(pb.Operation_QUERY, "query", hotOperation{target: workflow, prefix: run, suffix: "/queries/", named: true, read: true,
		serve: func(ctx context.Context, c *pb.Call) (*hotReply, error) {
			a, err := called(ctx, &queryInput{looked(c), Named{c.Name}}, s.query)
			return replyOf(200, a, err)
		}})
	add(pb.Operation_SIGNAL, "signal", hotOperation{target: workflow, prefix: run, suffix: "/signals/", named: true,
		serve: func(ctx context.Context, c *pb.Call) (*hotReply, error) {
			a, err := called(ctx, &signalInput{OfRun: of(c), Named: Named{c.Name}}, s.signal)
			return replyOf(200, a, err)
		}})
	add(pb.Operation_CANCEL, "cancel", hotOperation{target: workflow, prefix: run, suffix: "/cancel",
		serve: func(ctx context.Context, c *pb.Call) (*hotReply, error) {
			a, err := called(ctx, &commandInput{OfRun: of(c)}, s.cancel)
			return replyOf(200, a, err)
		}})
	add(pb.Operation_TERMINATE, "terminate", hotOperation{target: workflow, prefix: run, suffix: "/terminate",
		serve: func(ctx context.Context, c *pb.Call) (*hotReply, error) {
			a, err := called(ctx, &commandInput{OfRun: of(c)}, s.terminate)
			return replyOf(200, a, err)
		}})
	add(pb.Operation_POLL, "poll", hotOperation{target: "queue", prefix: "/v1/queues/", suffix: "/poll",
		serve: func(ctx context.Context, c *pb.Call) (*hotReply, error) {
			a, err := called(ctx, &pollInput{OfQueue: OfQueue{c.Target}}, s.pollTasks)
			return replyOf(200, a, err)
		}})
	add(pb.Operation_COMPLETE, "complete", hotOperation{prefix: "/v1/tasks/complete",
		serve: func(ctx context.Context, _ *pb.Call) (*hotReply, error) {
			a, err := called(ctx, &tasksInput{}, s.completeTasks)
			return replyOf(200, a, err)
		}})
	add(pb.Operation_FAIL, "fail", hotOperation{prefix: "/v1/tasks/fail",
		serve: func(ctx context.Context, _ *pb.Call) (*hotReply, error) {
			a, err := called(ctx, &tasksInput{}, s.failTasks)
			return replyOf(200, a, err)
		}})
	add(pb.Operation_HEARTBEAT, "heartbeat", hotOperation{prefix: "/v1/tasks/heartbeat",
		serve: func(ctx context.Context, _ *pb.Call) (*hotReply, error) {
			a, err := called(ctx, &tasksInput{}, s.beatTasks)
			return replyOf(200, a, err)
		}})
	add(pb.Operation_RELEASE, "release", hotOperation{prefix: "/v1/tasks/release",
		serve: func(ctx context.Context, _ *pb.Call) (*hotReply, error) {
			a, err := called(ctx, &tasksInput{}, s.releaseTasks)
			return replyOf(200, a, err)
		}})
}

// check refuses what the operation does not take, as HTTP refuses parameters that a route lacks.
func (o *hotOperation) check(c *pb.Call) error {
	for _, f := range []struct {
		name         string
		given, taken bool
	}{
		{"target", c.Target != "", o.target != ""}, {"name", c.Name != "", o.named}, {"run_id", c.RunId != "", o.target == "workflow_id"},
		{"wait", c.Wait != "", o.waits}, {"stale", c.Stale, o.read}, {"min_index", c.MinIndex != 0, o.read},
	} {
		if f.given && !f.taken {
			return invalid(f.name, "is not accepted by the operation %s", o.id)
		}
	}
	if o.target != "" && c.Target == "" {
		return invalid(o.target, "is missing")
	}
	if o.named && c.Name == "" {
		return invalid("name", "is missing")
	}
	return nil
}

// address returns the URL that the call has over HTTP: it is part of what a request id stands for.
func (o *hotOperation) address(c *pb.Call) *url.URL {
	u := &url.URL{Path: o.prefix}
	if o.target != "" {
		u.Path = o.prefix + c.Target + o.suffix + c.Name
		u.RawPath = o.prefix + url.PathEscape(c.Target) + o.suffix + url.PathEscape(c.Name)
	}
	if c.RunId == "" && c.Wait == "" && !c.Stale && c.MinIndex == 0 {
		return u
	}
	q := url.Values{}
	for name, value := range map[string]string{"run_id": c.RunId, "wait": c.Wait} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if c.Stale {
		q.Set("consistency", "stale")
	}
	if c.MinIndex > 0 {
		q.Set("min_index", strconv.FormatUint(c.MinIndex, 10))
	}
	u.RawQuery = q.Encode()
	return u
}
