package sim

import (
	"encoding/json"
	"fmt"
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
// other values; and values of its kind that come after it, in their order.
func (m *Model) labelsAreNot(v fsm.View, name, value string) string {
	if value == "null" {
		return ""
	}
	is := rows.Condition{Field: rows.OfAttribute, Op: rows.Equal, Name: name, Value: history.Payload(value)}
	if why := m.foundAreNot(v, fsm.RunFilter{Attributes: history.Attributes{name: is.Value}}, func(has string) bool { return equals(has, value) }); why != "" {
		return why
	}
	not, above := is, is
	not.Op, above.Op = rows.Not, rows.AtLeast
	if why := m.foundAreNot(v, fsm.RunFilter{Where: []rows.Condition{not}}, func(has string) bool { return has != "" && !equals(has, value) }); why != "" {
		return why
	}
	if v.OrderWaits() { // there is no order to list by
		return ""
	}
	return m.foundAreNot(v, fsm.RunFilter{Where: []rows.Condition{above}, Sort: rows.Sort{Field: rows.OfAttribute, Name: name}}, func(has string) bool {
		order, ok := rows.CompareValues(history.Payload(has), history.Payload(value))
		return ok && order >= 0
	})
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
	for cursor := ""; ; {
		var page []rows.Run
		page, cursor = v.ListRuns(f, 500, cursor)
		for i := range page {
			got = append(got, page[i].RunID)
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
