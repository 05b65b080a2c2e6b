package fsm

import (
	"bytes"
	"fmt"

	"aion.dev/aion/engine/history"
)

func termKey(family byte, of term, serial uint64) []byte {
	return u64(append(key(family), of[:]...), serial)
}

// label gives r other attributes, and moves its rows in the attribute index. Only what differs is written: no row is put that is there already, so that
// Pebble may drop a row and its deletion together.
func (t *step) label(r *row, to history.Attributes) {
	was, is := terms(r.Run.Attributes), terms(to)
	for len(was)+len(is) > 0 {
		order := 0
		switch {
		case len(was) == 0:
			order = +1
		case len(is) == 0:
			order = -1
		default:
			order = bytes.Compare(was[0][:], is[0][:])
		}
		if order < 0 {
			t.del(termKey(keyAttribute, was[0], r.Serial))
		} else if order > 0 {
			t.put(termKey(keyAttribute, is[0], r.Serial), nil)
		}
		if order <= 0 {
			was = was[1:]
		}
		if order >= 0 {
			is = is[1:]
		}
	}
	r.Run.Attributes = to
}

// listByParent lists a run that has just begun under the workflow id of its parent.
func (t *step) listByParent(r *row) {
	if p := r.Run.Parent; p != nil {
		t.put(termKey(keyByParent, parentTerm(p.WorkflowID), r.Serial), nil)
	}
}

// overAttributes says which limit the attributes of r would pass by what a turn asks for.
func overAttributes(r *row, asked []history.Event) string {
	set, changed := r.Run.Attributes, false
	for _, e := range asked {
		if d, ok := e.Data.(*history.AttributesUpdated); ok {
			set, changed = merge(set, d.Attributes), true
		}
	}
	if !changed {
		return ""
	}
	if err := history.CheckAttributesSize(set); err != nil {
		return fmt.Sprintf("the run's attributes would pass a limit: %v", err)
	}
	return ""
}
