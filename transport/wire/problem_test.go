package wire

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"
)

func TestProblemRoundTrip(t *testing.T) {
	p := New("version_pinned", "version abc is pinned").With("total", json.Number("18446744073709551615")).With("holders", []any{map[string]any{"workflow_id": "w"}})
	b, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var back Problem
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(*p, back) {
		t.Errorf("round trip of %s gives\n%+v, want\n%+v", b, back, *p)
	}
	var holders []struct {
		WorkflowID string `json:"workflow_id"`
	}
	if !back.Fact("holders", &holders) || len(holders) != 1 || holders[0].WorkflowID != "w" {
		t.Errorf("fact holders is %+v", holders)
	}
	if back.Fact("nothing", new(string)) || back.Fact("holders", new(string)) {
		t.Error("a fact that is missing, or has another shape, was found")
	}
}

func TestFactsCannotDisplaceTheHead(t *testing.T) {
	p := New("not_found", "detail")
	for _, name := range reserved {
		p = p.With(name, "forged")
	}
	b, err := json.Marshal(p)
	if err != nil || strings.Contains(string(b), "forged") {
		t.Errorf("%s, %v", b, err)
	}
}

func TestWithLeavesTheOriginal(t *testing.T) {
	p := New("internal", "").With("a", 1)
	p.With("b", 2)
	if !maps.Equal(p.Facts, map[string]any{"a": 1}) {
		t.Errorf("With changed the facts of its receiver: %v", p.Facts)
	}
}

func TestParseProblemOfOtherAnswers(t *testing.T) {
	for _, c := range []struct {
		status  int
		body    string
		code    string
		outcome Outcome
	}{
		{502, "<html>Bad Gateway</html>", "internal", Unknown}, // from a proxy: the call may have arrived
		{503, "overloaded", "unavailable", Retry},
		{429, "", "unavailable", Retry},
		{404, `{"error":"no such bucket"}`, "internal", Unknown},
		{500, `{"code":`, "internal", Unknown},
		{409, `{"status":409,"code":"route_active","title":"t","detail":"d","outcome":"rejected"}`, "route_active", Rejected},
	} {
		p := ParseProblem(c.status, []byte(c.body))
		if p.Code != c.code || p.Outcome != c.outcome || p.Status != c.status {
			t.Errorf("status %d body %q: %d %s %s, want %s %s", c.status, c.body, p.Status, p.Code, p.Outcome, c.code, c.outcome)
		}
	}
}

// contract is what callers were promised: codes, their statuses and outcomes.
var contract = map[int]string{
	400: "invalid_package invalid_input signature_invalid manifest_mismatch unknown_query unknown_update",
	401: "unauthenticated",
	403: "permission_denied",
	404: "not_found unknown_version unknown_workflow_type",
	405: "method_not_allowed",
	408: "query_timeout",
	409: "signature_required version_pinned route_active canary_active route_conflict gate_failed gate_contended already_running already_closed stopped not_running invalid_state version_unavailable lease_lost",
	413: "package_too_large body_too_large",
	415: "unsupported_encoding",
	421: "misdirected",
	422: "request_mismatch",
	429: "resource_exhausted",
	500: "query_failed internal",
	503: "no_leader no_quorum unavailable outcome_unknown",
}

func TestTableIsTheContract(t *testing.T) {
	got := map[int]string{}
	for _, k := range Table {
		got[k.Status] = strings.TrimSpace(got[k.Status] + " " + k.Code)
		if k.Title == "" || k.Outcome == "" {
			t.Errorf("%s lacks a title or an outcome", k.Code)
		}
		if row, ok := Lookup(k.Code); !ok || row != k {
			t.Errorf("%s is in the table twice", k.Code)
		}
	}
	if !maps.Equal(got, contract) {
		t.Errorf("the table says\n%v, the contract\n%v", got, contract)
	}
}

type refusal struct{ code string }

func (r refusal) Error() string         { return "it was refused" }
func (r refusal) Code() string          { return r.code }
func (r refusal) Facts() map[string]any { return map[string]any{"noun": "x"} }

func TestOf(t *testing.T) {
	for _, c := range []struct {
		err     error
		code    string
		outcome Outcome
	}{
		{refusal{"route_active"}, "route_active", Rejected},
		{fmt.Errorf("unload: %w", refusal{"version_pinned"}), "version_pinned", Rejected},
		{fmt.Errorf("call: %w", New("no_quorum", "two of three are down")), "no_quorum", Retry},
		{refusal{"made_up"}, "internal", Unknown},
		{errors.New("disk on fire"), "internal", Unknown},
		{fmt.Errorf("propose: %w", context.DeadlineExceeded), "outcome_unknown", Unknown},
	} {
		p := Of(c.err)
		if p.Code != c.code || p.Outcome != c.outcome || p.Detail == "" {
			t.Errorf("%v: %s %s %q, want %s %s", c.err, p.Code, p.Outcome, p.Detail, c.code, c.outcome)
		}
	}
	if p := Of(refusal{"not_found"}); p.Facts["noun"] != "x" || p.Detail != "it was refused" {
		t.Errorf("facts or detail were lost: %+v", p)
	}
}

func TestCutAttribute(t *testing.T) {
	for text, want := range map[string][2]string{
		"a=1": {"a", "1"}, "a=b=c": {"a", "b=c"}, "a=": {"a", ""}, `"a=b"=c`: {"a=b", "c"}, `"a"="b"`: {"a", `"b"`}, `"\"a"=1`: {`"a`, "1"},
		`ü="="`: {"ü", `"="`}, "=1": {}, "a": {}, `"a=b`: {}, `""=1`: {}, `"a" =1`: {}, "": {},
	} {
		name, value, ok := CutAttribute(text)
		if ok != (want[0] != "") || ok && (name != want[0] || value != want[1]) {
			t.Errorf("%q parts into %q and %q, %v; want %q", text, name, value, ok, want)
		}
	}
}

func TestAttributeValue(t *testing.T) {
	for text, want := range map[string]string{"5": "5", "true": "true", `"5"`: `"5"`, "berlin": `"berlin"`, "": `""`, `{"a":1}`: `{"a":1}`, `say "hi"`: `"say \"hi\""`} {
		if got := string(AttributeValue(text)); got != want {
			t.Errorf("%q reads as %s, want %s", text, got, want)
		}
	}
}
