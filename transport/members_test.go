package transport

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/transport/wire"
)

// bodies are the strictly parsed requests, one of each shape.
func bodies() []any {
	return []any{new(wire.StartRequest), new(wire.PollRequest), new(wire.CompleteRequest), new(wire.FailRequest), new(wire.HeartbeatRequest), new(wire.ScheduleSpec),
		new(wire.BackfillRequest), new(wire.QueueLimits), new(wire.Reason), new(wire.RetentionRequest), new(wire.Deployment), new(wire.NamespaceSpec), new(wire.ResetRequest), new(json.RawMessage)}
}

// TestBodiesAreReadStrictly, including the elements of their lists.
func TestBodiesAreReadStrictly(t *testing.T) {
	const fail = `{"results":[{"token":"a","message":"","retryable":false},`
	for _, c := range []struct {
		body          any
		text          string
		field, reason string // empty = it is accepted
	}{
		{new(wire.FailRequest), fail + `{"token":"b","message":"m","retryable":true,"kind":"k","details":{"x":[1,{"token":""}]}}]}`, "", ""},
		{new(wire.FailRequest), ` { "results" : [ { "token" : "\u0062" , "message" : null, "retryable" : false } ] } `, "results[0].message", "missing"},
		{new(wire.FailRequest), fail + `{"token":"b","message":"m"}]}`, "results[1].retryable", "is missing"},
		{new(wire.FailRequest), fail + `{"token":"b","message":"m","retryable":null}]}`, "results[1].retryable", "is missing"},
		{new(wire.FailRequest), fail + `{"token":"","message":"m","retryable":true}]}`, "results[1].token", "is empty"},
		{new(wire.FailRequest), fail + `{"token":"b","message":"m","retryable":true,"kind":""}]}`, "results[1].kind", "is empty; leave it out"},
		{new(wire.FailRequest), fail + `{"token":"b","message":"m","retryable":true,"Kind":"k"}]}`, "results[1].Kind", "not a field"},
		{new(wire.FailRequest), fail + `{"token":"b","message":"m","retryable":true,"retryable":false}]}`, "results[1].retryable", "twice, the second time at line 1 column 102"},
		{new(wire.FailRequest), fail + `{"token":"b","message":"m","retryable":"yes"}]}`, "results[1].retryable", "want true or false"},
		{new(wire.FailRequest), fail + `null]}`, "results[1]", "is null; want an object"},
		{new(wire.FailRequest), fail + `7]}`, "results[1]", "want an object"},
		{new(wire.FailRequest), `{"results":{}}`, "results", "want an array"},
		{new(wire.FailRequest), `{"results":null}`, "results", "is missing"},
		{new(wire.FailRequest), `{}`, "results", "is missing"},
		{new(wire.FailRequest), `{"results":[],"\u0072esults":[]}`, "results", "twice"},
		{new(wire.CompleteRequest), `{"results":[{"token":"t","output":{"token":1,"token":2}}]}`, "", ""},
		{new(wire.CompleteRequest), `{"results":[{"token":"t"},{"output":1}]}`, "results[1].token", "is missing"},
		{new(wire.CompleteRequest), `{"results":[{"token":"t","output":}]}`, "body", "line 1 column 35"},
		{new(wire.HeartbeatRequest), `{"tokens":["t"]}`, "tokens[0]", "want an object"},
		{new(wire.PollRequest), `{"worker_id":"w","activities":["a",1]}`, "activities[1]", "want a string"},
		{new(wire.PollRequest), `{"worker_id":"w","activities":["a"],"max_tasks":-1}`, "", ""}, // the engine's to refuse
		{new(wire.PollRequest), `{"worker_id":"w","activities":["a"],"max_tasks":1.5}`, "max_tasks", "want a whole number"},
		{new(wire.PollRequest), `{"worker_id":"","activities":["a"]}`, "worker_id", "is empty"},
		{new(wire.PollRequest), `{"activities":["a"]}`, "worker_id", "is missing"},
		{new(wire.QueueLimits), `{"concurrency":-1}`, "concurrency", "want a whole number from 0 to 18446744073709551615"},
		{new(wire.QueueLimits), `{}`, "", ""},
		{new(wire.BackfillRequest), `{"from":"2026-01-01T00:00:00Z","to":"2026-01-02T00:00:00.5+01:00"}`, "", ""},
		{new(wire.BackfillRequest), `{"from":"yesterday","to":"2026-01-02T00:00:00Z"}`, "from", "RFC 3339"},
		{new(wire.BackfillRequest), `{"from":"2026-01-01T00:00:00Z","to":5}`, "to", "is not a string"},
		{new(wire.BackfillRequest), `{"from":"0001-01-01T00:00:00Z","to":"9999-01-02T00:00:00Z"}`, "", ""}, // the engine's to refuse
		{new(wire.BackfillRequest), `{"from":"2026-01-01T00:00:00Z"}`, "to", "is missing"},
		{new(wire.ScheduleSpec), `{"type":"t","attributes":{"a":1,"A":""},"input":{"type":""}}`, "", ""},
		{new(wire.ScheduleSpec), `{"type":"t","cron":""}`, "cron", "is empty"},
		{new(wire.ScheduleSpec), `{"type":"t","attributes":{"a":1,"\u0061":2}}`, "attributes.a", "twice, the second time at line 1 column 33"},
		{new(wire.ScheduleSpec), `{"type":"t","attributes":{"a":{"b":1,"b":2},"c":null}}`, "", ""}, // payloads are anything
		{new(wire.ScheduleSpec), `{"type":"t","also":[{"every":"1h"},{"every":[5]}]}`, "also[1].every", "want a string"},
		{new(wire.StartRequest), `{"type":"t","signal":{"Name":"x"}}`, "signal.Name", "not a field"},
		{new(wire.StartRequest), `{"type":"t","signal":{"name":"x","name":"y"}}`, "signal.name", "twice"},
		{new(wire.StartRequest), `{"type":"t","signal":{}}`, "signal.name", "is missing"},
		{new(wire.StartRequest), `{"type":"t","signal":null}`, "", ""},
		{new(wire.StartRequest), `{"type":"t","signal":{"name":"x","payload":{"a":"","a":null}}}`, "", ""},
		{new(wire.StartRequest), `{"type":"t","retry":{"max_attempt":3}}`, "retry.max_attempt", "not a field"},
		{new(wire.StartRequest), `{"type":"t","retry":{"max_attempts":0,"factor":0}}`, "retry.factor", "is 0; 1 to 1000"},
		{new(wire.StartRequest), `{"type":"t","retry":{"max_attempts":0,"backoff":""}}`, "retry.backoff", "is empty; leave it out"},
		{new(wire.ScheduleSpec), `{"type":"t","fires":0}`, "fires", "is 0; 1 or more"},
		{new(wire.BatchRequest), `{"operation":"cancel","where":["a=1"],"rate":0}`, "rate", "is 0; 1 to 10000"},
		{new(wire.TokenSpec), `{"name":"n","grants":["read"],"waits":0.0}`, "waits", "is 0; 1 or more"},
		{new(wire.NamespaceSpec), `{"name":"n","quotas":{"open_run":1}}`, "quotas.open_run", "not a field"},
		{new(wire.Deployment), `{"changes":[],"expect":{"route":{"t":"none"}}}`, "expect.route", "not a field"},
		{new(wire.Deployment), `{"changes":[],"expect":{"routes":{"t":"none","t":"000000"}}}`, "expect.routes.t", "twice"},
		{new(wire.Deployment), `{"changes":[],"expect":{"routes":{"t":""}}}`, "expect.routes.t", "is empty"},
		{new(wire.Deployment), `{"changes":[],"expect":{"routes":{"t":null}}}`, "expect.routes.t", "is null"},
		{new(wire.Deployment), `{"changes":[],"expect":{"routes":{"":"none","u":"none"}}}`, "", ""},
		{new(wire.Deployment), `{"changes":[],"expect":{"routes":["t"]}}`, "expect.routes", "want an object"},
		{new(wire.ResetRequest), `{"to":1}`, "to", "want a string"},
		{new(wire.ResetRequest), ` { "on" : "v" , "to_event" : "1" } `, "to_event", "want a whole number"},
		{new(json.RawMessage), `{"":"","":""}`, "", ""},
		{new(wire.Reason), `{"reason":""}`, "", ""},
		{new(wire.Reason), `"no"`, "body", "want an object"},
		{new(wire.Reason), strings.Repeat("[", 20_000), "body", "exceeded max depth"},
	} {
		err := decodeJSON([]byte(c.text), c.body)
		refusal, _ := err.(*catalog.InvalidInput)
		switch {
		case c.field == "" && err != nil:
			t.Errorf("%T %.80s: %v", c.body, c.text, err)
		case c.field != "" && (refusal == nil || refusal.Field != c.field || !strings.Contains(refusal.Reason, c.reason)):
			t.Errorf("%T %.80s: got %v, want %s: %s", c.body, c.text, err, c.field, c.reason)
		}
	}
}

// FuzzDecodeJSON: encoding/json accepts, in the same way and without unknown names, whatever is
// accepted; nothing breaks.
func FuzzDecodeJSON(f *testing.F) {
	for _, seed := range []string{
		`{"results":[{"token":"a","message":"","retryable":false,"details":[1,{"x":"]\""}]}]}`, `{"worker_id":"w","activities":["a"],"wait":"5s"}`,
		`{"from":"2026-01-01T00:00:00Z","to":"2026-01-02T00:00:00Z"}`, `{"tokens":[{"token":"\u0061"}]}`, `{"changes":[{"op":"unroute","also":[{"every":"1h"}]}],"expect":{"routes":{"t":"none"}}}`, `{"name":"n","quotas":{"open_runs":1}}`, `{"type":"t","signal":{"name":"x"},"retry":{}}`, `{"type":"t","attributes":{"a":null}}`, `[]`, ` null `, `{"age":"0s"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, v := range bodies() {
			if decodeJSON(b, v) != nil {
				continue
			}
			plain := reflect.New(reflect.TypeOf(v).Elem()).Interface()
			d := json.NewDecoder(bytes.NewReader(b))
			d.DisallowUnknownFields()
			if err := d.Decode(plain); err != nil || !reflect.DeepEqual(v, plain) {
				t.Errorf("%T %q: %+v, but encoding/json reads %+v, %v", v, b, v, plain, err)
			}
		}
	})
}

func TestRates(t *testing.T) {
	for text, canonical := range map[string]string{"": "", "10/s": "10/s", "600/m": "600/m", "1/h": "1/h", "5/1h30m": "5/1h30m0s", "10/1s": "10/s", "7/250ms": "7/250ms", "60/60s": "60/m"} {
		n, per, err := parseRate(text)
		if err != nil || rateText(n, per) != canonical {
			t.Errorf("%q: %q, %v, want %q", text, rateText(n, per), err, canonical)
		}
		if m, p, err := parseRate(canonical); err != nil || m != n || p != per {
			t.Errorf("%q does not read as it was written", canonical)
		}
	}
	for _, text := range []string{"10", "10/", "/s", "0/s", "-1/s", "1.5/s", "10/day", "10/0s", "10/-1s", "10/s/s", "99999999999999999999/s", " 10/s"} {
		if _, _, err := parseRate(text); err == nil || !strings.Contains(err.Error(), "rate") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func BenchmarkDecodeJSON(b *testing.B) {
	var r wire.CompleteRequest
	for range 100 {
		r.Results = append(r.Results, wire.TaskCompletion{Token: strings.Repeat("t", 30), Output: json.RawMessage(`{"receipt":"r-1","amount":42,"lines":[1,2,3]}`)})
	}
	body, err := json.Marshal(r)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if err := decodeJSON(body, new(wire.CompleteRequest)); err != nil {
			b.Fatal(err)
		}
	}
}
