package rehearsal

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// tell writes everything that callers can learn of a world, a line for each event and each turn:
// in two languages it is the same text. What differs by nature is left out: the version, by whose
// place among the plans it is named, and the lines of code in errors.
func tell(w *world, plans []*plan) string {
	var b strings.Builder
	w.log.View(func(v fsm.View) {
		var runs []rows.Run
		for cursor, more := "", true; more; more = cursor != "" {
			var list []rows.Run
			list, cursor = v.ListRuns(fsm.RunFilter{}, 100, cursor)
			runs = append(runs, list...)
		}
		slices.SortFunc(runs, func(a, b rows.Run) int {
			return strings.Compare(a.WorkflowID+a.RunID.String(), b.WorkflowID+b.RunID.String())
		})
		for _, r := range runs {
			fmt.Fprintf(&b, "%s %s %s %s %v\n", r.WorkflowID, r.RunID, r.Type, r.Status, r.Waiting)
			for _, e := range allEvents(v, r.RunID) {
				fmt.Fprintf(&b, "  %s\n", plainly(e))
			}
			for _, t := range allTurns(v, r.RunID) {
				fmt.Fprintf(&b, "  turn %+v\n", t)
			}
		}
	})
	text := b.String()
	for i, p := range plans {
		text = strings.ReplaceAll(text, p.archive.Version.String(), fmt.Sprint("v", i+1))
	}
	return text
}

// plainly writes an event as JSON whose objects are sorted.
func plainly(e history.Event) string {
	text, err := json.Marshal(e)
	if err != nil {
		return err.Error()
	}
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		return err.Error()
	}
	if text, err = json.Marshal(withoutLines(v)); err != nil {
		return err.Error()
	}
	return string(text)
}

// withoutLines drops the call stacks of errors.
func withoutLines(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			if details, ok := value.(map[string]any); ok && key == "details" && details["stack"] != nil {
				delete(v, key)
				continue
			}
			v[key] = withoutLines(value)
		}
	case []any:
		for i := range v {
			v[i] = withoutLines(v[i])
		}
	}
	return v
}

// difference returns the first lines in which two texts differ, "" if there are none.
func difference(got, want string) string {
	gots, wants := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(gots), len(wants)) {
		var g, w string
		if i < len(gots) {
			g = gots[i]
		}
		if i < len(wants) {
			w = wants[i]
		}
		if g != w {
			return fmt.Sprintf("line %d:\n%s\n%s", i+1, g, w)
		}
	}
	return ""
}
