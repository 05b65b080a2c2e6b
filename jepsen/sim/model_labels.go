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

// labelsAreNot searches for runs by attribute: equal values, and lists that contain the value.
func (m *Model) labelsAreNot(v fsm.View, name, value string) string {
	if value == "null" {
		return ""
	}
	var want, got []history.RunID
	for _, id := range m.order {
		if r := m.runs[id]; r != nil {
			var items []json.RawMessage
			has := string(r.attrs[name])
			if has == value || json.Unmarshal([]byte(has), &items) == nil && slices.ContainsFunc(items, func(i json.RawMessage) bool { return string(i) == value }) {
				want = append(want, id)
			}
		}
	}
	for cursor := ""; ; {
		var page []rows.Run
		page, cursor = v.ListRuns(fsm.RunFilter{Attributes: history.Attributes{name: history.Payload(value)}}, 500, cursor)
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
		return fmt.Sprintf("%d runs are found by %s = %s, want %d", len(got), name, value, len(want))
	}
	return ""
}
