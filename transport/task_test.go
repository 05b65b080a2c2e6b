package transport_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// steps calls activities in turn and returns their results.
func steps(t *testing.T, body string, activities ...string) []byte {
	t.Helper()
	return enginetest.Pack(t, enginetest.Code{"order": "def run(ctx, input):\n    " + body + "\n"}, enginetest.Activities(activities...))
}

// take polls for one task, which must arrive.
func take(t *testing.T, c *client.Client, activities ...string) wire.Task {
	t.Helper()
	tasks, err := c.Poll(t.Context(), "default", wire.PollRequest{WorkerID: "w1", Activities: activities, Wait: "60s", Lease: "30s"})
	if err != nil || len(tasks.Tasks) != 1 {
		t.Fatalf("poll: %+v, %v", tasks, err)
	}
	return tasks.Tasks[0]
}

// replied returns the one reply of a call about one token: "ok" or its code.
func replied(t *testing.T, a *wire.TaskReplies, err error) string {
	t.Helper()
	switch {
	case err != nil || len(a.Results) != 1:
		t.Fatalf("%+v, %v", a, err)
	case a.Results[0].OK && a.Results[0].Code == "" && a.Results[0].Detail == "":
		return "ok"
	case !a.Results[0].OK && a.Results[0].Detail != "":
		return a.Results[0].Code
	}
	t.Fatalf("reply %+v", a.Results[0])
	return ""
}

func completes(t *testing.T, c *client.Client, token, output string, opts ...client.Option) string {
	t.Helper()
	a, err := c.CompleteTasks(t.Context(), wire.CompleteRequest{Results: []wire.TaskCompletion{{Token: token, Output: json.RawMessage(output)}}}, opts...)
	return replied(t, a, err)
}

// TestActivityStory: one activity is given back, fails, gets a heartbeat and completes, all through
// a follower.
func TestActivityStory(t *testing.T) { onBothFaces(t, testActivityStory) }

func testActivityStory(t *testing.T) {
	leader, _, c := cluster2(t)
	ctx := t.Context()
	if _, err := c.Load(ctx, steps(t, `return ctx.activity("ship", {"n": input}, retry = {"max_attempts": 3, "backoff": "1ms"}, timeout = "1h", heartbeat = "20s")`, "ship"), wire.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	w := wire.RunRef{WorkflowID: "w"}
	run, err := c.Start(ctx, wire.StartRequest{Type: "order", WorkflowID: "w", Input: json.RawMessage("7")})
	if err != nil {
		t.Fatal(err)
	}
	one := take(t, c, "charge", "ship")
	if one.WorkflowID != "w" || one.RunID != run.RunID || one.WorkflowType != "order" || one.Activity != "ship" || one.Attempt != 1 || string(one.Input) != `{"n":7}` ||
		one.Deadline == nil || one.Heartbeat != "20s" || one.Lease != "20s" || one.Details != nil {
		t.Errorf("first attempt: %+v", one)
	}
	d, err := c.Describe(ctx, w)
	if err != nil || len(d.PendingActivities) != 1 || d.PendingActivitiesTotal != 0 {
		t.Fatalf("describe: %+v, %v", d, err)
	}
	if p := d.PendingActivities[0]; p.ActivityID != one.ActivityID || p.Activity != "ship" || p.Queue != "default" || p.State != "leased" || p.Attempt != 1 || p.Worker != "w1" ||
		p.StartedAt == nil || p.DueAt == nil || p.LastFailure != nil {
		t.Errorf("pending: %+v", p)
	}
	back := wire.HeartbeatRequest{Tokens: []wire.TaskBeat{{Token: one.Token}}}
	if a, err := c.ReleaseTasks(ctx, back); replied(t, a, err) != "ok" {
		t.Errorf("release: %+v", a)
	}
	if got := completes(t, c, one.Token, "1"); got != "lease_lost" {
		t.Errorf("completing what was given back: %s", got)
	}

	two := take(t, c, "ship")
	if two.Attempt != 2 || two.ActivityID != one.ActivityID || two.Token == one.Token {
		t.Errorf("second attempt: %+v", two)
	}
	beat := wire.HeartbeatRequest{Tokens: []wire.TaskBeat{{Token: two.Token, Details: json.RawMessage(`{"done":3}`)}}}
	if a, err := c.HeartbeatTasks(ctx, beat); replied(t, a, err) != "ok" || a.Results[0].CancelRequested == nil || *a.Results[0].CancelRequested {
		t.Errorf("heartbeat: %+v", a)
	}
	failure := wire.TaskFailure{Token: two.Token, Message: "no truck", Kind: "busy", Retryable: true, Details: json.RawMessage(`["d"]`)}
	if a, err := c.FailTasks(ctx, wire.FailRequest{Results: []wire.TaskFailure{failure}}); replied(t, a, err) != "ok" {
		t.Errorf("fail: %+v", a)
	}
	if r := leader.send(t, "POST", "/v1/tasks/heartbeat", fmt.Sprintf(`{"tokens":[{"token":%q}]}`, two.Token)); r.status != 200 ||
		!strings.Contains(r.body, `"ok":false,"cancel_requested":false,"code":"lease_lost","detail":"`) {
		t.Errorf("heartbeat of a lost lease: %+v", r)
	}

	three := take(t, c, "ship")
	if three.Attempt != 3 || string(three.Details) != `{"done":3}` {
		t.Errorf("third attempt: %+v", three)
	}
	if d, err := c.Describe(ctx, w); err != nil || d.PendingActivities[0].Failures != 1 || d.PendingActivities[0].LastFailure == nil ||
		d.PendingActivities[0].LastFailure.Kind != "busy" || string(d.PendingActivities[0].Details) != `{"done":3}` {
		t.Errorf("describe: %+v, %v", d.PendingActivities, err)
	}
	if q, err := c.Queue(ctx, "default"); err != nil || q.Queue.Queue != "default" || q.Leased != 1 || q.Offered != 0 || q.Index == 0 {
		t.Errorf("queue: %+v, %v", q, err)
	}
	if q, err := c.Queue(ctx, "default"); err != nil || q.Polled == nil || q.Polled.Total != 1 || q.Polled.Pollers[0].WorkerID == "" || q.Polled.Pollers[0].Node == "" || q.Polled.Pollers[0].Leased != 1 ||
		q.Polled.Pollers[0].Waiting != 0 || len(q.Polled.Pollers[0].Activities) == 0 {
		t.Errorf("who polls the queue: %+v, %v", q.Polled, err)
	}
	// Repeated under its request id, a completion gets its first answer; under another id it is too
	// late.
	for range 2 {
		if got := completes(t, c, three.Token, `"sent"`, client.RequestID("done")); got != "ok" {
			t.Errorf("complete: %s", got)
		}
	}
	if got := completes(t, c, three.Token, `"sent"`); got != "lease_lost" {
		t.Errorf("complete again: %s", got)
	}
	r, err := c.Result(ctx, w, wire.MaxWait)
	if err != nil || string(r.Result) != `"sent"` {
		t.Errorf("result: %+v, %v", r, err)
	}
	if d, err := c.Describe(ctx, w); err != nil || d.PendingActivities == nil || len(d.PendingActivities) != 0 {
		t.Errorf("describe: %+v, %v", d, err)
	}
}

// TestRepeatedPollAnswersTheSameTasks: it does if the first answer was lost.
func TestRepeatedPollAnswersTheSameTasks(t *testing.T) {
	onBothFaces(t, testRepeatedPollAnswersTheSameTasks)
}

func testRepeatedPollAnswersTheSameTasks(t *testing.T) {
	_, _, c := cluster2(t)
	if _, err := c.Load(t.Context(), steps(t, `return ctx.activity("ship", input)`, "ship"), wire.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		if _, err := c.Start(t.Context(), wire.StartRequest{Type: "order", Input: json.RawMessage(fmt.Sprint(i))}); err != nil {
			t.Fatal(err)
		}
	}
	poll := func(key string) wire.Task {
		tasks, err := c.Poll(t.Context(), "default", wire.PollRequest{WorkerID: "w1", Activities: []string{"ship"}, Wait: "60s"}, client.RequestID(key))
		if err != nil || len(tasks.Tasks) != 1 {
			t.Fatalf("poll %s: %+v, %v", key, tasks, err)
		}
		return tasks.Tasks[0]
	}
	first := poll("k1")
	if again := poll("k1"); again.Token != first.Token || string(again.Input) != string(first.Input) {
		t.Errorf("repeated: %+v, first %+v", again, first)
	}
	if other := poll("k2"); other.Token == first.Token {
		t.Errorf("another poll: %+v", other)
	}
}

// TestCancelledActivity: its worker learns of it with the next heartbeat.
func TestCancelledActivity(t *testing.T) { onBothFaces(t, testCancelledActivity) }

func testCancelledActivity(t *testing.T) {
	_, _, c := cluster2(t)
	if _, err := c.Load(t.Context(), steps(t, `return ctx.activity("ship", input)`, "ship"), wire.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	w := wire.RunRef{WorkflowID: "w"}
	if _, err := c.Start(t.Context(), wire.StartRequest{Type: "order", WorkflowID: "w"}); err != nil {
		t.Fatal(err)
	}
	task := take(t, c, "ship")
	if _, err := c.Terminate(t.Context(), w, "enough"); err != nil {
		t.Fatal(err)
	}
	if d, err := c.Describe(t.Context(), w); err != nil || len(d.PendingActivities) != 1 || d.PendingActivities[0].State != "given_up" {
		t.Errorf("describe: %+v, %v", d, err)
	}
	a, err := c.HeartbeatTasks(t.Context(), wire.HeartbeatRequest{Tokens: []wire.TaskBeat{{Token: task.Token}}})
	if err != nil || len(a.Results) != 1 || a.Results[0].CancelRequested == nil || !*a.Results[0].CancelRequested {
		t.Errorf("heartbeat: %+v, %v", a, err)
	}
}

// TestBatchesOfAnswers: each token gets its own reply, in the order of the request.
func TestBatchesOfAnswers(t *testing.T) { onBothFaces(t, testBatchesOfAnswers) }

func testBatchesOfAnswers(t *testing.T) {
	_, follower, c := cluster2(t)
	const wide = 150
	body := fmt.Sprintf(`return len(ctx.all([ctx.start_activity("ship", i) for i in range(%d)]))`, wide)
	if _, err := c.Load(t.Context(), steps(t, body, "ship"), wire.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	w := wire.RunRef{WorkflowID: "w"}
	if _, err := c.Start(t.Context(), wire.StartRequest{Type: "order", WorkflowID: "w"}); err != nil {
		t.Fatal(err)
	}
	var results []wire.TaskCompletion
	for len(results) < wide {
		tasks, err := c.Poll(t.Context(), "default", wire.PollRequest{WorkerID: "w1", Activities: []string{"ship"}, MaxTasks: 100, Wait: "60s"})
		if err != nil {
			t.Fatal(err)
		}
		for _, task := range tasks.Tasks {
			results = append(results, wire.TaskCompletion{Token: task.Token, Output: task.Input})
		}
	}
	d, err := c.Describe(t.Context(), w)
	if err != nil || len(d.PendingActivities) != wire.MaxPending || d.PendingActivitiesTotal != wide {
		t.Errorf("describe: %d of %d, %v", len(d.PendingActivities), d.PendingActivitiesTotal, err)
	}
	batch := append([]wire.TaskCompletion{{Token: "nonsense"}}, results...)
	batch = append(batch, results[0])
	a, err := c.CompleteTasks(t.Context(), wire.CompleteRequest{Results: batch})
	if err != nil || len(a.Results) != wide+2 || a.Index == 0 {
		t.Fatalf("complete: %+v, %v", a, err)
	}
	for i, r := range a.Results {
		want := ""
		switch i {
		case 0:
			want = "invalid_input"
		case wide + 1:
			want = "lease_lost"
		}
		if r.Token != batch[i].Token || r.Code != want || r.OK != (want == "") || r.CancelRequested != nil {
			t.Errorf("reply %d: %+v, want %q", i, r, want)
		}
	}
	if r, err := c.Result(t.Context(), w, wire.MaxWait); err != nil || string(r.Result) != fmt.Sprint(wide) {
		t.Errorf("result: %+v, %v", r, err)
	}
	// A call with too many items is refused as a whole.
	many := `{"results":[` + strings.TrimSuffix(strings.Repeat(`{"token":"t"},`, 1001), ",") + `]}`
	if p := follower.send(t, "POST", "/v1/tasks/complete", many).problem(t); p.Code != "invalid_input" || p.Facts["field"] != "results" || !strings.Contains(p.Detail, "1001") {
		t.Errorf("1001 results: %v", p)
	}
	if p := follower.send(t, "POST", "/v1/tasks/heartbeat", `{"tokens":[]}`).problem(t); p.Code != "invalid_input" || p.Facts["field"] != "tokens" {
		t.Errorf("no tokens: %v", p)
	}
	if p := follower.send(t, "POST", "/v1/tasks/complete", `{"results":[{"token":"`+strings.Repeat("x", wire.MaxTaskBytes)+`"}]}`).problem(t); p.Code != "body_too_large" ||
		fmt.Sprint(p.Facts["limit"]) != fmt.Sprint(wire.MaxTaskBytes) {
		t.Errorf("a body that is too large: %.300v", p)
	}
}

func TestQueueStory(t *testing.T) {
	_, follower, c := cluster2(t)
	ctx := t.Context()
	q, err := c.LimitQueue(ctx, "gpu/1", wire.QueueLimits{Concurrency: new(uint64(2)), Rate: "120/2m", Burst: 5})
	if err != nil || q.Queue.Queue != "gpu/1" || *q.Limits.Concurrency != 2 || q.Limits.Rate != "120/2m0s" || q.Limits.Burst != 5 || q.Index == 0 {
		t.Errorf("limit: %+v, %v", q, err)
	}
	if _, err := c.LimitQueue(ctx, "cpu", wire.QueueLimits{Rate: "10/s"}); err != nil {
		t.Fatal(err)
	}
	if q, err := c.Queue(ctx, "gpu/1"); err != nil || q.Limits.Rate != "120/2m0s" {
		t.Errorf("queue: %+v, %v", q, err)
	}
	if q, err := c.Queue(ctx, "unheard-of"); err != nil || q.Queue.Queue != "unheard-of" || q.Limits != (wire.QueueLimits{}) {
		t.Errorf("a queue that nobody used: %+v, %v", q, err)
	}
	page, err := c.Queues(ctx, wire.Page{Limit: 1})
	if err != nil || len(page.Queues) != 1 || page.Queues[0].Queue != "cpu" || page.Queues[0].Limits.Rate != "10/s" || page.NextCursor == "" {
		t.Fatalf("queues: %+v, %v", page, err)
	}
	if page, err = c.Queues(ctx, wire.Page{Limit: 1, Cursor: page.NextCursor}); err != nil || len(page.Queues) != 1 || page.Queues[0].Queue != "gpu/1" || page.NextCursor != "" {
		t.Errorf("queues: %+v, %v", page, err)
	}
	if q, err := c.LimitQueue(ctx, "cpu", wire.QueueLimits{}); err != nil || q.Limits != (wire.QueueLimits{}) {
		t.Errorf("no limits: %+v, %v", q, err)
	}
	for body, field := range map[string]string{`{"rate":"fast"}`: "rate", `{"rate":"9999999999/s"}`: "rate", `{"burst":5}`: "burst", `{"burst":0}`: "burst", `{"burst":-0.0e1}`: "burst", `{"concurrency":-1}`: "concurrency", `{"limit":5}`: "limit", ``: "body"} {
		if p := follower.send(t, "PUT", "/v1/queues/q", body).problem(t); p.Code != "invalid_input" || p.Facts["field"] != field {
			t.Errorf("%s: %v", body, p)
		}
	}
}
