package stops

import (
	"encoding/json"
	"maps"
	"slices"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/load/runs"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// Check compares what ran with what was stopped: nothing starts, and no turn is recorded, between a
// stop and its lifting, by log index and log time; a run that is paused takes no turn; a quota of
// open runs is never exceeded by a start; who is refused is refused for what was so; and everything
// ends once nothing is stopped.
func (w *Workload) Check(ops []op.Op) []load.Violation {
	j := &judge{Findings: runs.Findings{Checker: "stops"}, types: map[string]string{}, known: map[string]wire.Run{}, begun: map[string]op.Op{}, kids: map[string]int{}}
	var err error
	if j.x, err = runs.EndingsOf(ops, "stops"); err != nil {
		return []load.Violation{{Checker: "stops", What: err.Error()}}
	}
	for _, o := range ops {
		switch {
		case o.Workload != "stops" || o.Outcome != op.OK:
		case o.F == "versions":
			json.Unmarshal(o.Value, &j.types)
		case o.F == "runs":
			clear(j.known)
			json.Unmarshal(o.Answer, &j.known)
		}
	}
	j.spans = spansOf(&j.Findings, ops)
	j.readCloses(ops)
	j.floor = load.NewFloor(ops)
	j.starts(ops)
	j.tell()
	for _, id := range slices.Sorted(maps.Keys(j.known)) {
		j.run(id)
	}
	for _, id := range slices.Sorted(maps.Keys(j.begun)) {
		if _, there := j.known[id]; !there {
			j.Bad(j.begun[id], "the start of %s was acknowledged as run %s, and there is none", j.begun[id].Key, id)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(j.known)) {
		j.end(id)
	}
	j.quotas(ops)
	return j.List
}

// judge has what the history says.
type judge struct {
	runs.Findings
	x     *runs.Endings
	types map[string]string // versions of the types
	known map[string]wire.Run
	spans map[string][]span
	clock clock
	begun map[string]op.Op // the starts that were acknowledged, by run

	first  map[string]int64 // when each request was sent first
	closes []uint64         // indexes at which runs of the type that has quotas closed; nil = not known
	floor  load.Floor
	kids   map[string]int // how many children each run has
}

// stopsOf are the spans in which a type could not run: its own, and those of its version.
func (j *judge) stopsOf(typ string) []span {
	return slices.Concat(j.spans[typ], j.spans[j.types[typ]])
}

// tell collects the log times of indexes.
func (j *judge) tell() {
	for _, spans := range j.spans { // any order: looked up
		for _, s := range spans {
			j.clock = append(j.clock, tick{s.from, s.at})
		}
	}
	for id, o := range j.begun { // likewise
		if h := j.x.Histories[id]; len(h.Events) > 0 {
			j.clock = append(j.clock, tick{o.Index, h.Events[0].At})
		}
	}
}

// starts checks what callers were told of their starts.
func (j *judge) starts(ops []op.Op) {
	j.first = map[string]int64{}
	for _, o := range ops {
		if _, again := j.first[o.Request]; o.F == "start" && !again {
			j.first[o.Request] = o.Invoke
		}
	}
	refused := []op.Op(nil)
	last := runs.LastAnswers(ops, "stops", "start")
	for _, request := range slices.Sorted(maps.Keys(last)) {
		o := last[request]
		typ := typeOf(o.Key)
		switch o.Outcome {
		case op.Unknown:
			j.Bad(o, "the start of %s has no known outcome", o.Key)
		case op.Refused:
			refused = append(refused, o)
		case op.OK:
			var a wire.StartAnswer
			if json.Unmarshal(o.Answer, &a) != nil || a.RunID == "" {
				j.Bad(o, "operation %d cannot be read", o.ID)
				continue
			}
			j.begun[a.RunID] = o
			for _, s := range j.stopsOf(typ) {
				if s.over(o.Index) {
					j.Bad(o, "%s was started at %d, and %s was stopped from %d to %d", o.Key, o.Index, typ, s.from, s.to)
				}
			}
		}
	}
	for _, o := range refused {
		j.refused(o, j.first[o.Request], typeOf(o.Key), ops)
	}
}

func typeOf(id string) string {
	if len(id) >= len(kids) && id[:len(kids)] == kids {
		return kids
	}
	return parents
}

// refused checks that a start was refused for what was so while it was under way.
func (j *judge) refused(o op.Op, since int64, typ string, ops []op.Op) {
	var facts struct {
		Type    string `json:"workflow_type"`
		Version string `json:"version"`
		Quota   string `json:"quota"`
		Limit   uint64 `json:"limit"`
	}
	json.Unmarshal(o.Answer, &facts)
	why := false
	switch {
	case o.Code == "stopped" && (facts.Type == typ || facts.Version == j.types[typ]):
		why = slices.ContainsFunc(j.stopsOf(typ), func(s span) bool { return s.asked < o.Return && (s.to == 0 || s.settled > since) })
	case o.Code == "resource_exhausted" && facts.Quota == "open_runs" && facts.Type == typ:
		why = slices.ContainsFunc(ops, func(q op.Op) bool {
			var limit uint64
			return q.Workload == "stops" && q.F == "quota" && q.Invoke < o.Return && json.Unmarshal(q.Value, &limit) == nil && limit == facts.Limit && limit > 0
		})
	}
	if why && facts.Quota != "" {
		j.full(o, since, facts.Limit)
	}
	if !why {
		j.Bad(o, "the start of %s was refused with %s %s, and that was not so: %s", o.Key, o.Code, o.Answer, o.Error)
	}
}

// run checks that a run did nothing while it was stopped, or paused.
func (j *judge) run(id string) {
	r, o := j.known[id], j.x.HistoryOp[id]
	events, problem := runs.EventsOf(j.x.Histories[id])
	if problem != "" || len(events) == 0 {
		j.Bad(o, "run %s: its history is wrong: %s", id, problem)
		return
	}
	if r.Parent != nil {
		j.kids[r.Parent.RunID]++
	} else if _, asked := j.begun[id]; !asked {
		j.Bad(o, "run %s of %s was asked for by nobody", id, r.WorkflowID)
	}
	paused := false
	for _, e := range events {
		switch e.Type {
		case "WorkflowPaused":
			paused = true
			continue
		case "WorkflowResumed":
			paused = false
			continue
		case "ChildWorkflowFailed":
			if e.Error == nil || e.Error.Kind != "stopped" || !slices.ContainsFunc(j.stopsOf(kids), func(s span) bool { return j.clock.near(s, e.At) }) {
				j.Bad(o, "run %s was told at %s that its child failed: %s", id, e.At, e.Data)
			}
			continue
		case "WorkflowStarted", "TimerStarted", "ChildWorkflowStarted", "WorkflowCompleted":
		default:
			continue
		}
		if paused {
			j.Bad(o, "run %s was paused, and has %s as event %d", id, e.Type, e.Seq)
		}
		for _, s := range j.stopsOf(r.WorkflowType) {
			if j.clock.within(s, e.At) {
				j.Bad(o, "run %s has %s of %s, and %s was stopped from %d, %s, to %d", id, e.Type, e.At, r.WorkflowType, s.from, s.at, s.to)
			}
		}
	}
}

// end checks how a run ended, once nothing was stopped any more.
func (j *judge) end(id string) {
	r, o := j.x.Results[id], j.x.ResultOp[id]
	if r.Status != "completed" {
		j.Bad(o, "run %s of %s is %q, %s after nothing was stopped any more: %s", id, j.known[id].WorkflowID, r.Status, runs.Standstill, r.Result)
		return
	}
	var did []string
	if j.known[id].WorkflowType != parents || json.Unmarshal(r.Result, &did) != nil {
		return
	}
	began := 0
	for _, kind := range did {
		if kind == "ok" {
			began++
		} else if kind != "stopped" {
			j.Bad(o, "a child of run %s failed as %s", id, kind)
		}
	}
	var asked int
	if start, is := j.begun[id]; is && json.Unmarshal(start.Value, &asked) == nil && (len(did) != asked || began != j.kids[id]) {
		j.Bad(o, "run %s was to have %d children and tells of %q; there are %d", id, asked, did, j.kids[id])
	}
}
