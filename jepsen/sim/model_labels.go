package sim

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// labelled returns attributes after some are set, and those that are null removed.
func labelled(old, set history.Attributes) history.Attributes {
	merged := history.Attributes{}
	for _, from := range []history.Attributes{old, set} {
		for name, value := range from { // any order: names differ
			if string(value) == "null" {
				delete(merged, name)
			} else {
				merged[name] = value
			}
		}
	}
	return merged
}

// labelsAreNot searches for runs by attribute: equal values, and lists that contain the value;
// other values; and values of its kind that come after it, or before, in their order.
func (m *Model) labelsAreNot(v fsm.View, name, value string) string {
	if value == "null" {
		return ""
	}
	is := rows.Condition{Field: rows.OfAttribute, Op: rows.Equal, Name: name, Value: history.Payload(value)}
	if why := m.foundAreNot(v, fsm.RunFilter{Attributes: history.Attributes{name: is.Value}}, func(has string) bool { return equals(has, value) }); why != "" {
		return why
	}
	not := is
	not.Op = rows.Not
	if why := m.foundAreNot(v, fsm.RunFilter{Where: []rows.Condition{not}}, func(has string) bool { return has != "" && !equals(has, value) }); why != "" {
		return why
	}
	if v.OrderWaits() { // there is no order to list by
		return ""
	}
	bounds := []string{value}
	if value == "3" {
		bounds = numbers
	}
	for _, bound := range bounds {
		above, below := is, is
		above.Op, above.Value, below.Op, below.Value = rows.AtLeast, history.Payload(bound), rows.Below, history.Payload(bound)
		by := rows.Sort{Field: rows.OfAttribute, Name: name}
		why := m.foundAreNot(v, fsm.RunFilter{Where: []rows.Condition{above}, Sort: by}, func(has string) bool { order, ok := compareLabels(has, bound); return ok && order >= 0 })
		by.Down = true
		why = cmp.Or(why, m.foundAreNot(v, fsm.RunFilter{Where: []rows.Condition{below}, Sort: by}, func(has string) bool { order, ok := compareLabels(has, bound); return ok && order < 0 }))
		if why != "" {
			return why
		}
	}
	return ""
}

// compareLabels compares two of the values that runs have; false if they are of different kinds.
func compareLabels(a, b string) (int, bool) {
	x, isNumber := new(big.Rat).SetString(a)
	y, are := new(big.Rat).SetString(b)
	if isNumber && are {
		return x.Cmp(y), true
	}
	texts := a != "" && b != "" && a[0] == '"' && b[0] == '"'
	return cmp.Compare(a, b), texts
}

// equals reports whether a run's value is the one, or a list that has it.
func equals(has, value string) bool {
	var items []json.RawMessage
	return has == value || json.Unmarshal([]byte(has), &items) == nil && slices.ContainsFunc(items, func(i json.RawMessage) bool { return string(i) == value })
}

// foundAreNot compares what a filter finds with the runs whose value fits.
func (m *Model) foundAreNot(v fsm.View, f fsm.RunFilter, fits func(has string) bool) string {
	name := f.Sort.Name
	for _, c := range f.Where {
		name = c.Name
	}
	for n := range f.Attributes { // there is one
		name = n
	}
	var want, got []history.RunID
	for _, id := range m.order {
		if r := m.runs[id]; r != nil && fits(string(r.attrs[name])) {
			want = append(want, id)
		}
	}
	limit, last := 500, ""
	if f.Sort.Name != "" {
		limit = 3
	}
	for cursor := ""; ; {
		var page []rows.Run
		page, cursor = v.ListRuns(f, limit, cursor)
		for i := range page {
			has := string(page[i].Attributes[name])
			if order, ok := compareLabels(last, has); ok && f.Sort.Name != "" && (f.Sort.Down && order < 0 || !f.Sort.Down && order > 0) {
				return fmt.Sprintf("%s is listed after %s: %+v", has, last, f)
			}
			got, last = append(got, page[i].RunID), has
		}
		if cursor == "" {
			break
		}
	}
	order := func(a, b history.RunID) int { return slices.Compare(a[:], b[:]) }
	slices.SortFunc(want, order)
	slices.SortFunc(got, order)
	if !slices.Equal(got, want) {
		return fmt.Sprintf("%d runs are found by %+v, want %d", len(got), f, len(want))
	}
	return ""
}
