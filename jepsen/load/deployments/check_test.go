package deployments

import (
	"encoding/json"
	"fmt"
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

func (s *story) add(o op.Op) *op.Op {
	n := int64(len(s.ops))
	o.ID, o.Process, o.Workload, o.Invoke, o.Return = len(s.ops), len(s.ops), name, n*10, n*10+5
	if o.Outcome == "" {
		o.Outcome = op.OK
	}
	s.ops = append(s.ops, o)
	return &s.ops[n]
}

// do adds a deployment and its records.
func (s *story) do(f string, ask arguments, index uint64) *op.Op {
	value, _ := json.Marshal(ask)
	o := s.add(op.Op{F: f, Key: "p", Value: value, Request: fmt.Sprint("r", len(s.ops)), Index: index})
	for range 2 {
		s.log = append(s.log, wire.Deploy{Index: index, N: uint32(len(s.log)), RequestID: o.Request, Outcome: "ok", Operation: f})
	}
	return o
}

// look adds a look at the pair.
func (s *story) look(f string, index uint64, left, right state) *op.Op {
	answer, _ := json.Marshal(map[string]seen{"p": {Loaded: [2]uint8{left.loaded, right.loaded}, Routed: [2]int{int(left.routed), int(right.routed)}}})
	return s.add(op.Op{F: f, Index: index, Answer: answer})
}

func (s *story) check() []load.Violation {
	page := wire.Deploys{}
	for i := len(s.log) - 1; i >= 0; i-- {
		page.Deploys = append(page.Deploys, s.log[i])
	}
	answer, _ := json.Marshal(page)
	return (&Workload{}).Check(append(s.ops, op.Op{ID: len(s.ops), Workload: name, F: "deploys", Outcome: op.OK, Answer: answer}))
}

func good() *story {
	s := &story{}
	one := 1
	s.do("deploy", arguments{Generation: 0}, 10)
	s.do("deploy", arguments{Generation: 1}, 11)
	s.look("look", 11, state{3, 1}, state{3, 1})
	refused := s.do("deploy", arguments{Generation: 2, Poison: true}, 12)
	refused.Outcome, refused.Code, s.log = op.Refused, "unknown_version", s.log[:4]
	s.do("swap", arguments{Generation: 0, Expect: &one}, 13)
	s.look("stale", 11, state{3, 1}, state{3, 1})
	s.do("unload", arguments{Generation: 1}, 14)
	s.look("look", 14, state{1, 0}, state{1, 0})
	return s
}

func TestCheck(t *testing.T) {
	if found := good().check(); len(found) > 0 {
		t.Fatalf("a good history: %+v", found)
	}
	for what, spoil := range map[string]func(s *story){
		"a look at half a deployment":           func(s *story) { s.look("stale", 13, state{3, 0}, state{3, 1}) },
		"a look at half of what is loaded":      func(s *story) { s.look("stale", 14, state{1, 0}, state{3, 0}) },
		"a refused deployment that shows":       func(s *story) { s.look("look", 14, state{5, 0}, state{5, 0}) },
		"a look that is older than it says":     func(s *story) { s.look("stale", 14, state{3, 1}, state{3, 1}) },
		"a look that goes back":                 func(s *story) { s.look("look", 11, state{3, 1}, state{3, 1}) },
		"a record that is missing":              func(s *story) { s.log = s.log[:len(s.log)-1] },
		"an acknowledged one that is missing":   func(s *story) { s.log = s.log[:len(s.log)-2] },
		"records at two indexes":                func(s *story) { s.log[1].Index = 12 },
		"another index than was acknowledged":   func(s *story) { s.ops[6].Index = 15 },
		"a condition that is ignored":           func(s *story) { two := 2; s.do("swap", arguments{Generation: 0, Expect: &two}, 20) },
		"an unload of what is routed":           func(s *story) { s.do("unload", arguments{Generation: 0}, 20) },
		"a refusal that the model does not":     func(s *story) { s.ops[6].Outcome, s.ops[6].Code = op.Refused, "route_active" },
		"one that did not happen, and happened": func(s *story) { s.ops[6].Outcome, s.ops[6].Code = op.Failed, "unavailable" },
	} {
		s := good()
		spoil(s)
		if len(s.check()) == 0 {
			t.Errorf("%s: nothing was found", what)
		}
	}
}

// TestUnknown: a deployment without an answer happened if the deploy history has it.
func TestUnknown(t *testing.T) {
	s := good()
	s.ops[6].Outcome, s.ops[6].Index = op.Unknown, 0
	if found := s.check(); len(found) > 0 {
		t.Errorf("without an answer, and done: %+v", found)
	}
	s.log = s.log[:len(s.log)-2]
	if len(s.check()) == 0 {
		t.Error("without an answer, not in the deploy history, and its effect shows")
	}
}
