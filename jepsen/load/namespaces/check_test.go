package namespaces

import (
	"encoding/json"
	"testing"

	"aion.dev/aion/jepsen/load/loadtest"
	"aion.dev/aion/jepsen/op"
)

func TestCheck(t *testing.T) {
	told := func(f string, ask arguments, outcome op.Outcome, code, answer string) op.Op {
		o := newOp(f, ask)
		o.Outcome, o.Code, o.Answer, o.Node = outcome, code, json.RawMessage(answer), "n1"
		return o
	}
	mine, theirs := arguments{Space: "left", ID: "w1", Of: "left", RunID: "r", Token: "left-1"}, arguments{Space: "right", ID: "w1", Of: "left", RunID: "r", Token: "left-1"}
	tune := arguments{Space: tuned, ID: "state_bytes", Value: 5}
	shown := `{"workflow_id":"w1","workflow_type":"shared","input":{"space":"left","token":"left-1"}}`
	fill := func(id string, outcome op.Outcome, code string) op.Op {
		return told("fill", arguments{Space: capped, ID: id}, outcome, code, "{}")
	}
	for _, c := range []struct {
		what string
		ops  []op.Op
		want string
	}{
		{"right", []op.Op{told("start", mine, op.OK, "", `{"run_id":"r"}`), told("read", mine, op.OK, "", shown), told("peek", theirs, op.Refused, "not_found", ""),
			told("list", mine, op.OK, "", `[{"workflow_type":"shared","attributes":{"whose":"left"}}]`)}, ""},
		{"seen from outside", []op.Op{told("peek", theirs, op.OK, "", shown)}, "was shown in right"},
		{"hinted at", []op.Op{told("peek", theirs, op.Refused, "permission_denied", "")}, "as if it were there"},
		{"another", []op.Op{told("read", mine, op.OK, "", `{"workflow_id":"w1","workflow_type":"shared","input":{"space":"right","token":"x"}}`)}, "is shown as"},
		{"lost", []op.Op{told("read", mine, op.Refused, "not_found", "")}, "which was acknowledged"},
		{"listed", []op.Op{told("list", mine, op.OK, "", `[{"workflow_type":"shared","attributes":{"whose":"right"}}]`)}, "the list of left shows"},
		{"shared key", []op.Op{told("start", mine, op.OK, "", `{"run_id":"r"}`), told("start", arguments{Space: "right", ID: "w1"}, op.OK, "", `{"run_id":"r"}`)}, "which is one of left"},
		{"quota", []op.Op{fill("a", op.OK, ""), fill("b", op.OK, ""), fill("c", op.OK, ""), fill("d", op.Refused, "resource_exhausted")}, ""},
		{"beyond", []op.Op{fill("a", op.OK, ""), fill("b", op.OK, ""), fill("c", op.OK, ""), fill("d", op.OK, "")}, "number 4"},
		{"not given back", []op.Op{fill("a", op.OK, ""), told("drop", arguments{Space: capped, ID: "a"}, op.OK, "", ""), fill("b", op.Refused, "resource_exhausted")}, "has 0 open runs of 3"},
		{"tuned", []op.Op{told("tune", tune, op.OK, "", `{"name":"tuned","quotas":{"state_bytes":5}}`), told("look", tune, op.OK, "", `{"quotas":{"starts_per_second":7,"state_bytes":5}}`)}, ""},
		{"undone", []op.Op{told("look", tune, op.OK, "", `{"quotas":{"state_bytes":4}}`)}, "shows state_bytes as 4 after its only caller made it 5"},
		{"not tuned", []op.Op{told("tune", tune, op.Refused, "not_found", "")}, "was refused with not_found"},
	} {
		loadtest.Expect(t, c.what, new(Workload).Check(c.ops), c.want)
	}
}
