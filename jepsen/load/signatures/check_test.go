package signatures

import (
	"testing"

	"aion.dev/aion/jepsen/load/loadtest"
	"aion.dev/aion/jepsen/op"
)

func TestCheck(t *testing.T) {
	at := func(f string, invoke, end int64, outcome op.Outcome, code string) op.Op {
		o := newOp(f, "signed-1", arguments{})
		o.Invoke, o.Return, o.Outcome, o.Code, o.Node = invoke, end, outcome, code, "n1"
		return o
	}
	story := func(loads ...op.Op) []op.Op {
		return append([]op.Op{at("trust", 1, 2, op.OK, ""), at("require", 10, 20, op.OK, ""), at("revoke", 100, 110, op.Unknown, ""), at("revoke", 120, 130, op.OK, "")}, loads...)
	}
	const required, invalid = "signature_required", "signature_invalid"
	for _, c := range []struct {
		what string
		ops  []op.Op
		want string
	}{
		{"right", story(at("plain", 3, 9, op.OK, ""), at("plain", 21, 30, op.Refused, required), at("signed", 21, 30, op.OK, ""), at("signed", 131, 140, op.Refused, required), at("forged", 5, 8, op.Refused, invalid)), ""},
		{"required or not", story(at("plain", 15, 40, op.OK, ""), at("plain", 12, 15, op.Refused, required)), ""},
		{"revoked or not", story(at("signed", 90, 101, op.Refused, required), at("signed", 129, 140, op.OK, "")), ""},
		{"unsigned", story(at("plain", 21, 30, op.OK, "")), "an unsigned package"},
		{"by a revoked key", story(at("signed", 131, 140, op.OK, "")), "its key is revoked"},
		{"refused for nothing", story(at("signed", 21, 30, op.Refused, required)), "though its key is trusted"},
		{"forged", story(at("forged", 1, 2, op.OK, "")), "a signature of something else"},
		{"forged, and told otherwise", story(at("forged", 1, 2, op.Refused, required)), "refused with signature_required"},
		{"refused for something else", story(at("plain", 3, 9, op.Refused, "invalid_package")), "was refused with invalid_package"},
		{"no key", []op.Op{at("trust", 1, 2, op.Refused, "invalid_state")}, "trust of signed-1 was refused"},
	} {
		loadtest.Expect(t, c.what, new(Workload).Check(c.ops), c.want)
	}
}
