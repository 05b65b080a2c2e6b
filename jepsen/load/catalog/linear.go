package catalog

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/op"
	"github.com/anishathalye/porcupine"
)

// patienceOfSearch bounds the search for an order of one type's operations.
const patienceOfSearch = time.Minute

// checkLinear looks for an order.
func checkLinear(typ string, versions []string, ops []op.Op) []load.Violation {
	model := porcupine.Model{
		Init: func() any { return newTypeState() },
		Step: func(state, input, _ any) (bool, any) {
			return input.(*modelCall).step(state.(typeState), versions)
		},
		Equal:             func(a, b any) bool { return a == b },
		DescribeOperation: func(input, _ any) string { return describe(&input.(*modelCall).Op, versions) },
		DescribeState:     func(state any) string { return state.(typeState).String() },
	}
	var history []porcupine.Operation
	var ids []int
	for _, o := range ops {
		end := o.Return
		if o.Outcome == op.Unknown {
			end = 1 << 62
		}
		c, err := newModelCall(o, versions)
		if err != nil {
			return []load.Violation{{Checker: "linearizable", What: fmt.Sprintf("%s: %s was answered with what nobody understands: %v", typ, o.F, err), Ops: []int{o.ID}}}
		}
		history = append(history, porcupine.Operation{ClientId: o.Process, Input: c, Call: o.Invoke, Return: end})
		ids = append(ids, o.ID)
	}
	// Drawing needs every partial order that the search tried; recording those costs more than the
	// search.
	switch porcupine.CheckOperationsTimeout(model, history, patienceOfSearch) {
	case porcupine.Ok:
		return nil
	case porcupine.Unknown:
		return []load.Violation{{Checker: "linearizable", What: fmt.Sprintf("%s: no verdict on %d operations in %s", typ, len(history), patienceOfSearch), Ops: ids}}
	}
	v := load.Violation{Checker: "linearizable", What: fmt.Sprintf("%s: no order of its %d operations gives their answers", typ, len(history)), Ops: ids}
	v.Draw = func(path string) error {
		_, info := porcupine.CheckOperationsVerbose(model, history, patienceOfSearch)
		return porcupine.VisualizePath(model, info, path)
	}
	return []load.Violation{v}
}

// modelCall is an operation decoded once, in the form that the search needs repeatedly.
type modelCall struct {
	op.Op
	ask    arguments
	said   view
	loaded uint8 // for a listing: as typeState has it
}

func newModelCall(o op.Op, versions []string) (*modelCall, error) {
	c := &modelCall{Op: o}
	if err := json.Unmarshal(o.Value, &c.ask); err != nil {
		return nil, err
	}
	if o.Outcome != op.OK {
		return c, nil
	}
	if err := json.Unmarshal(o.Answer, &c.said); err != nil {
		return nil, err
	}
	for _, name := range c.said.Loaded {
		v := slices.Index(versions, name)
		if v < 0 {
			return nil, fmt.Errorf("version %q, which nobody made", name)
		}
		c.loaded |= 1 << v
	}
	return c, nil
}

// step reports whether the operation could have happened in state s, and returns the state after
// it.
func (c *modelCall) step(s typeState, versions []string) (bool, typeState) {
	if c.F == "list" {
		routed := ""
		if s.routed >= 0 {
			routed = versions[s.routed]
		}
		return c.loaded == s.loaded && c.said.Routed == routed, s
	}
	after, saw, code := s.apply(c.F, c.ask, versions)
	switch c.Outcome {
	case op.Refused:
		return code == c.Code, s
	case op.OK:
		return code == "" && c.said.agrees(c.F, saw), after
	}
	return true, after // committed, but the caller got no answer
}
