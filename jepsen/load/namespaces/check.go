package namespaces

import (
	"encoding/json"
	"fmt"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// Check holds each answer against what its namespace can have.
func (w *Workload) Check(ops []op.Op) (found []load.Violation) {
	bad := func(o op.Op, format string, args ...any) {
		found = append(found, load.Violation{Checker: name, What: fmt.Sprintf(format, args...), Ops: []int{o.ID}})
	}
	whose := map[string]string{} // namespace of a run, by its id
	open := map[string]bool{}    // runs of the capped namespace
	sure := true                 // what is open there is known
	for _, o := range ops {
		if o.Workload != name {
			continue
		}
		ask := argumentsOf(o)
		switch o.F {
		case "create", "load":
			if o.Outcome == op.Refused {
				bad(o, "%s of %s was refused with %s", o.F, ask.Space, o.Code)
			}
		case "start":
			var a wire.StartAnswer
			if o.Outcome != op.OK || json.Unmarshal(o.Answer, &a) != nil {
				if o.Outcome == op.Refused && o.Code != "already_running" {
					bad(o, "start of %s in %s was refused with %s", ask.ID, ask.Space, o.Code)
				}
				continue
			}
			if of, known := whose[a.RunID]; known && of != ask.Space {
				bad(o, "start of %s in %s answered with run %s, which is one of %s", ask.ID, ask.Space, a.RunID, of)
			}
			whose[a.RunID] = ask.Space
		case "tune", "look":
			checkTuned(o, ask, bad)
		case "fill", "drop":
			sure = w.checkQuota(o, ask, open, sure, bad)
		case "peek":
			if o.Outcome == op.OK {
				bad(o, "run %s of %s was shown in %s", ask.RunID, ask.Of, ask.Space)
			} else if o.Outcome == op.Refused && o.Code != "not_found" {
				bad(o, "run %s of %s was refused with %s in %s, as if it were there", ask.RunID, ask.Of, o.Code, ask.Space)
			}
		case "read":
			checkRead(o, ask, bad)
		case "list":
			var runs []wire.Run
			if o.Outcome != op.OK || json.Unmarshal(o.Answer, &runs) != nil {
				continue
			}
			for _, r := range runs {
				of := string(r.Attributes["whose"])
				if of != "" && of != fmt.Sprintf("%q", ask.Space) || r.WorkflowType != typ {
					bad(o, "the list of %s shows run %s of type %s, which is of %s", ask.Space, r.RunID, r.WorkflowType, of)
				}
			}
		}
	}
	return found
}

func checkRead(o op.Op, ask arguments, bad func(op.Op, string, ...any)) {
	var d wire.Described
	switch {
	case o.Outcome == op.Refused:
		bad(o, "run %s of %s, which was acknowledged, is refused with %s", ask.RunID, ask.Space, o.Code)
	case o.Outcome == op.OK && json.Unmarshal(o.Answer, &d) == nil:
		var input struct{ Space, Token string }
		if json.Unmarshal(d.Input, &input) != nil || input.Space != ask.Space || input.Token != ask.Token || d.WorkflowID != ask.ID || d.WorkflowType != typ {
			bad(o, "run %s of %s is shown as %s of type %s with input %s", ask.RunID, ask.Space, d.WorkflowID, d.WorkflowType, d.Input)
		}
	}
}

// checkQuota follows the one caller of the capped namespace: each of its calls is repeated until
// its outcome is known. It reports whether it still knows what is open.
func (w *Workload) checkQuota(o op.Op, ask arguments, open map[string]bool, sure bool, bad func(op.Op, string, ...any)) bool {
	switch {
	case o.Outcome == op.Failed || o.Outcome == op.Unknown:
		return sure // it is repeated, or the run ended with it
	case o.F == "drop":
		delete(open, ask.ID)
		return sure
	case o.Outcome == op.OK:
		if open[ask.ID] = true; sure && len(open) > cappedMax {
			bad(o, "%s is the open run number %d of %s, whose quota is %d", ask.ID, len(open), capped, cappedMax)
			return false
		}
	case o.Code == "resource_exhausted":
		if sure && len(open) < cappedMax {
			bad(o, "%s was refused in %s, which has %d open runs of %d", ask.ID, capped, len(open), cappedMax)
			return false
		}
	default:
		bad(o, "start of %s in %s was refused with %s", ask.ID, capped, o.Code)
	}
	return sure
}
