package runs

import (
	"encoding/json"
	"fmt"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/op"
)

// Findings are the violations that a checker has found.
type Findings struct {
	Checker string
	List    []load.Violation
}

// Bad adds one, which an operation proves.
func (f *Findings) Bad(o op.Op, format string, args ...any) {
	f.List = append(f.List, load.Violation{Checker: f.Checker, What: fmt.Sprintf(format, args...), Ops: []int{o.ID}})
}

// LastAnswers returns the last answer to each request of a kind, by its id: that of the repetition
// which had one, where the first call had none.
func LastAnswers(ops []op.Op, workload, f string) map[string]op.Op {
	last := map[string]op.Op{}
	for _, o := range ops {
		if o.Workload != workload || o.F != f {
			continue
		}
		if before, is := last[o.Request]; !is || before.Outcome == op.Unknown || before.Outcome == op.Failed {
			last[o.Request] = o
		}
	}
	return last
}

// LevelIs returns the level of the state that load.ReachLevel recorded; 0 = none.
func LevelIs(ops []op.Op, workload string) (level uint64) {
	for _, o := range ops {
		if o.Workload == workload && o.F == "level-is" {
			json.Unmarshal(o.Value, &level)
		}
	}
	return level
}
