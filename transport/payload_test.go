package transport_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"aion.dev/aion/engine"
	"aion.dev/aion/transport/wire"
)

// payloads are JSON values that are easily mistaken for absent ones, and some edge cases.
var payloads = []string{
	`""`, `null`, `0`, `-0`, `0.0`, `false`, `[]`, `{}`, `[""]`, `{"":""}`, `[null]`, `9007199254740993`, `-1e308`, `"\u0000"`, `"\ud83d\ude00"`, `"😀"`,
	strings.Repeat("[", 200) + strings.Repeat("]", 200), strings.Repeat("9", 1000),
}

// Every JSON value is a payload wherever payloads are accepted, and it arrives unchanged.
func TestEveryJSONValueIsAPayload(t *testing.T) {
	_, follower, c := cluster2(t)
	const code = `
    ctx.on_query("echo", lambda args: args)
    out = ctx.activity("ship", input, retry = {"max_attempts": 2, "backoff": "1ms"})
    failed = ctx.try_activity("ship", input)
    got = ctx.signal("s")
    return [json.encode(x) for x in [input, out, failed.error.details, got]]`
	if _, err := c.Load(t.Context(), steps(t, strings.TrimSpace(code), "ship"), wire.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	for i, value := range payloads {
		id := fmt.Sprint("w", i)
		ok := func(method, path, body string) reply {
			t.Helper()
			r := follower.send(t, method, path, body)
			if r.status >= 300 {
				t.Fatalf("%.40s: %s %s: %d %.300s", value, method, path, r.status, r.body)
			}
			return r
		}
		ok("POST", "/v1/workflows", `{"type":"order","workflow_id":"`+id+`","input":`+value+`}`)
		poll := func() wire.Task {
			t.Helper()
			tasks, err := c.Poll(t.Context(), "default", wire.PollRequest{WorkerID: "w", Activities: []string{"ship"}, MaxTasks: 1, Wait: "30s"})
			if err != nil || len(tasks.Tasks) != 1 {
				t.Fatalf("poll: %+v, %v", tasks, err)
			}
			return tasks.Tasks[0]
		}
		task := poll()
		// A heartbeat reports it, then a failure is retried, and the next attempt gets it.
		ok("POST", "/v1/tasks/heartbeat", `{"tokens":[{"token":"`+task.Token+`","details":`+value+`}]}`)
		ok("POST", "/v1/tasks/fail", `{"results":[{"token":"`+task.Token+`","message":"m","retryable":true,"details":`+value+`}]}`)
		task = poll()
		if string(task.Details) != value {
			t.Errorf("%.40s: the next attempt is told %.40s", value, task.Details)
		}
		r := ok("POST", "/v1/tasks/complete", `{"results":[{"token":"`+task.Token+`","output":`+value+`}]}`)
		if !strings.Contains(r.body, `"ok":true`) {
			t.Errorf("%.40s as an output: %s", value, r.body)
		}
		ok("POST", "/v1/tasks/fail", `{"results":[{"token":"`+poll().Token+`","message":"m","retryable":false,"details":`+value+`}]}`)
		ok("POST", "/v1/workflows/"+id+"/queries/echo", `{"args":`+value+`}`)
		ok("POST", "/v1/workflows/"+id+"/signals/s", value)
		ok("POST", "/v1/schedules", `{"schedule_id":"`+id+`","type":"order","every":"24h","input":`+value+`}`)
		res, err := c.Result(t.Context(), wire.RunRef{WorkflowID: id}, wire.MaxWait)
		if err != nil || res.Status != "completed" {
			t.Fatalf("%.40s: %+v, %v", value, res, err)
		}
		if parts := strings.Split(strings.Trim(string(res.Result), "[]"), ","); len(value) < 10 && !(parts[0] == parts[1] && parts[1] == parts[2] && parts[2] == parts[3]) {
			t.Errorf("%.40s is seen as %s", value, res.Result)
		}
	}
}

// An error in one item of a batch refuses that item only; the others count.
func TestAnItemIsRefusedAlone(t *testing.T) {
	_, follower, c := cluster2(t)
	if _, err := c.Load(t.Context(), steps(t, `return ctx.settled([ctx.start_activity("ship", i) for i in range(3)])`, "ship"), wire.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Start(t.Context(), wire.StartRequest{Type: "order", WorkflowID: "w"}); err != nil {
		t.Fatal(err)
	}
	tasks, err := c.Poll(t.Context(), "default", wire.PollRequest{WorkerID: "w", Activities: []string{"ship"}, MaxTasks: 3, Wait: "30s"})
	if err != nil || len(tasks.Tasks) != 3 {
		t.Fatalf("%+v, %v", tasks, err)
	}
	token := func(i int) string { return `"token":"` + tasks.Tasks[i].Token + `"` }
	deep := strings.Repeat("[", 300) + strings.Repeat("]", 300)
	bad := []struct{ item, detail string }{ // %s is a valid token
		{`{%s,"XX":1,"colour":1}`, "].XX: is not a field"}, {`null`, "]: is null"}, {`7`, "]: is a JSON number"}, {`{"token":""}`, "].token: is empty"}, {`{}`, "].token: is missing"},
		{`{"token":7}`, "].token: is a JSON number"}, {`{%s,"token":"x"}`, "].token: is given twice"}, {`{"token":"\ud800"}`, "].token: has half of a surrogate pair"},
		{`{%s,"PAYLOAD":"\ud800"}`, "PAYLOAD: has half of a surrogate pair"}, {`{%s,"PAYLOAD":` + deep + `}`, "PAYLOAD: is nested deeper"}, {`{%s,"PAYLOAD":1e999}`, "PAYLOAD: has a number out of range"},
		{"{%s,\"PAYLOAD\":\"\xff\"}", "PAYLOAD: is no UTF-8"},
	}
	send := func(verb, list, payload, rest, good string) {
		t.Helper()
		var items []string
		for _, b := range bad {
			item := strings.ReplaceAll(strings.ReplaceAll(b.item, "PAYLOAD", payload), "%s", token(1))
			items = append(items, strings.Replace(item, "}", rest+"}", 1))
		}
		body := `{"` + list + `":[` + strings.Join(items, ",") + "," + good + `]}`
		var got wire.TaskReplies
		r := follower.send(t, "POST", "/v1/tasks/"+verb, body)
		if err := json.Unmarshal([]byte(r.body), &got); err != nil || r.status != 200 {
			t.Fatalf("%s: %d %s, %v", verb, r.status, r.body, err)
		}
		if len(got.Results) != len(bad)+1 || !got.Results[len(bad)].OK {
			t.Fatalf("%s: %+v", verb, got)
		}
		for i, b := range bad {
			want := strings.ReplaceAll(b.detail, "PAYLOAD", payload)
			if r := got.Results[i]; r.OK || r.Code != "invalid_input" || !strings.Contains(r.Detail, want) {
				t.Errorf("%s %s: %+v, want %s", verb, items[i], r, want)
			}
		}
	}
	send("heartbeat", "tokens", "details", "", `{`+token(0)+`}`)
	send("complete", "results", "output", "", `{`+token(0)+`,"output":""}`)
	if r := follower.send(t, "POST", "/v1/tasks/fail", `{"results":[{`+token(1)+`,"message":"m"},{`+token(2)+`,"message":"","retryable":false}]}`); !strings.Contains(r.body, "results[0].retryable: is missing") ||
		!strings.Contains(r.body, `"ok":true`) {
		t.Errorf("fail: %s", r.body)
	}
	if r := follower.send(t, "POST", "/v1/tasks/release", `{"tokens":[{`+token(1)+`,"details":1},{`+token(1)+`}]}`); !strings.Contains(r.body, "tokens[0].details: is not accepted here") ||
		!strings.Contains(r.body, `"ok":true`) {
		t.Errorf("release: %s", r.body)
	}
}

// The engine's refusal of an item names the item like a refusal of its JSON: by its list.
func TestTheEngineRefusesAnItemByItsName(t *testing.T) {
	_, follower, c := cluster2(t)
	if _, err := c.Load(t.Context(), steps(t, `return ctx.activity("ship", input)`, "ship"), wire.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Start(t.Context(), wire.StartRequest{Type: "order", WorkflowID: "w"}); err != nil {
		t.Fatal(err)
	}
	good := `"token":"` + take(t, c, "ship").Token + `"`
	large := `"` + strings.Repeat("a", engine.MaxDetails) + `"`
	for _, test := range []struct{ verb, list, item, want string }{
		{"heartbeat", "tokens", `{"token":"x"}`, "tokens[1].token: \"x\" is no token"},
		{"heartbeat", "tokens", `{%s,"details":` + large + `}`, "tokens[1].details: has 65538 bytes"},
		{"release", "tokens", `{"token":"x"}`, "tokens[1].token: \"x\" is no token"},
		{"complete", "results", `{"token":"x","output":1}`, "results[1].token: \"x\" is no token"},
		{"fail", "results", `{"token":"x","message":"m","retryable":true}`, "results[1].token: \"x\" is no token"},
		{"fail", "results", `{%s,"message":"m","retryable":true,"kind":"` + strings.Repeat("k", 201) + `"}`, "results[1].kind: has 201 characters"},
		{"fail", "results", `{%s,"message":"m","retryable":true,"details":` + large + `}`, "results[1].details: has 65538 bytes"},
	} {
		r := follower.send(t, "POST", "/v1/tasks/"+test.verb, `{"`+test.list+`":[{},`+strings.ReplaceAll(test.item, "%s", good)+`]}`)
		var got wire.TaskReplies
		if err := json.Unmarshal([]byte(r.body), &got); err != nil || r.status != 200 || len(got.Results) != 2 {
			t.Fatalf("%s: %d %s, %v", test.verb, r.status, r.body, err)
		}
		if one := got.Results[1]; one.OK || one.Code != "invalid_input" || !strings.Contains(one.Detail, test.want) {
			t.Errorf("%s: %.300s, want %s", test.verb, one.Detail, test.want)
		}
	}
}

// A concurrency of 0 stops a queue; it does not mean no limit.
func TestAQueueIsStopped(t *testing.T) {
	_, follower, c := cluster2(t)
	if _, err := c.Load(t.Context(), steps(t, `return ctx.activity("ship")`, "ship"), wire.LoadOptions{}); err != nil {
		t.Fatal(err)
	}
	q, err := c.LimitQueue(t.Context(), "default", wire.QueueLimits{Concurrency: new(uint64)})
	if err != nil || q.Limits.Concurrency == nil || *q.Limits.Concurrency != 0 {
		t.Fatalf("stop: %+v, %v", q, err)
	}
	if r := follower.send(t, "GET", "/v1/queues/default", ""); !strings.Contains(r.body, `"limits":{"concurrency":0}`) {
		t.Errorf("a stopped queue is shown as %s", r.body)
	}
	if _, err := c.Start(t.Context(), wire.StartRequest{Type: "order", WorkflowID: "w"}); err != nil {
		t.Fatal(err)
	}
	take := wire.PollRequest{WorkerID: "w", Activities: []string{"ship"}, Wait: "1s"}
	if tasks, err := c.Poll(t.Context(), "default", take); err != nil || len(tasks.Tasks) != 0 {
		t.Fatalf("a stopped queue gives %+v, %v", tasks, err)
	}
	if q, err := c.LimitQueue(t.Context(), "default", wire.QueueLimits{}); err != nil || q.Limits.Concurrency != nil || q.Offered != 1 {
		t.Fatalf("go on: %+v, %v", q, err)
	}
	if tasks, err := c.Poll(t.Context(), "default", take); err != nil || len(tasks.Tasks) != 1 {
		t.Errorf("a queue that goes on gives %+v, %v", tasks, err)
	}
}
