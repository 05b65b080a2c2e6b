package resets

import (
	"encoding/json"
	"maps"
	"slices"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/load/fleet"
	"aion.dev/aion/jepsen/load/runs"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/jepsen/worker"
	"aion.dev/aion/transport/wire"
)

// Check compares the runs that there are with what was acknowledged: each start and each reset has
// one run, the same one however often it was asked for, and there are no others. A copy begins with
// the history of the old run, hears what came after the point, and redoes nothing that was done
// before it; an open run that was reset has ended as such; and all runs end.
func (w *Workload) Check(ops []op.Op) []load.Violation {
	j := &judge{Findings: runs.Findings{Checker: "reset"}, did: map[fleet.Attempt]worker.Line{}, copies: map[string]taken{}, ended: map[string]string{}}
	var err error
	if j.x, err = runs.EndingsOf(ops, "reset"); err == nil {
		j.lines, err = fleet.LedgerOf(ops, "reset")
	}
	if err != nil {
		return []load.Violation{{Checker: "reset", What: err.Error()}}
	}
	j.ledger()
	j.answers(ops)
	for _, o := range ops {
		var known map[string]string
		if o.Workload != "reset" || o.F != "runs" || o.Outcome != op.OK || json.Unmarshal(o.Answer, &known) != nil {
			continue
		}
		for _, id := range slices.Sorted(maps.Keys(known)) {
			if _, is := j.made(id); !is {
				j.Bad(o, "run %s of %s was asked for by nobody", id, known[id])
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(j.x.Histories)) {
		j.run(id)
	}
	for _, id := range slices.Sorted(maps.Keys(j.copies)) {
		j.copy(id)
	}
	for _, request := range slices.Sorted(maps.Keys(j.signals)) {
		j.heard(j.signals[request])
	}
	return j.List
}

// taken is an acknowledged reset, or fork.
type taken struct {
	o    op.Op
	back back
	a    wire.ResetAnswer
}

// judge has what the history says.
type judge struct {
	runs.Findings
	x       *runs.Endings
	lines   []worker.Line
	did     map[fleet.Attempt]worker.Line
	copies  map[string]taken  // by the new run
	starts  map[string]op.Op  // by the run
	signals map[string]op.Op  // by request
	ended   map[string]string // runs that were open, and by which reset they ended
}

// made returns the call that made a run.
func (j *judge) made(id string) (op.Op, bool) {
	if c, is := j.copies[id]; is {
		return c.o, true
	}
	o, is := j.starts[id]
	return o, is
}

// ledger notes what each attempt did: once.
func (j *judge) ledger() {
	for _, l := range j.lines {
		at := fleet.Attempt{Run: l.Run, Step: l.Step, Attempt: l.Attempt}
		if l.E != worker.Effect {
			continue
		}
		if before, twice := j.did[at]; twice {
			j.Bad(op.Op{}, "attempt %d of step %d of run %s was given to %s and to %s", l.Attempt, l.Step, l.Run, before.Worker, l.Worker)
		}
		j.did[at] = l
	}
}

// refusals are those that callers may meet.
var refusals = map[string][]string{
	"start": nil, "signal": {"not_found", "not_running"},
	"reset": {"not_found", "invalid_input", "already_running"}, "fork": {"not_found", "invalid_input"},
}

// answers reads what callers were told.
func (j *judge) answers(ops []op.Op) {
	j.starts, j.signals = map[string]op.Op{}, runs.LastAnswers(ops, "reset", "signal")
	for _, f := range slices.Sorted(maps.Keys(refusals)) {
		last := runs.LastAnswers(ops, "reset", f)
		for _, request := range slices.Sorted(maps.Keys(last)) {
			switch o := last[request]; {
			case o.Outcome == op.Unknown:
				j.Bad(o, "%s of %s has no known outcome", f, o.Key)
			case o.Outcome == op.Refused && !slices.Contains(refusals[f], o.Code):
				j.Bad(o, "%s of %s was refused with %s: %s", f, o.Key, o.Code, o.Error)
			}
		}
	}
	of := map[string]string{} // the run of each request
	for _, o := range ops {
		if o.Workload != "reset" || o.Outcome != op.OK || o.F != "reset" && o.F != "fork" && o.F != "start" {
			continue
		}
		var told struct {
			RunID string `json:"run_id"`
		}
		if json.Unmarshal(o.Answer, &told) != nil || told.RunID == "" {
			j.Bad(o, "the %s of %s has no run in its answer: %s", o.F, o.Key, o.Answer)
			continue
		}
		if before, again := of[o.Request]; again && before != told.RunID {
			j.Bad(o, "one %s of %s made the runs %s and %s", o.F, o.Key, before, told.RunID)
		}
		of[o.Request] = told.RunID
		if before, is := j.made(told.RunID); is && before.Request != o.Request {
			j.Bad(o, "run %s is the answer to two requests: operations %d and %d", told.RunID, before.ID, o.ID)
		}
		if o.F == "start" {
			j.starts[told.RunID] = o
			continue
		}
		t := taken{o: o}
		if json.Unmarshal(o.Value, &t.back) != nil || json.Unmarshal(o.Answer, &t.a) != nil {
			j.Bad(o, "operation %d cannot be read", o.ID)
			continue
		}
		j.copies[told.RunID] = t
		if before, twice := j.ended[t.a.OfRunID]; twice && t.a.Ended && before != told.RunID {
			j.Bad(o, "run %s was open, and ended by two resets: as %s and as %s", t.a.OfRunID, before, told.RunID)
		}
		if t.a.Ended {
			j.ended[t.a.OfRunID] = told.RunID
		}
	}
	for _, id := range slices.Sorted(maps.Keys(j.copies)) {
		if _, there := j.x.Histories[id]; !there {
			j.Bad(j.copies[id].o, "the reset of %s was acknowledged as run %s, and there is none", j.copies[id].o.Key, id)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(j.starts)) {
		if _, there := j.x.Histories[id]; !there {
			j.Bad(j.starts[id], "the start of %s was acknowledged as run %s, and there is none", j.starts[id].Key, id)
		}
	}
}

// heard checks that a signal that was taken is in the history of the run that took it, once.
func (j *judge) heard(o op.Op) {
	var a wire.RunAnswer
	if o.Outcome != op.OK || json.Unmarshal(o.Answer, &a) != nil {
		return
	}
	events, _ := runs.EventsOf(j.x.Histories[a.RunID])
	n := 0
	for _, e := range events {
		if e.Type == "SignalReceived" && runs.SameJSON(e.Payload, o.Value) {
			n++
		}
	}
	if n != 1 {
		j.Bad(o, "run %s took signal %s, and has it %d times", a.RunID, o.Value, n)
	}
}
