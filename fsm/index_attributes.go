package fsm

import (
	"bytes"
	"fmt"
	"maps"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// label gives r other attributes, and moves its rows in the attribute index.
func (t *step) label(r *row, to history.Attributes) {
	t.moveTerms(r, rows.Terms(r.Run.Attributes), rows.Terms(to))
	t.order(r, r.Run.Attributes, to)
	r.Run.Attributes = to
}

// update sets those attributes of r that set names; null removes one. It costs what set holds,
// however many attributes r has: only the terms of names in set can change.
//
// r's map may be shared with a picture or a tail, so a turn copies it once, and own says that it
// has.
func (t *step) update(r *row, set history.Attributes, own bool) {
	before := make(history.Attributes, len(set))
	for _, name := range sortedKeys(set) {
		if v, ok := r.Run.Attributes[name]; ok {
			before[name] = v
		}
	}
	to := r.Run.Attributes
	if !own {
		to = maps.Clone(to)
	}
	to = setAll(to, set)
	now := make(history.Attributes, len(set))
	for _, name := range sortedKeys(set) {
		if v, ok := to[name]; ok {
			now[name] = v
		}
	}
	t.moveTerms(r, rows.Terms(before), rows.Terms(now))
	t.order(r, before, now)
	r.Run.Attributes = to
}

// moveTerms brings r's rows in the attribute index from one sorted list of terms to another. Only
// what differs is written: no row is put that is there already, so that Pebble may drop a row and
// its deletion together.
func (t *step) moveTerms(r *row, was, is []rows.Term) {
	t.Charge(uint64(len(was)+len(is)) / termsPerUnit)
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
			t.Del(rows.TermKey(rows.FamilyAttribute, was[0], r.Serial))
		} else if order > 0 {
			t.Put(rows.TermKey(rows.FamilyAttribute, is[0], r.Serial), nil)
		}
		if order <= 0 {
			was = was[1:]
		}
		if order >= 0 {
			is = is[1:]
		}
	}
}

// listByParent lists a run that has just begun under the workflow id of its parent.
func (t *step) listByParent(r *row) {
	if p := r.Run.Parent; p != nil {
		t.Put(rows.TermKey(rows.FamilyByParent, rows.ParentTerm(p.WorkflowID), r.Serial), nil)
	}
}

// unlistByParent is the reverse of listByParent, for a run that is deleted.
func (t *step) unlistByParent(r *row) {
	if p := r.Run.Parent; p != nil {
		t.Del(rows.TermKey(rows.FamilyByParent, rows.ParentTerm(p.WorkflowID), r.Serial))
	}
}

// overAttributes says which limit the attributes of r would pass by what a turn asks for. What
// counts is how they stand in the end.
func overAttributes(r *row, asked []history.Event) string {
	var set history.Attributes
	changed := false
	for _, e := range asked {
		d, ok := e.Data.(*history.AttributesUpdated)
		if !ok {
			continue
		}
		if !changed {
			set, changed = maps.Clone(r.Run.Attributes), true
		}
		set = setAll(set, d.Attributes)
	}
	if !changed {
		return ""
	}
	if err := history.CheckAttributesSize(set); err != nil {
		return fmt.Sprintf("the run's attributes would pass a limit: %s", err)
	}
	return ""
}

// setAll sets those attributes of all that set names, in place; null removes a name. No attributes
// are nil.
func setAll(all, set history.Attributes) history.Attributes {
	switch {
	case len(all)+len(set) == 0:
		return nil
	case all == nil:
		all = make(history.Attributes, len(set))
	}
	for _, name := range sortedKeys(set) {
		if v := set[name]; len(v) == 0 || string(v) == "null" {
			delete(all, name)
		} else {
			all[name] = v
		}
	}
	if len(all) == 0 {
		return nil
	}
	return all
}
