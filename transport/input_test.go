package transport_test

import (
	"strings"
	"testing"

	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/transport"
	"aion.dev/aion/transport/wire"
)

func TestBadInput(t *testing.T) {
	n := enginetest.New(t)
	h := listen(t, n, &throne{}, "n1", func(cfg *transport.Config) { cfg.Limits.ArchiveBytes, cfg.Limits.PayloadBytes = 1000, 1000 }).lead()
	n.Deploy(enginetest.Pack(t, waiting("1")))
	n.Begin("order", "1")
	entries := n.Log.Entries()
	big := strings.Repeat("x", 70<<10)
	for _, c := range []struct {
		method, path, body, headers string
		code, field, detail         string // detail: a part of it
	}{
		// Bodies.
		{"POST", "/v1/workflows", ``, "", "invalid_input", "body", "is empty"},
		{"POST", "/v1/workflows", `{"type":`, "", "invalid_input", "body", "line 1 column 9"},
		{"POST", "/v1/workflows", "{\n  \"type\": order\n}", "", "invalid_input", "body", "line 2 column 11"},
		{"POST", "/v1/workflows", `{"type":7}`, "", "invalid_input", "type", "want a string"},
		{"POST", "/v1/workflows", `{"type":"order","attributes":[]}`, "", "invalid_input", "attributes", "want an object"},
		{"POST", "/v1/workflows", `{"type":"order","colour":"red"}`, "", "invalid_input", "colour", "not a field"},
		{"POST", "/v1/workflows", `{"Type":"order"}`, "", "invalid_input", "Type", "not a field"},
		{"POST", "/v1/workflows", `{"type":"nope","type":"order"}`, "", "invalid_input", "type", "twice"},
		{"POST", "/v1/workflows", `{"type":"order","workflow_id":""}`, "", "invalid_input", "workflow_id", "is empty"},
		{"POST", "/v1/workflows", `null`, "", "invalid_input", "body", "null"},
		{"PUT", "/v1/routes/order", `{"version":"abcdef0123","expect":""}`, "", "invalid_input", "expect", "is empty"},
		{"POST", "/v1/workflows", `{"type":"order"} {}`, "", "invalid_input", "body", "goes on"},
		{"POST", "/v1/workflows", `[]`, "", "invalid_input", "body", "want an object"},
		{"POST", "/v1/workflows", `{}`, "", "invalid_input", "type", "missing"},
		{"POST", "/v1/workflows", `{"type":"order","timeout":"soon"}`, "", "invalid_input", "timeout", "Go duration"},
		{"POST", "/v1/workflows", `{"type":"order","timeout":"-1s"}`, "", "invalid_input", "timeout", ""},
		{"POST", "/v1/workflows", `{"type":"order","workflow_id":"a b"}`, "", "invalid_input", "workflow_id", "' '"},
		{"POST", "/v1/workflows", `{"type":"order","version":"abc"}`, "", "invalid_input", "version", "at least 6"},
		{"POST", "/v1/workflows", `{"type":"order","version":"abcdef0123"}`, "", "unknown_version", "", "not loaded"},
		{"POST", "/v1/workflows", `{"type":"nope"}`, "", "unknown_workflow_type", "", "nope"},
		{"POST", "/v1/workflows", `{"type":"order","input":"` + big + `"}`, "", "body_too_large", "body", "and 66536 are allowed"},
		{"POST", "/v1/packages", strings.Repeat("x", 1001), "", "package_too_large", "", "the limit is 1000"},
		{"POST", "/v1/workflows/w/signals/s", `{"a":`, "", "invalid_input", "body", "ends too early"},
		{"POST", "/v1/workflows/w/resume", `{}`, "", "invalid_input", "body", "must be empty"},
		{"DELETE", "/v1/routes/order", `{}`, "", "invalid_input", "body", "must be empty"},
		{"GET", "/v1/workflows", `{}`, "", "invalid_input", "body", "must be empty"},
		{"GET", "/v1/events", `{}`, "", "invalid_input", "body", "must be empty"},
		{"GET", "/health/live", `{}`, "", "invalid_input", "body", "must be empty"},
		{"PUT", "/v1/routes/order", `{}`, "", "invalid_input", "version", "missing"},
		{"PUT", "/v1/routes/order", `{"version":"abcdef0123"}`, "", "unknown_version", "", "not loaded"},
		{"POST", "/v1/queues/q/poll", `{"worker_id":"w","activities":[]}`, "", "invalid_input", "activities", "1 to 1000"},
		{"POST", "/v1/queues/q/poll", `{"worker_id":"w","activities":["a"],"max_tasks":1001}`, "", "invalid_input", "max_tasks", "1 to 1000"},
		{"POST", "/v1/queues/q/poll", `{"worker_id":"w","activities":["a"],"wait":"5"}`, "", "invalid_input", "wait", "Go duration"},
		{"POST", "/v1/queues/q/poll", `{"worker_id":"w","activities":["a"],"lease":"5"}`, "", "invalid_input", "lease", "Go duration"},
		{"POST", "/v1/queues/q/poll", `{"worker_id":"w","activities":["a"],"lease":"1ms"}`, "", "invalid_input", "lease", "1s"},
		{"POST", "/v1/queues/" + strings.Repeat("q", 201) + "/poll", `{"worker_id":"w","activities":["a"]}`, "", "invalid_input", "queue", "1 to 200"},
		{"POST", "/v1/queues/q/poll?wait=5s", `{"worker_id":"w","activities":["a"]}`, "", "invalid_input", "wait", "unknown query parameter"},
		{"POST", "/v1/queues/q/poll", `{"worker_id":"w","activities":["a"],"max_tasks":0}`, "", "invalid_input", "max_tasks", "is 0; 1 to 1000 are allowed"},
		{"POST", "/v1/queues/q/poll", `{"worker_id":"w","activities":["a"],"lease":"0s"}`, "", "invalid_input", "lease", "is 0s; 1s to 24h0m0s are allowed"},
		{"POST", "/v1/workflows", `{"type":"order","timeout":"0s"}`, "", "invalid_input", "timeout", "is 0s"},
		{"POST", "/v1/workflows", `{"type":"order","timeout":"9999999h"}`, "", "invalid_input", "timeout", "is 9999999h: the longest is"},
		{"POST", "/v1/schedules", `{"schedule_id":"s","type":"order","every":"0s"}`, "", "invalid_input", "every", "is 0s"},
		{"GET", "/v1/workflows?limit=0", ``, "", "invalid_input", "limit", "1"},
		{"GET", "/v1/queues?limit=0", ``, "", "invalid_input", "limit", "1"},
		{"GET", "/v1/workflows/w/history?limit=0", ``, "", "invalid_input", "limit", "1"},
		{"GET", "/v1/deploys?limit=0", ``, "", "invalid_input", "limit", "1"},
		{"GET", "/v1/workflows/w/logs?limit=0", ``, "", "invalid_input", "limit", "1 or more"},
		{"GET", "/v1/workflows/w/logs?from=0", ``, "", "invalid_input", "from", "1"},
		{"GET", "/v1/workflows/w/turns?limit=0", ``, "", "invalid_input", "limit", "1 or more"},
		{"GET", "/v1/workflows/w/turns?from=0", ``, "", "invalid_input", "from", "1"},
		{"GET", "/v1/audit?limit=0", ``, "", "invalid_input", "limit", "1 or more"},
		{"GET", "/v1/moves/x?consistency=stale&min_index=1", ``, "", "not_found", "", ""},
		{"GET", "/v1/backtests/x?consistency=stale", ``, "", "not_found", "", ""},
		{"GET", "/v1/backtests/x?min_index=1", ``, "", "invalid_input", "min_index", "requires consistency=stale"},
		{"POST", "/v1/moves", `{"type":"order","from":"abc","to":"abcdef"}`, "", "unknown_version", "", ""},
		{"POST", "/v1/moves", `{"type":"order","from":"abcdef","to":"abc"}`, "", "invalid_input", "to", "3 digits"},
		{"POST", "/v1/workflows/w/resume?on=abc", ``, "", "invalid_input", "on", "3 digits"},
		{"POST", "/v1/batches", `{"operation":"move","where":["type=order"],"to":"abc"}`, "", "invalid_input", "to", "3 digits"},
		{"POST", "/v1/batches", `{"operation":"signal","where":["type=order"]}`, "", "invalid_input", "signal", "0 characters"},
		{"GET", "/v1/workflows?where=version%3Dabc", ``, "", "invalid_input", "where", "3 digits"},
		{"PUT", "/v1/retention/versions", `{}`, "", "invalid_input", "keep", "give one of them, or off"},
		// Text is Unicode, wherever it comes in.
		{"POST", "/v1/workflows", `{"type":"order","input":"\ud800x"}`, "", "invalid_input", "input", `has half of a surrogate pair, \ud800, at line 1 column 26`},
		{"POST", "/v1/workflows", `{"type":"order","input":{"\udc00":1}}`, "", "invalid_input", "input", `\udc00`},
		{"POST", "/v1/workflows", `{"type":"order","attributes":{"a":["\udfff"]}}`, "", "invalid_input", "attributes.a", `\udfff`},
		{"POST", "/v1/workflows", `{"type":"order\ud800"}`, "", "invalid_input", "type", `\ud800`},
		{"POST", "/v1/workflows", `{"type\ud800":"order"}`, "", "invalid_input", "type\ufffd", `\ud800`},
		{"POST", "/v1/workflows", "{\"type\":\"order\xff\"}", "", "invalid_input", "type", "is no UTF-8, at line 1 column 9"},
		{"POST", "/v1/workflows/order/signals/s", `"\ud83d\ud83d"`, "", "invalid_input", "payload", `\ud83d`},
		{"POST", "/v1/workflows/order/queries/q", `{"args":["\ude00\ud83d"]}`, "", "invalid_input", "args", `\ude00`},
		{"POST", "/v1/workflows/order/cancel", `{"reason":"\ud83d"}`, "", "invalid_input", "reason", `\ud83d`},
		{"POST", "/v1/tasks/complete", `{"results":[]}`, "", "invalid_input", "results", "1 to 1000"},
		{"POST", "/v1/workflows", `{"type":"order","input":1e400}`, "", "invalid_input", "input", "out of range"},
		{"POST", "/v1/workflows/w/signals/s", strings.Repeat("[", 300) + strings.Repeat("]", 300), "", "invalid_input", "payload", "deeper than 200"},
		// Parameters.
		{"GET", "/v1/workflows?limit=0x10", "", "", "invalid_input", "limit", "invalid integer"},
		{"GET", "/v1/workflows?limit=-1", "", "", "invalid_input", "limit", "1 to 1000"},
		{"GET", "/v1/workflows?limit=99999999", "", "", "invalid_input", "limit", "1 to 1000"},
		{"GET", "/v1/workflows?limit=99999999999999999999", "", "", "invalid_input", "limit", "invalid integer"},
		{"GET", "/v1/workflows?cursor=%00%ff", "", "", "invalid_input", "cursor", ""},
		{"GET", "/v1/workflows?cursor=" + strings.Repeat("a", 5000), "", "", "invalid_input", "cursor", ""},
		{"GET", "/v1/workflows?status=running&status_=x", "", "", "invalid_input", "status_", "unknown query parameter"},
		{"GET", "/v1/workflows?status=dead", "", "", "invalid_input", "status", "running"},
		{"GET", "/v1/workflows?attr=x", "", "", "invalid_input", "attr", "NAME=VALUE"},
		{"GET", "/v1/workflows?attr=%22a%3db%22", "", "", "invalid_input", "attr", "a name with a = in it as"},
		{"GET", "/v1/workflows?version=zzzzzz", "", "", "invalid_input", "version", ""},
		{"GET", "/v1/workflows?consistency=eventual", "", "", "invalid_input", "consistency", "stale"},
		{"GET", "/v1/workflows?min_index=5", "", "", "invalid_input", "min_index", "consistency=stale"},
		{"GET", "/v1/workflows/w/result?wait=5", "", "", "invalid_input", "wait", "Go duration"},
		{"GET", "/v1/workflows/w/result?wait=-5s", "", "", "invalid_input", "wait", "Go duration"},
		{"GET", "/v1/workflows/w/history?from=-1", "", "", "invalid_input", "from", "invalid integer"},
		{"GET", "/v1/workflows/w?run_id=7", "", "", "invalid_input", "run_id", "UUID"},
		{"GET", "/v1/workflows/w?run_id=00000000-0000-0000-0000-000000000000", "", "", "invalid_input", "run_id", "all zero"},
		{"GET", "/v1/workflows?status=running&status=paused", "", "", "invalid_input", "status", "2 times"},
		{"GET", "/v1/workflows?limit=5;cursor=x", "", "", "invalid_input", "query", "semicolon"},
		{"GET", "/v1/versions/order/abc/pins", "", "", "invalid_input", "version", "at least 6"},
		{"GET", "/v1/deploys?cursor=next", "", "", "invalid_input", "cursor", ""},
		{"POST", "/v1/packages?route=maybe", "x", "", "invalid_input", "route", "invalid boolean"},
		{"POST", "/v1/packages?dry_run", "x", "", "invalid_input", "dry_run", "is empty"},
		{"DELETE", "/v1/routes/order?expect=", "", "", "invalid_input", "expect", "is empty"},
		{"POST", "/v1/packages?dry_run=true&dry_run=false", "x", "", "invalid_input", "dry_run", "2 times"},
		{"POST", "/v1/packages?dry_run=true;route=false", "x", "", "invalid_input", "query", "semicolon"},
		{"POST", "/v1/packages?expect_route=order", "x", "", "invalid_input", "expect_route", "TYPE=VERSION"},
		{"POST", "/v1/packages?message=" + strings.Repeat("m", 2000), "x", "", "invalid_input", "message", "limit is 1024"},
		{"GET", "/v1/events?after=now", "", "", "invalid_input", "after", "log index"},
		{"GET", "/v1/events?min_index=5", "", "", "invalid_input", "min_index", "consistency=stale"},
		{"GET", "/v1/audit?min_index=5", "", "", "invalid_input", "min_index", "consistency=stale"},
		{"GET", "/v1/events?names=Nothing", "", "", "invalid_input", "names", "PackageLoaded"},
		// Headers.
		{"POST", "/v1/workflows", `{"type":"order"}`, "Idempotency-Key: ", "invalid_input", "Idempotency-Key", "1 to 200"},
		{"POST", "/v1/workflows", `{"type":"order"}`, "Idempotency-Key: " + strings.Repeat("k", 201), "invalid_input", "Idempotency-Key", "1 to 200"},
		{"POST", "/v1/workflows", `{"type":"order"}`, "Idempotency-Key: schlüssel", "invalid_input", "Idempotency-Key", "printable"},
		{"POST", "/v1/workflows", `{"type":"order"}`, "Aion-Actor: " + strings.Repeat("k", 201), "invalid_input", "Aion-Actor", "1 to 200"},
		// Names.
		{"GET", "/v1/workflows/.hidden", "", "", "invalid_input", "workflow_id", "dot"},
		{"GET", "/v1/workflows/missing", "", "", "not_found", "", "missing"},
		{"GET", "/v1/workflows/missing/result", "", "", "not_found", "", "missing"},
		{"GET", "/v1/workflows/missing/history", "", "", "not_found", "", "missing"},
		{"POST", "/v1/workflows/missing/cancel", "", "", "not_found", "", "missing"},
		{"POST", "/v1/workflows/missing/terminate", "", "", "not_found", "", "missing"},
		{"POST", "/v1/workflows/missing/pause", "", "", "not_found", "", "missing"},
		{"POST", "/v1/workflows/missing/signals/s", "1", "", "not_found", "", "missing"},
		{"POST", "/v1/workflows/missing/queries/q", "", "", "not_found", "", "missing"},
		{"DELETE", "/v1/versions/order/abcdef0123", "", "", "unknown_version", "", "not loaded"},
		{"POST", "/v1/routes/nope/rollback", "", "", "unknown_workflow_type", "", "nope"},
		// Addresses and methods.
		{"GET", "/v1/nothing", "", "", "not_found", "", "/v1/nothing"},
		{"GET", "/v1//workflows", "", "", "not_found", "", ""},
		{"GET", "/v1/workflows/../versions", "", "", "not_found", "", ""},
		{"GET", "/v1/workflows/", "", "", "not_found", "", ""},
		{"PATCH", "/v1/workflows", "", "", "method_not_allowed", "", "GET, POST"},
		{"DELETE", "/", "", "", "method_not_allowed", "", "GET"},
		{"POST", "/metrics", "", "", "method_not_allowed", "", "GET"},
		// A page of another site.
		{"POST", "/v1/workflows", `{"type":"order"}`, "Origin: https://evil.example", "permission_denied", "", "evil.example"},
	} {
		var headers []string
		if c.headers != "" {
			headers = append(headers, c.headers)
		}
		p := h.send(t, c.method, c.path, c.body, headers...).problem(t)
		name := c.method + " " + c.path[:min(len(c.path), 60)] + " " + c.body[:min(len(c.body), 40)] + " " + c.headers[:min(len(c.headers), 40)]
		if p.Code != c.code || !strings.Contains(p.Detail, c.detail) || len(p.Detail) > 1000 {
			t.Errorf("%s:\n%s %.300s, want %s %s", name, p.Code, p.Detail, c.code, c.detail)
		}
		if field, _ := p.Facts["field"].(string); c.field != "" && field != c.field {
			t.Errorf("%s: field %q, want %q", name, field, c.field)
		}
		if p.Outcome != wire.Rejected {
			t.Errorf("%s: outcome %s", name, p.Outcome)
		}
	}
	// Refusals by the state machine are entries; none of the rest reached the log.
	if runs, err := caller(t, h).List(t.Context(), wire.RunFilter{}, wire.Page{}); err != nil || len(runs.Workflows) != 1 {
		t.Errorf("something was started: %+v, %v", runs, err)
	}
	if now := n.Log.Entries(); now > entries+20 {
		t.Errorf("%d entries for what should mostly be refused before the log", now-entries)
	}
}
