package transport_test

import (
	"strings"
	"testing"
	"time"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// TestReopenStory: a failed run goes on where it failed.
func TestReopenStory(t *testing.T) {
	_, follower, c := cluster2(t)
	ctx := t.Context()
	if _, err := c.Load(ctx, steps(t, `return [ctx.activity("charge", 1), ctx.activity("ship", 2)]`, "charge", "ship"), wire.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	w := wire.RunRef{WorkflowID: "w"}
	started, err := c.Start(ctx, wire.StartRequest{Type: "order", WorkflowID: "w"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Reopen(ctx, w, ""); code(err) != "invalid_state" {
		t.Errorf("reopen of an open run: %v", err)
	}
	if got := completes(t, c, take(t, c, "charge").Token, `"paid"`); got != "ok" {
		t.Fatal(got)
	}
	task := take(t, c, "ship")
	if a, err := c.FailTasks(ctx, wire.FailRequest{Results: []wire.TaskFailure{{Token: task.Token, Message: "no truck"}}}); replied(t, a, err) != "ok" {
		t.Fatalf("fail: %+v", a)
	}
	if r, err := c.Result(ctx, w, wire.MaxWait); err != nil || r.Status != "failed" || !strings.Contains(r.Error.Message, "no truck") {
		t.Fatalf("result: %+v, %v", r, err)
	}
	for i := range 2 {
		a, err := c.Reopen(ctx, w, "a truck came", client.RequestID("again"))
		if err != nil || a.RunID != started.RunID || a.Status != "running" || a.Deduplicated != (i == 1) {
			t.Fatalf("reopen: %+v, %v", a, err)
		}
	}
	again := take(t, c, "ship", "charge")
	if again.Activity != "ship" || again.Token == task.Token || again.Attempt <= task.Attempt {
		t.Errorf("after reopening: %+v", again)
	}
	if got := completes(t, c, again.Token, `"sent"`); got != "ok" {
		t.Fatal(got)
	}
	if r, err := c.Result(ctx, w, wire.MaxWait); err != nil || string(r.Result) != `["paid","sent"]` {
		t.Errorf("result: %+v, %v", r, err)
	}
	if _, err := c.Reopen(ctx, w, ""); code(err) != "invalid_state" {
		t.Errorf("reopen of a completed run: %v", err)
	}
	if _, err := c.Reopen(ctx, wire.RunRef{WorkflowID: "nobody"}, ""); code(err) != "not_found" {
		t.Errorf("reopen of nothing: %v", err)
	}
	if p := follower.send(t, "POST", "/v1/workflows/w/reopen", `{"why":"?"}`).problem(t); p.Code != "invalid_input" {
		t.Errorf("reopen: %v", p)
	}
}

// TestFinding: filters by parent and times, and exact counts.
func TestFinding(t *testing.T) {
	_, follower, c := cluster2(t)
	ctx := t.Context()
	l, err := c.Load(ctx, steps(t, `return ctx.activity("ship", input)`, "ship"), wire.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"a", "b"} {
		if _, err := c.Start(ctx, wire.StartRequest{Type: "order", WorkflowID: id}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Terminate(ctx, wire.RunRef{WorkflowID: "a"}, ""); err != nil {
		t.Fatal(err)
	}
	a, err := c.Describe(ctx, wire.RunRef{WorkflowID: "a"})
	if err != nil {
		t.Fatal(err)
	}
	b, err := c.Describe(ctx, wire.RunRef{WorkflowID: "b"})
	if err != nil {
		t.Fatal(err)
	}
	exactly := func(at time.Time) string { return at.Format(time.RFC3339Nano) }
	for _, f := range []struct {
		filter wire.RunFilter
		want   string
	}{
		{wire.RunFilter{Parent: "nobody"}, ""},
		{wire.RunFilter{StartedAfter: exactly(b.StartedAt)}, "b"},
		{wire.RunFilter{StartedBefore: exactly(b.StartedAt)}, "a"},
		{wire.RunFilter{StartedAfter: exactly(a.StartedAt), StartedBefore: exactly(b.StartedAt.Add(time.Nanosecond))}, "b a"},
		{wire.RunFilter{StartedAfter: "0001-01-01T00:00:00Z"}, "b a"},
		{wire.RunFilter{StartedBefore: "1969-12-31T23:59:59Z"}, ""},
		{wire.RunFilter{StartedAfter: "2300-01-01T00:00:00Z"}, ""},
		{wire.RunFilter{ClosedAfter: "1970-01-01T01:00:00+01:00"}, "a"},
		{wire.RunFilter{ClosedAfter: exactly(*a.ClosedAt)}, "a"},
		{wire.RunFilter{ClosedBefore: exactly(*a.ClosedAt)}, ""},
		{wire.RunFilter{Type: "order", Status: "running", StartedAfter: "2000-01-01T00:00:00Z"}, "b"},
	} {
		page, err := c.List(ctx, f.filter, wire.Page{})
		if err != nil {
			t.Errorf("%+v: %v", f.filter, err)
			continue
		}
		var ids []string
		for _, run := range page.Workflows {
			ids = append(ids, run.WorkflowID)
		}
		if got := strings.Join(ids, " "); got != f.want {
			t.Errorf("%+v: %q, want %q", f.filter, got, f.want)
		}
	}
	counts, err := c.Counts(ctx, wire.RunFilter{})
	if err != nil || counts.Total != 2 || len(counts.Counts) != 2 || counts.Index == 0 {
		t.Fatalf("counts: %+v, %v", counts, err)
	}
	for _, n := range counts.Counts {
		if n.WorkflowType != "order" || n.Version != l.Version || n.Count != 1 || n.Status != "running" && n.Status != "terminated" {
			t.Errorf("count %+v", n)
		}
	}
	for filter, want := range map[string]string{"?status=running": `"total":1`, "?type=other": `"total":0,"counts":[]`, "?type=order&version=" + l.Version[:8]: `"total":2`} {
		if r := follower.send(t, "GET", "/v1/counts"+filter, ""); r.status != 200 || !strings.Contains(r.body, want) {
			t.Errorf("%s: %+v", filter, r)
		}
	}
	for query, field := range map[string]string{
		"workflows?started_after=monday": "started_after", "workflows?closed_before=2026-13-01T00:00:00Z": "closed_before", "workflows?closed_after=2026-01-01": "closed_after",
		"workflows?parent=a%20b": "parent", "workflows?parent=": "parent", "counts?status=dead": "status", "counts?parent=x": "parent", "counts?version=abc": "version",
	} {
		if p := follower.send(t, "GET", "/v1/"+query, "").problem(t); p.Code != "invalid_input" || p.Facts["field"] != field {
			t.Errorf("%s: %v", query, p)
		}
	}
}

func TestRetentionStory(t *testing.T) {
	_, follower, c := cluster2(t)
	ctx := t.Context()
	if r, err := c.Retention(ctx); err != nil || r.Rules == nil || len(r.Rules) != 0 {
		t.Errorf("no rules: %+v, %v", r, err)
	}
	if a, err := c.SetRetention(ctx, "", "720h"); err != nil || a.WorkflowType != "" || a.Age != "720h0m0s" || a.Index == 0 {
		t.Errorf("set: %+v, %v", a, err)
	}
	if a, err := c.SetRetention(ctx, "order", "0s"); err != nil || a.WorkflowType != "order" || a.Age != "0s" {
		t.Errorf("set: %+v, %v", a, err)
	}
	r, err := c.Retention(ctx)
	if err != nil || len(r.Rules) != 2 || r.Rules[0] != (wire.Retention{Age: "720h0m0s"}) || r.Rules[1] != (wire.Retention{WorkflowType: "order", Age: "0s"}) {
		t.Errorf("rules: %+v, %v", r, err)
	}
	for _, typ := range []string{"order", ""} {
		if a, err := c.RemoveRetention(ctx, typ); err != nil || a.WorkflowType != typ || a.Index == 0 {
			t.Errorf("remove %q: %+v, %v", typ, a, err)
		}
	}
	if r, err := c.Retention(ctx); err != nil || len(r.Rules) != 0 {
		t.Errorf("no rules left: %+v, %v", r, err)
	}
	for body, field := range map[string]string{`{}`: "age", `{"age":"30 days"}`: "age", `{"age":"-1h"}`: "age", `{"age":""}`: "age", `{"age":"1h","type":"x"}`: "type", ``: "body"} {
		if p := follower.send(t, "PUT", "/v1/retention/order", body).problem(t); p.Code != "invalid_input" || p.Facts["field"] != field {
			t.Errorf("%s: %v", body, p)
		}
	}
}
