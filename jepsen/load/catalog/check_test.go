package catalog

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// story builds histories by hand: operations one after another, each with its answer, and the
// matching deploy history.
type story struct {
	ops []op.Op
	log []wire.Deploy
}

var digits = []string{strings.Repeat("a", 64), strings.Repeat("b", 64), strings.Repeat("c", 64), strings.Repeat("d", 64)}

func newStory() *story {
	names, _ := json.Marshal(digits)
	return &story{ops: []op.Op{{Workload: "catalog", F: "versions-are", Key: "t", Value: names, Outcome: op.OK}}}
}

// add adds a successful operation and its record in the deploy history.
func (s *story) add(f string, ask arguments, saw view, index uint64) *op.Op {
	value, _ := json.Marshal(ask)
	answer, _ := json.Marshal(saw)
	n := int64(len(s.ops))
	o := op.Op{ID: len(s.ops), Process: len(s.ops), Workload: "catalog", F: f, Key: "t", Value: value, Answer: answer, Request: fmt.Sprint("r", n), Invoke: n * 10, Return: n*10 + 5, Outcome: op.OK, Index: index}
	s.ops = append(s.ops, o)
	if f != "list" && f != "stale" {
		s.log = append(s.log, wire.Deploy{Index: index, Operation: f, WorkflowType: "t", RequestID: o.Request, Outcome: "ok"})
	}
	return &s.ops[len(s.ops)-1]
}

func (s *story) check() []load.Violation {
	page := wire.Deploys{}
	for i := len(s.log) - 1; i >= 0; i-- {
		page.Deploys = append(page.Deploys, s.log[i])
	}
	answer, _ := json.Marshal(page)
	return (&Workload{}).Check(append(s.ops, op.Op{ID: len(s.ops), Workload: "catalog", F: "deploys", Outcome: op.OK, Answer: answer}))
}

// good is a correct history.
func good() *story {
	s := newStory()
	s.add("load", arguments{Version: 0}, view{Version: digits[0], Fresh: true, Changed: true}, 10)
	s.add("load", arguments{Version: 1}, view{Version: digits[1], Fresh: true, Changed: true, Previous: digits[0]}, 11)
	s.add("list", arguments{Version: -1}, view{Loaded: digits[:2], Routed: digits[1]}, 11)
	s.add("rollback", arguments{Version: -1}, view{Version: digits[0], Previous: digits[1], Changed: true}, 12)
	s.add("unload", arguments{Version: 1}, view{Version: digits[1]}, 13)
	s.add("stale", arguments{Version: -1, Min: 12}, view{Loaded: digits[:2], Routed: digits[0]}, 12)
	s.add("list", arguments{Version: -1}, view{Loaded: digits[:1], Routed: digits[0]}, 13)
	return s
}

func TestCheck(t *testing.T) {
	if found := good().check(); len(found) > 0 {
		t.Fatalf("a good history: %+v", found)
	}
	for name, spoil := range map[string]func(s *story){
		"a listing shows an older route": func(s *story) {
			s.ops[7].Answer, _ = json.Marshal(view{Loaded: digits[:1], Routed: digits[1]})
		},
		"an unload that came to nothing":         func(s *story) { s.ops[7].Answer, _ = json.Marshal(view{Loaded: digits[:2], Routed: digits[0]}) },
		"an acknowledged load that is not there": func(s *story) { s.log = s.log[1:] },
		"an operation twice in the log":          func(s *story) { s.log = append(s.log, s.log[len(s.log)-1]) },
		"an operation that nobody asked for": func(s *story) {
			s.log = append(s.log, wire.Deploy{Index: 20, Operation: "unload", WorkflowType: "t", RequestID: "nobody", Outcome: "ok"})
		},
		"an index that goes back": func(s *story) { s.ops[7].Index = 11 },
		"an index that goes back behind another type's": func(s *story) {
			other := s.ops[6]
			other.Key, other.F, other.Index, other.Answer, other.Invoke, other.Return = "u", "list", 14, json.RawMessage(`{}`), 61, 62
			s.ops = append(s.ops, other)
		},
		"a node with a view of its own": func(s *story) {
			s.add("stale", arguments{Version: -1, Min: 13}, view{Loaded: digits[:1]}, 13)
		},
		"a stale listing that is older than asked": func(s *story) {
			s.ops[6].Index = 11
		},
		"a stale listing of no index":       func(s *story) { s.ops[6].Answer, _ = json.Marshal(view{Loaded: digits[:1], Routed: digits[1]}) },
		"a refusal that the model does not": func(s *story) { s.ops[4].Outcome, s.ops[4].Code = op.Refused, "route_conflict" },
	} {
		s := good()
		spoil(s)
		if len(s.check()) == 0 {
			t.Errorf("%s: nothing was found", name)
		}
	}
}

// An operation without an answer counts as done if the log has it, and as not done otherwise.
func TestUnknown(t *testing.T) {
	s := good()
	o := &s.ops[4]
	o.Outcome, o.Answer, o.Index = op.Unknown, nil, 0
	if found := s.check(); len(found) > 0 {
		t.Errorf("a rollback without an answer that the log has: %+v", found)
	}
	s.log = append(s.log[:2], s.log[3:]...)
	if len(s.check()) == 0 {
		t.Error("a rollback without an answer that the log lacks, but whose effect shows")
	}
}
