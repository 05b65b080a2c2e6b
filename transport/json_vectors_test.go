package transport_test

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"aion.dev/aion/internal/jsonvectors"
	"aion.dev/aion/transport/wire"
)

// TestJSONTextsAtEveryDoor sends every text of the table wherever JSON is accepted: as the body
// that is a signal's payload, and as an input, arguments, an output, details of a failure and of a
// heartbeat. Texts that code can handle are accepted, and an input is shown unchanged; all others
// are refused, naming the member.
func TestJSONTextsAtEveryDoor(t *testing.T) {
	_, follower, c := cluster2(t)
	const code = `ctx.on_query("echo", lambda args: args)
    for i in range(5000): ctx.activity("ship", i, retry = {"max_attempts": 0, "backoff": "1ms"})`
	if _, err := c.Load(t.Context(), steps(t, code, "ship"), wire.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Start(t.Context(), wire.StartRequest{Type: "order", WorkflowID: "w"}); err != nil {
		t.Fatal(err)
	}
	task := take(t, c, "ship")
	texts := jsonvectors.Texts()
	for i, text := range texts {
		for _, door := range []struct{ path, before, after, member string }{
			{"/v1/workflows/w/signals/s", "", "", "payload"},
			{"/v1/workflows", `{"type":"order","workflow_id":"in` + strconv.Itoa(i) + `","input":`, `}`, "input"},
			{"/v1/workflows/w/queries/echo", `{"args":`, `}`, "args"},
			{"/v1/tasks/heartbeat", `{"tokens":[{"token":"TOKEN","details":`, `}]}`, "details"},
			{"/v1/tasks/fail", `{"results":[{"token":"TOKEN","message":"m","retryable":true,"details":`, `}]}`, "details"},
			{"/v1/tasks/complete", `{"results":[{"token":"TOKEN","output":`, `}]}`, "output"},
		} {
			body := strings.Replace(door.before, "TOKEN", task.Token, 1) + text.Text + door.after
			if text.Verdict == jsonvectors.Broken && json.Valid([]byte(body)) {
				continue // such as 1,"a":2
			}
			if text.Verdict == jsonvectors.Taken && i%4 > 0 && (door.member == "output" || strings.HasSuffix(door.path, "fail")) {
				continue // each of these needs a new task
			}
			r := follower.send(t, "POST", door.path, body)
			item := strings.HasPrefix(door.path, "/v1/tasks/")
			var answers wire.TaskReplies
			if item && r.status == 200 {
				if err := json.Unmarshal([]byte(r.body), &answers); err != nil || len(answers.Results) != 1 {
					t.Fatalf("%s %.60q: %.300s", door.path, text.Text, r.body)
				}
			}
			switch text.Verdict {
			case jsonvectors.Broken:
				if p := r.problem(t); r.status != 400 || p.Code != "invalid_input" || p.Facts["field"] != "body" && p.Facts["field"] != "payload" {
					t.Errorf("%s %.60q: %d %.300s", door.path, text.Text, r.status, r.body)
				}
			case jsonvectors.Taken:
				if r.status >= 300 || item && !answers.Results[0].OK {
					t.Errorf("%s %.60q: %d %.300s", door.path, text.Text, r.status, r.body)
				} else if item && door.path != "/v1/tasks/heartbeat" {
					task = take(t, c, "ship")
				}
			case jsonvectors.Beyond:
				var code, detail, field string
				if item && r.status == 200 {
					code, detail = answers.Results[0].Code, answers.Results[0].Detail
				} else {
					p := r.problem(t)
					code, detail = p.Code, p.Detail
					field, _ = p.Facts["field"].(string)
				}
				if item && !strings.Contains(detail, door.member+": ") || !item && field != door.member || code != "invalid_input" || !strings.Contains(detail, text.Words) {
					t.Errorf("%s %.60q: %d %.300s, want %s of %s", door.path, text.Text, r.status, r.body, text.Words, door.member)
				}
			}
		}
		if text.Verdict != jsonvectors.Taken {
			continue
		}
		d, err := c.Describe(t.Context(), wire.RunRef{WorkflowID: "in" + strconv.Itoa(i)})
		if err != nil {
			t.Fatal(err)
		}
		var want bytes.Buffer
		if err := json.Compact(&want, []byte(text.Text)); err != nil {
			t.Fatal(err)
		}
		if string(d.Input) != want.String() {
			t.Errorf("the input %.60q is shown as %.60q", text.Text, d.Input)
		}
	}
	t.Logf("vectors: %d JSON texts", len(texts))
	if len(texts) < 400 {
		t.Errorf("%d texts only", len(texts))
	}
}
