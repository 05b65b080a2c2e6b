package transport_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/internal/await"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

func TestRunStory(t *testing.T) { onBothFaces(t, testRunStory) }

func testRunStory(t *testing.T) {
	_, _, c := cluster2(t)
	ctx := t.Context()
	v, err := c.Load(ctx, enginetest.Pack(t, waiting("1")), wire.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	w := wire.RunRef{WorkflowID: "w"}
	started, err := c.Start(ctx, wire.StartRequest{Type: "order", WorkflowID: "w", Timeout: "1h", Attributes: wire.Attributes{"city": json.RawMessage(`"Bern"`), "n": json.RawMessage(`5`)}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Start(ctx, wire.StartRequest{Type: "order", WorkflowID: "w"}); code(err) != "already_running" {
		t.Errorf("second start: %v", err)
	}
	q, err := c.Query(ctx, w, "stage", nil)
	if err != nil || string(q.Result) != `"waiting"` || q.Index == 0 {
		t.Errorf("query: %+v, %v", q, err)
	}
	if q, err := c.Query(ctx, w, "stage", nil, client.MinIndex(started.Index)); err != nil || string(q.Result) != `"waiting"` || q.Index < started.Index {
		t.Errorf("stale query: %+v, %v", q, err)
	}
	if _, err := c.Query(ctx, w, "nothing", json.RawMessage(`{}`)); code(err) != "unknown_query" {
		t.Errorf("unknown query: %v", err)
	}
	d, err := c.Describe(ctx, w)
	if err != nil || d.Status != "running" || d.Version != v.Version || d.RunID != started.RunID || d.ClosedAt != nil || d.Events == 0 ||
		len(d.WaitingOn) != 1 || d.WaitingOn[0].Kind != "signal" || d.WaitingOn[0].Name != "approval" || string(d.Attributes["city"]) != `"Bern"` || d.Index == 0 {
		t.Errorf("describe: %+v, %v", d, err)
	}
	if a, err := c.Pause(ctx, w, "lunch"); err != nil || a.Status != "paused" || a.RunID != started.RunID {
		t.Errorf("pause: %+v, %v", a, err)
	}
	if r, err := c.Result(ctx, w, 0); err != nil || r.Status != "paused" {
		t.Errorf("result while paused: %+v, %v", r, err)
	}
	if a, err := c.Resume(ctx, w); err != nil || a.Status != "running" {
		t.Errorf("resume: %+v, %v", a, err)
	}
	if _, err := c.Resume(ctx, w); code(err) != "invalid_state" {
		t.Errorf("resume of what runs: %v", err)
	}

	two, err := c.Start(ctx, wire.StartRequest{Type: "order", WorkflowID: "w2", Attributes: wire.Attributes{"n": json.RawMessage(`6`)}})
	if err != nil {
		t.Fatal(err)
	}
	if a, err := c.Terminate(ctx, wire.RunRef{WorkflowID: "w2", RunID: two.RunID}, "enough"); err != nil || a.Status != "terminated" {
		t.Errorf("terminate: %+v, %v", a, err)
	}
	if r, err := c.Result(ctx, wire.RunRef{WorkflowID: "w2"}, 0); err != nil || r.Status != "terminated" || r.Error == nil || r.Error.Message != "enough" || r.Result != nil {
		t.Errorf("result of what was terminated: %+v, %v", r, err)
	}
	if _, err := c.Signal(ctx, wire.RunRef{WorkflowID: "w2"}, "approval", nil); code(err) != "not_running" {
		t.Errorf("signal of what is closed: %v", err)
	}
	if a, err := c.Cancel(ctx, w, "changed my mind"); err != nil || a.WorkflowID != "w" {
		t.Errorf("cancel: %+v, %v", a, err)
	}
	r, err := c.Result(ctx, w, wire.MaxWait)
	if err != nil || r.Status != "cancelled" || r.Error == nil || r.Error.Kind != "cancelled" {
		t.Errorf("result of what was cancelled: %+v, %v", r, err)
	}

	for filter, want := range map[*wire.RunFilter]string{
		{}:                            "w2 w",
		{Type: "order"}:               "w2 w",
		{Type: "other"}:               "",
		{Status: "terminated"}:        "w2",
		{Version: v.Version[:7]}:      "w2 w",
		{Attributes: []string{"n=5"}}: "w",
		{Attributes: []string{"n=5", "city=Bern"}}: "w",
		{Attributes: []string{"n=5", "city=Ulm"}}:  "",
	} {
		var ids []string
		for cursor := ""; ; {
			page, err := c.List(ctx, *filter, wire.Page{Limit: 1, Cursor: cursor})
			if err != nil {
				t.Fatalf("list %+v: %v", filter, err)
			}
			for _, run := range page.Workflows {
				ids = append(ids, run.WorkflowID)
			}
			if cursor = page.NextCursor; cursor == "" {
				break
			}
		}
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("list %+v: %q, want %q", *filter, got, want)
		}
	}

	var types []string
	for e, err := range c.Follow(ctx, w, 1) {
		if err != nil {
			t.Fatal(err)
		}
		if types = append(types, e.Type); int(e.Seq) != len(types) || e.At.IsZero() || !json.Valid(e.Data) {
			t.Errorf("event %+v", e)
		}
	}
	if got := strings.Join(types, " "); got != "WorkflowStarted WorkflowPaused WorkflowResumed CancelRequested WorkflowCancelled" {
		t.Errorf("history: %s", got)
	}
	if h, err := c.History(ctx, w, 2, 2, 0); err != nil || len(h.Events) != 2 || h.Events[0].Seq != 2 || h.Next != 4 || h.Index == 0 {
		t.Errorf("a page of history: %+v, %v", h, err)
	}
}

func TestStartAndWait(t *testing.T) { onBothFaces(t, testStartAndWait) }

func testStartAndWait(t *testing.T) {
	leader, _, c := cluster2(t)
	code := enginetest.Code{
		"double": "def run(ctx, input):\n    return input * 2\n",
		"null":   "def run(ctx, input):\n    return None\n",
		"fails":  "def run(ctx, input):\n    fail(\"no stock\")\n",
		"chain":  "def run(ctx, input):\n    if input == 0:\n        return \"end\"\n    ctx.continue_as_new(input - 1)\n",
		"parked": "def run(ctx, input):\n    ctx.signal(\"never\")\n",
	}
	if _, err := c.Load(t.Context(), enginetest.Pack(t, code), wire.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct{ typ, input, status, result, err string }{
		{"double", "21", "completed", "42", ""},
		{"null", "null", "completed", "null", ""},
		{"fails", "", "failed", "", "no stock"},
		{"chain", "3", "completed", `"end"`, ""},
	} {
		a, err := c.StartAndWait(t.Context(), wire.StartRequest{Type: x.typ, Input: json.RawMessage(x.input)}, wire.MaxWait)
		if err != nil || a.Status != x.status || string(a.Result) != x.result || (a.Error != nil) != (x.err != "") {
			t.Errorf("%s: %+v, %v", x.typ, a, err)
			continue
		}
		if a.Error != nil && !strings.Contains(a.Error.Message, x.err) {
			t.Errorf("%s: %v", x.typ, a.Error)
		}
	}
	a, err := c.StartAndWait(t.Context(), wire.StartRequest{Type: "parked"}, time.Millisecond)
	if err != nil || a.Status != "running" {
		t.Errorf("parked: %+v, %v", a, err)
	}
	r := leader.send(t, "POST", "/v1/workflows", `{"type":"double","input":1,"workflow_id":"x"}`)
	if r.status != 201 || strings.Contains(r.body, "status") || r.header.Get(wire.HeaderIndex) == "" {
		t.Errorf("start without waiting: %+v", r)
	}
	if r := leader.send(t, "GET", "/v1/workflows/"+a.WorkflowID+"/result", ""); r.status != 202 {
		t.Errorf("result of an open run: %+v", r)
	}
	if r := leader.send(t, "GET", "/v1/workflows/x/result?wait=30s", ""); r.status != 200 || !strings.Contains(r.body, `"result":2`) {
		t.Errorf("result: %+v", r)
	}
}

// TestResultWaitsForTheEnd: a long poll through a follower answers when the run ends.
func TestResultWaitsForTheEnd(t *testing.T) { onBothFaces(t, testResultWaitsForTheEnd) }

func testResultWaitsForTheEnd(t *testing.T) {
	_, _, c := cluster2(t)
	if _, err := c.Load(t.Context(), enginetest.Pack(t, waiting("1")), wire.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Start(t.Context(), wire.StartRequest{Type: "order", WorkflowID: "w"}); err != nil {
		t.Fatal(err)
	}
	const callers = 20
	results := make(chan string, callers)
	for range callers {
		go func() {
			r, err := c.Result(t.Context(), wire.RunRef{WorkflowID: "w"}, wire.MaxWait)
			if err != nil {
				results <- err.Error()
				return
			}
			results <- r.Status
		}()
	}
	events := make(chan string)
	go func() {
		defer close(events)
		for e, err := range c.Follow(t.Context(), wire.RunRef{WorkflowID: "w"}, 1) {
			if err != nil {
				events <- err.Error()
				return
			}
			events <- e.Type
		}
	}()
	if first := await.From(t, "the first event", events); first != "WorkflowStarted" {
		t.Errorf("the history begins with %s", first)
	}
	if _, err := c.Signal(t.Context(), wire.RunRef{WorkflowID: "w"}, "approval", json.RawMessage("1")); err != nil {
		t.Fatal(err)
	}
	for range callers {
		if r := await.From(t, "a result", results); r != "completed" {
			t.Error(r)
		}
	}
	rest := ""
	for range 2 {
		rest += " " + await.From(t, "an event", events)
	}
	if e, more := <-events; more {
		rest += " " + e
	}
	if rest != " SignalReceived WorkflowCompleted" {
		t.Errorf("the history goes on with%s", rest)
	}
}

func TestStaleReads(t *testing.T) {
	_, follower, c := cluster2(t)
	v, err := c.Load(t.Context(), enginetest.Pack(t, waiting("1")), wire.LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r := follower.send(t, "GET", fmt.Sprintf("/v1/versions?consistency=stale&min_index=%d", v.Index), "")
	if r.status != 200 || r.header.Get(wire.HeaderNode) != "n2" || r.header.Get(wire.HeaderLeaderContact) != "1.5s" || !strings.Contains(r.body, v.Version) {
		t.Errorf("%+v", r)
	}
}
