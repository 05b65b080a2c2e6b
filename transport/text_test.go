package transport_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/transport/wire"
)

// TestNoRouteTakesWhatIsNoText: wherever an address may contain text, every node refuses bytes that
// are not UTF-8, with the name of the place, before anything is written.
func TestNoRouteTakesWhatIsNoText(t *testing.T) {
	th := &throne{}
	n := enginetest.New(t)
	leader, follower := listen(t, n, th, "n1").lead(), listen(t, n, th, "n2")
	var api struct {
		Paths map[string]map[string]struct {
			Parameters []struct {
				Name, In string
				Schema   struct{ Type any }
			}
		}
	}
	if err := json.Unmarshal([]byte(leader.send(t, "GET", "/openapi.json", "").body), &api); err != nil {
		t.Fatal(err)
	}
	segment := regexp.MustCompile(`\{[^}]+\}`)
	entries, tried := n.Log.Entries(), 0
	for path, operations := range api.Paths {
		for method, op := range operations {
			for _, p := range op.Parameters {
				address, field := segment.ReplaceAllString(strings.ReplaceAll(path, "{"+p.Name+"}", "a%FFb"), "x"), p.Name
				switch p.In {
				case "path":
					if field == "id" && strings.Contains(path, "schedules") {
						field = "schedule_id"
					} else if field == "id" && strings.Contains(path, "backtests") {
						field = "backtest_id"
					} else if field == "id" && strings.Contains(path, "moves") {
						field = "move_id"
					} else if field == "id" {
						field = "workflow_id"
					}
				case "query":
					address += "?" + p.Name + "=a%C3b"
				default:
					continue
				}
				for _, h := range []*host{leader, follower} {
					tried++
					r := h.send(t, strings.ToUpper(method), address, "")
					problem := r.problem(t)
					if problem.Code != "invalid_input" || problem.Facts["field"] != field || !strings.Contains(problem.Detail, "is no UTF-8") {
						t.Errorf("%s %s at %s: %s %s", method, address, h.id, r.body, field)
					}
				}
			}
		}
	}
	if tried < 100 {
		t.Errorf("only %d places were found", tried)
	}
	if now := n.Log.Entries(); now != entries {
		t.Errorf("%d entries were written", now-entries)
	}
}

// TestNothingRecordedHasControlCharacters: names contain none; texts by people contain only line
// breaks and tabs.
func TestNothingRecordedHasControlCharacters(t *testing.T) {
	n := enginetest.New(t)
	h := listen(t, n, &throne{}, "n1").lead()
	entries := n.Log.Entries()
	for _, c := range []struct{ method, path, body, field string }{
		{"POST", "/v1/workflows", `{"type":"order%s"}`, "type"},
		{"POST", "/v1/workflows", `{"type":"order","workflow_id":"a%s"}`, "workflow_id"},
		{"POST", "/v1/workflows", `{"type":"order","attributes":{"a%s":1}}`, "attributes"},
		{"POST", "/v1/workflows", `{"type":"order","version":"abcdef%s"}`, "version"},
		{"POST", "/v1/workflows/1%s/cancel", `{}`, "workflow_id"},
		{"POST", "/v1/workflows/1/signals/s%s", `1`, "name"},
		{"POST", "/v1/workflows/1/cancel", `{"reason":"a%s"}`, "reason"},
		{"POST", "/v1/workflows/1/terminate", `{"reason":"a%s"}`, "reason"},
		{"POST", "/v1/workflows/1/pause", `{"reason":"a%s"}`, "reason"},
		{"POST", "/v1/workflows/1/reopen", `{"reason":"a%s"}`, "reason"},
		{"POST", "/v1/packages?message=a%s", `x`, "message"},
		{"PUT", "/v1/routes/order", `{"version":"abcdef0123","message":"a%s"}`, "message"},
		{"PUT", "/v1/routes/order%s", `{"version":"abcdef0123"}`, "type"},
		{"POST", "/v1/routes/order/rollback", `{"message":"a%s"}`, "message"},
		{"DELETE", "/v1/routes/order?message=a%s", ``, "message"},
		{"DELETE", "/v1/versions/order/abcdef0123?message=a%s", ``, "message"},
		{"PUT", "/v1/retention/order%s", `{"age":"24h"}`, "type"},
		{"DELETE", "/v1/retention/order%s", ``, "type"},
		{"POST", "/v1/queues/q/poll", `{"worker_id":"w%s","activities":["a"]}`, "worker_id"},
		{"PUT", "/v1/queues/q%s", `{"concurrency":1}`, "queue"},
		{"POST", "/v1/schedules", `{"schedule_id":"s%s","type":"order","every":"1h"}`, "schedule_id"},
		{"POST", "/v1/schedules", `{"schedule_id":"s","type":"order%s","every":"1h"}`, "type"},
		{"POST", "/v1/schedules", `{"schedule_id":"s","type":"order","every":"1h","attributes":{"a%s":1}}`, "attributes"},
		{"PUT", "/v1/schedules/s%s", `{"type":"order","every":"1h"}`, "schedule_id"},
		{"POST", "/v1/schedules/s/pause", `{"reason":"a%s"}`, "reason"},
	} {
		for _, r := range []rune{0, 0x1b, 0x7f, 0x85} {
			body, path := strings.ReplaceAll(c.body, "%s", fmt.Sprintf(`\u%04x`, r)), strings.ReplaceAll(c.path, "%s", escaped(r))
			p := h.send(t, c.method, path, body).problem(t)
			if p.Code != "invalid_input" || p.Facts["field"] != c.field || p.Outcome != wire.Rejected {
				t.Errorf("%s %s %s: %s %v %s", c.method, path, body, p.Code, p.Facts["field"], p.Detail)
			}
		}
	}
	if now := n.Log.Entries(); now != entries {
		t.Errorf("%d entries were written", now-entries)
	}
	n.Deploy(enginetest.Pack(t, waiting("1")))
	n.BeginWith(engine.StartRequest{Type: "order", WorkflowID: "1"})
	if r := h.send(t, "POST", "/v1/workflows/1/signals/s", `"\u0000"`); r.status != 200 {
		t.Errorf("a payload may hold any text: %+v", r)
	}
	if r := h.send(t, "POST", "/v1/workflows/1/cancel", `{"reason":"two\r\n\tlines"}`); r.status != 200 {
		t.Errorf("%+v", r)
	}
	if r := h.send(t, "POST", "/v1/queues/q%0a/poll", `{"worker_id":"w","activities":["a\u0000"]}`); r.status != 200 {
		t.Errorf("what code named can be polled for: %+v", r)
	}
}

func escaped(r rune) string {
	var b strings.Builder
	for _, c := range []byte(string(r)) {
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}
