package fsm

import (
	"encoding/json"
	"fmt"
	"strings"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// manyAttributes are as many names as a run may have: each has one row in the index of ordered
// ones.
func manyAttributes() history.Attributes {
	set := history.Attributes{}
	for i := range history.MaxAttributes {
		set[fmt.Sprint("name", i)] = history.Payload(fmt.Sprintf(`"%0300d"`, i))
	}
	return set
}

var large = history.Payload(`"` + strings.Repeat("x", 2<<20-2) + `"`)

func times(n int, c Command) (list []Command) {
	for range n {
		list = append(list, c)
	}
	return list
}

func manyTypes(name string) (p catalog.Package) {
	var types []string
	for i := range catalog.MaxMembers {
		types = append(types, fmt.Sprint("t", i))
	}
	return pack(name, types...)
}

// fullAttributes are as many rows of the index as a run may have: lists of short items.
func fullAttributes() history.Attributes {
	set := make(history.Attributes)
	for i := range history.MaxAttributes {
		var items []string
		for j := range 50 {
			items = append(items, fmt.Sprint(j))
		}
		value, _ := json.Marshal(items)
		set[fmt.Sprint("k", i)] = value
	}
	return set
}

// laden starts a run that has as much under way as limits allow.
func (w *world) laden(id string) {
	w.start(id, "a")
	w.load(id)
}

func (w *world) load(id string) {
	defer w.unchecked()()
	const piece = 2_000
	for next := uint64(1); next < 3*wide; {
		var asked []history.Data
		for ; len(asked) < piece && next < 3*wide; next++ {
			switch {
			case next <= wide:
				asked = append(asked, &history.TimerStarted{ID: next, Duration: 1e9})
			case next <= 2*wide:
				asked = append(asked, &history.ActivityScheduled{ID: next, Activity: "x", Queue: "q", Timeout: 1e12, ScheduleTimeout: 1e13})
			default:
				asked = append(asked, &history.ChildWorkflowStarted{ID: next, WorkflowID: fmt.Sprint(id, ":", next), WorkflowType: "a"})
			}
		}
		w.turn(id, asked...)
	}
}

// stoppable loads a version of many types, some of which are stopped.
func (w *world) stoppable() {
	w.do(&LoadPackage{Package: manyTypes("v2"), Route: true})
	w.s.cfg.Check = nil
	for i := range 150 {
		w.do(&StopRuns{Type: fmt.Sprint("t", 100+i)})
	}
}

// leased are as many attempts as one command may name.
func (w *world) leased() (tokens []TaskToken) {
	w.laden("run")
	for _, task := range w.do(&LeaseTasks{Queue: "q", Activities: []string{"x"}, Worker: "w", Max: maxTaskBatch}).(*LeaseAnswer).Tasks {
		tokens = append(tokens, task.Token)
	}
	return tokens
}

func (w *world) schedule() *PutSchedule {
	return &PutSchedule{Apart: true, Schedule: rows.Schedule{ID: "s", Type: "a", Every: 1e9, Overlap: rows.OverlapAllowAll, Attributes: fullAttributes()}}
}
