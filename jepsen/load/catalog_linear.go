package load

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"aion.dev/aion/jepsen/op"
	"github.com/anishathalye/porcupine"
)

// patienceOfSearch bounds the search for an order of one type's operations.
const patienceOfSearch = time.Minute

// checkLinear looks for an order.
func checkLinear(typ string, versions []string, ops []op.Op) []Violation {
	model := porcupine.Model{
		Init: func() any { return newCatalogState() },
		Step: func(state, input, _ any) (bool, any) {
			return input.(*catalogCall).step(state.(catalogState), versions)
		},
		Equal:             func(a, b any) bool { return a == b },
		DescribeOperation: func(input, _ any) string { return describeCatalog(&input.(*catalogCall).Op, versions) },
		DescribeState:     func(state any) string { return state.(catalogState).String() },
	}
	var history []porcupine.Operation
	var ids []int
	for _, o := range ops {
		end := o.Return
		if o.Outcome == op.Unknown {
			end = 1 << 62
		}
		c, err := newCatalogCall(o, versions)
		if err != nil {
			return []Violation{{Checker: "linearizable", What: fmt.Sprintf("%s: %s was answered with what nobody understands: %v", typ, o.F, err), Ops: []int{o.ID}}}
		}
		history = append(history, porcupine.Operation{ClientId: o.Process, Input: c, Call: o.Invoke, Return: end})
		ids = append(ids, o.ID)
	}
	// Remembering how far each order went, which a drawing needs, costs more than the search.
	switch porcupine.CheckOperationsTimeout(model, history, patienceOfSearch) {
	case porcupine.Ok:
		return nil
	case porcupine.Unknown:
		return []Violation{{Checker: "linearizable", What: fmt.Sprintf("%s: no verdict on %d operations in %s", typ, len(history), patienceOfSearch), Ops: ids}}
	}
	v := Violation{Checker: "linearizable", What: fmt.Sprintf("%s: no order of its %d operations gives their answers", typ, len(history)), Ops: ids}
	v.Draw = func(path string) error {
		_, info := porcupine.CheckOperationsVerbose(model, history, patienceOfSearch)
		return porcupine.VisualizePath(model, info, path)
	}
	return []Violation{v}
}

// catalogCall is an operation as the search needs it, again and again: read once.
type catalogCall struct {
	op.Op
	ask    catalogAsk
	said   catalogSaw
	loaded uint8 // of a listing: as catalogState has it
}

func newCatalogCall(o op.Op, versions []string) (*catalogCall, error) {
	c := &catalogCall{Op: o}
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

// step tells whether the operation could have happened in state s, and the state after it.
func (c *catalogCall) step(s catalogState, versions []string) (bool, catalogState) {
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
	return true, after // committed, but nobody heard the answer
}
