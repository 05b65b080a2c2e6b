package examples_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// told is what is recorded of each scene, by id: the histories of its chain of runs, without what
// has to differ from one play to the next.
type told map[string]string

// untold are members of events that no two plays have in common: who, when, which run, and which
// attempt at a step was the last, as kills cost some. So events of attempts do not count either.
var untold = []string{"run_id", "version", "fire_at", "at", "worker", "attempt", "by", "request_id", "parent", "root", "continued_from", "first_run_id", "new_run_id"}

// Scenes with several activities at a time: in which order they end is chance. What the code asks
// for depends on it in apart alone, so only their results can be compared.
var (
	unordered = []string{"batch"}
	apart     = []string{"list"}
)

// outside are events that arrive when somebody sends them, so where they stand among the others is
// chance. Their own order is not.
var outside = []string{"SignalReceived", "UpdateAccepted"}

// tell adds a run's history.
func (h told) tell(t *testing.T, id string, events []event) {
	t.Helper()
	if slices.Contains(apart, id) {
		return
	}
	var lines, arrived []string
	for _, e := range events {
		if e.typ == "ActivityStarted" {
			continue
		}
		var data map[string]any
		if err := json.Unmarshal(e.data, &data); err != nil {
			t.Fatal(err)
		}
		for _, name := range untold {
			delete(data, name)
		}
		text, err := json.Marshal(data)
		if err != nil {
			t.Fatal(err)
		}
		line := e.typ + " " + string(text)
		if slices.Contains(outside, e.typ) {
			arrived = append(arrived, line)
		} else {
			lines = append(lines, line)
		}
	}
	if slices.Contains(unordered, id) {
		slices.Sort(lines)
	}
	h[id] += strings.Join(append(lines, arrived...), "\n") + "\n"
}

type event struct {
	typ  string
	data json.RawMessage
}

// compare reports where what is told in a language differs from what is told in the first one.
func (h told) compare(t *testing.T, name string, want told) {
	t.Helper()
	for id, text := range want {
		got, expected := strings.Split(h[id], "\n"), strings.Split(text, "\n")
		for i := range max(len(got), len(expected)) {
			if a, b := at(got, i), at(expected, i); a != b {
				t.Errorf("%s, %s: event %d is\n%s\nwant\n%s", name, id, i+1, a, b)
				break
			}
		}
	}
}

func at(lines []string, i int) string {
	if i >= len(lines) {
		return fmt.Sprintf("(none: there are %d)", len(lines))
	}
	return lines[i]
}
