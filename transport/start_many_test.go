package transport_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/transport"
	"aion.dev/aion/transport/wire"
)

// startedMany sends a batch that must be answered, and tells each reply in a word: its workflow id,
// with an apostrophe if it is a repetition, or its code.
func startedMany(t *testing.T, h *host, body string, headers ...string) (words []string, a wire.StartReplies) {
	t.Helper()
	r := h.send(t, "POST", "/v1/workflows:batch", body, headers...)
	if err := json.Unmarshal([]byte(r.body), &a); err != nil || r.status != 200 {
		t.Fatalf("%+v: %v", r, err)
	}
	for _, one := range a.Results {
		switch {
		case one.OK != (one.Problem == nil), one.OK != (one.RunID != ""):
			t.Errorf("%+v", one)
		case one.OK && one.Deduplicated:
			words = append(words, one.WorkflowID+"'")
		case one.OK:
			words = append(words, one.WorkflowID)
		default:
			words = append(words, one.Problem.Code)
		}
	}
	return words, a
}

func said(t *testing.T, what string, words []string, want string) {
	t.Helper()
	if got := strings.Join(words, " "); got != want {
		t.Errorf("%s: %s, want %s", what, got, want)
	}
}

// TestStartMany: what is wrong with an item is its own refusal, named by its place, and the others
// have their own answers, at any node.
func TestStartMany(t *testing.T) {
	n := enginetest.New(t)
	th := &throne{}
	leader, follower := listen(t, n, th, "n1").lead(), listen(t, n, th, "n2")
	n.Deploy(enginetest.Pack(t, waiting("1")))
	const body = `{"starts":[{"type":"order","workflow_id":"a"},{"type":"order","workflow_id":"b","timeot":"1s"},{"type":"order","workflow_id":"c"},
		{"workflow_id":"d"},{"type":"nothing"},{"type":"order","workflow_id":"a"},{"type":"order","workflow_id":"e","request_id":"é"},7,{"type":"order","workflow_id":"f","timeout":"0s"},{"type":"order","workflow_id":"g"}]}`
	words, a := startedMany(t, follower, body)
	said(t, "first", words, "a invalid_input c invalid_input unknown_workflow_type already_running invalid_input invalid_input invalid_input g")
	for i, field := range map[int]string{1: "starts[1].timeot", 3: "starts[3].type", 6: "starts[6].request_id", 7: "starts[7]", 8: "starts[8].timeout"} {
		if p := a.Results[i].Problem; p.Facts["field"] != field || !strings.HasPrefix(p.Detail, field) || p.Outcome != wire.Rejected || p.Title == "" {
			t.Errorf("%d: %+v", i, p)
		}
	}
	if p := a.Results[5].Problem; p.Facts["run_id"] != a.Results[0].RunID || fmt.Sprint(p.Facts["index"]) != fmt.Sprint(a.Results[0].Index) {
		t.Errorf("the second a: %+v, want one that names %+v", p, a.Results[0])
	}
	if a.Index != a.Results[9].Index || a.Results[0].Index != a.Index {
		t.Errorf("the answer is of index %d, its starts of %d and %d", a.Index, a.Results[0].Index, a.Results[9].Index)
	}
	words, a = startedMany(t, leader, `{"starts":[{}]}`)
	if said(t, "nothing right", words, "invalid_input"); a.Index == 0 {
		t.Error("the answer reflects no index")
	}
	// What is wrong with the call is the refusal of the call.
	for body, detail := range map[string]string{
		"":                         "body: is empty",
		`{"starts":[]}`:            "starts: has 0 items; 1 to 1000 are allowed",
		`{"starts":[{},]}`:         "body: is not JSON",
		`{"starts":[{}],"wait":1}`: "wait: ",
		`{"starts":[` + strings.Repeat("{},", 1000) + `{}]}`: "starts: has 1001 items",
	} {
		if p := leader.send(t, "POST", "/v1/workflows:batch", body).problem(t); p.Code != "invalid_input" || !strings.HasPrefix(p.Detail, detail) {
			t.Errorf("%.40s: %v, want %s", body, p, detail)
		}
	}
	few := listen(t, n, th, "n3", func(c *transport.Config) { c.Limits.BatchStarts = 2 }).lead()
	if p := few.send(t, "POST", "/v1/workflows:batch", `{"starts":[{},{},{}]}`).problem(t); !strings.Contains(p.Detail, "1 to 2 are allowed (limits.batch_starts)") {
		t.Error(p)
	}
}

// TestStartManyOnce: an item has at most one effect under its request id, in whichever batch it is
// sent again; items without one have the call's with their place.
func TestStartManyOnce(t *testing.T) {
	n := enginetest.New(t)
	h := listen(t, n, &throne{}, "n1").lead()
	n.Deploy(enginetest.Pack(t, waiting("1")))
	item := func(id, more string) string {
		return fmt.Sprintf(`{"type":"order","workflow_id":%q%s}`, id, more)
	}
	list := func(items ...string) string { return `{"starts":[` + strings.Join(items, ",") + `]}` }
	a, b := item("a", `,"request_id":"ka"`), item("b", `,"request_id":"kb"`)
	words, _ := startedMany(t, h, list(a, a, b))
	said(t, "twice in one batch", words, "a a' b")
	words, _ = startedMany(t, h, list(item("c", ""), b, a), "Idempotency-Key: k")
	said(t, "in another order and company", words, "c b' a'")
	words, _ = startedMany(t, h, list(item("c", ""), b), "Idempotency-Key: k")
	said(t, "by its place", words, "c' b'")
	words, _ = startedMany(t, h, list(b, item("c", "")), "Idempotency-Key: k")
	said(t, "at another place", words, "b' already_running")
	words, _ = startedMany(t, h, list(item("a", `,"request_id":"ka" `), item("x", `,"request_id":"kb"`)))
	said(t, "with other bytes", words, "request_mismatch request_mismatch")
	words, _ = startedMany(t, h, list(item("c", "")), "Idempotency-Key: "+strings.Repeat("k", 199))
	said(t, "no room for the place", words, "invalid_input")
	if p := h.send(t, "POST", "/v1/workflows", item("a", ""), "Idempotency-Key: ka").problem(t); p.Code != "request_mismatch" {
		t.Errorf("alone under the same key: %v", p)
	}
}

// TestStartManyTogether: all starts that fit are one entry.
func TestStartManyTogether(t *testing.T) {
	n := enginetest.New(t)
	h := listen(t, n, &throne{}, "n1").lead()
	n.Deploy(enginetest.Pack(t, waiting("1")))
	items := make([]string, 1000)
	for i := range items {
		items[i] = fmt.Sprintf(`{"type":"order","workflow_id":"w%d","input":%d}`, i, i)
	}
	words, a := startedMany(t, h, `{"starts":[`+strings.Join(items, ",")+`]}`)
	indices := map[uint64]int{}
	for i, word := range words {
		if word != fmt.Sprint("w", i) {
			t.Fatalf("%d was answered %q", i, word)
		}
		indices[a.Results[i].Index]++
	}
	if len(indices) > 2 {
		t.Errorf("1,000 starts are %d entries: %v", len(indices), indices)
	}
}
