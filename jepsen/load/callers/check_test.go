package callers

import (
	"testing"

	"aion.dev/aion/jepsen/load/loadtest"
	"aion.dev/aion/jepsen/op"
)

func TestCheck(t *testing.T) {
	at := func(f string, invoke, end int64, outcome op.Outcome, code string) op.Op {
		o := newOp(f, "t", "")
		o.Invoke, o.Return, o.Outcome, o.Code, o.Node = invoke, end, outcome, code, "n1"
		return o
	}
	story := func(uses ...op.Op) []op.Op {
		return append([]op.Op{at("create", 10, 20, op.OK, ""), at("revoke", 100, 110, op.Unknown, ""), at("revoke", 120, 130, op.OK, "")}, uses...)
	}
	for _, c := range []struct {
		what string
		ops  []op.Op
		want string
	}{
		{"right", story(at("limit", 30, 40, op.OK, ""), at("look", 131, 140, op.Refused, "unauthenticated"), at("limit", 50, 99, op.Unknown, "")), ""},
		{"made or not", story(at("limit", 15, 18, op.Refused, "unauthenticated")), ""},
		{"revoked or not", story(at("limit", 90, 101, op.Refused, "unauthenticated"), at("look", 129, 200, op.OK, "")), ""},
		{"goes on", story(at("limit", 131, 140, op.OK, "")), "succeeded with token t"},
		{"is seen on", story(at("look", 131, 140, op.OK, "")), "succeeded with token t"},
		{"is not known", story(at("look", 21, 30, op.Refused, "unauthenticated")), "is unknown"},
		{"may less", story(at("look", 21, 30, op.Refused, "permission_denied")), "it has the grants for it"},
		{"vouched for", []op.Op{at("vouched", 1, 2, op.OK, ""), at("overdue", 1, 2, op.Refused, "unauthenticated")}, ""},
		{"overdue", []op.Op{at("overdue", 1, 2, op.OK, "")}, "had expired long before"},
		{"forged", []op.Op{at("forged", 1, 2, op.OK, "")}, "a stranger has signed"},
		{"overdue, and told otherwise", []op.Op{at("overdue", 1, 2, op.Refused, "permission_denied")}, "refused with permission_denied"},
		{"vouched for in vain", []op.Op{at("vouched", 1, 2, op.Refused, "unauthenticated")}, "with a JWT was refused"},
		{"is not made", []op.Op{at("create", 1, 2, op.Refused, "invalid_state")}, "create of token t was refused"},
	} {
		loadtest.Expect(t, c.what, new(Workload).Check(c.ops), c.want)
	}
}
