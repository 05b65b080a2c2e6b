package resets

import (
	"encoding/json"
	"strings"

	"aion.dev/aion/jepsen/load/fleet"
	"aion.dev/aion/jepsen/load/runs"
	"aion.dev/aion/jepsen/worker"
)

// run checks one run by its own history, the ledger and its result.
func (j *judge) run(id string) {
	o := j.x.HistoryOp[id]
	events, problem := runs.EventsOf(j.x.Histories[id])
	if problem != "" || len(events) == 0 {
		j.Bad(o, "run %s: its history is wrong: %s", id, problem)
		return
	}
	kept := 0 // events that were copied
	if c, is := j.copies[id]; is {
		kept = min(int(c.a.Event), len(events))
	}
	done, results, heard := map[uint64]bool{}, []json.RawMessage{}, []json.RawMessage{}
	for i, e := range events {
		own := i >= kept
		switch e.Type {
		case "ActivityScheduled":
			if own && done[e.ID] {
				j.Bad(o, "run %s schedules step %d again, which was done before its beginning", id, e.ID)
			}
		case "ActivityCompleted":
			if done[e.ID] {
				j.Bad(o, "step %d of run %s has completed twice", e.ID, id)
			}
			if done[e.ID] = true; own {
				j.step(id, e)
			}
			results = append(results, e.Result)
		case "SignalReceived":
			heard = append(heard, e.Payload)
		}
		if i+1 == kept {
			j.notRedone(id, done)
		}
	}
	j.end(id, events[len(events)-1], results, heard)
}

// step checks that a result is what a worker did in that attempt for this run.
func (j *judge) step(id string, e runs.Event) {
	var out worker.Output
	if json.Unmarshal(e.Result, &out) != nil {
		j.Bad(j.x.HistoryOp[id], "step %d of run %s has a result that cannot be read: %s", e.ID, id, e.Result)
		return
	}
	did, is := j.did[fleet.Attempt{Run: id, Step: e.ID, Attempt: e.Attempt}]
	if !is || did.Failed || !runs.SameJSON(did.Value, e.Result) {
		j.Bad(j.x.HistoryOp[id], "step %d of run %s completed in attempt %d as %s; the workers' ledger has %s", e.ID, id, e.Attempt, e.Result, did.Value)
	}
}

// notRedone checks that no worker did for a copy what had been done in what it began with.
func (j *judge) notRedone(id string, done map[uint64]bool) {
	for _, l := range j.lines {
		if l.E == worker.Effect && l.Run == id && done[l.Step] {
			j.Bad(j.x.HistoryOp[id], "step %d of run %s was done again by %s, though it had completed before the point", l.Step, id, l.Worker)
		}
	}
}

// end checks how a run ended: with everything that it did and heard, or because it was reset.
func (j *judge) end(id string, last runs.Event, results, heard []json.RawMessage) {
	r, o := j.x.Results[id], j.x.ResultOp[id]
	as, reset := j.ended[id]
	switch {
	case reset:
		var d struct {
			Reason string `json:"reason"`
		}
		json.Unmarshal(last.Data, &d)
		if r.Status != "terminated" || last.Type != "WorkflowTerminated" || !strings.Contains(d.Reason, as) {
			j.Bad(o, "run %s was open when it was reset as %s, and is %s: its history ends with %s %q", id, as, r.Status, last.Type, d.Reason)
		}
	case r.Status != "completed":
		j.Bad(o, "run %s is %q, %s after the healed cluster last finished anything: %s", id, r.Status, runs.Standstill, r.Result)
	default:
		did, _ := json.Marshal([][]json.RawMessage{results, heard})
		if len(results) != steps || !runs.SameJSON(did, r.Result) {
			j.Bad(o, "run %s returns %s; its history has %s", id, r.Result, did)
		}
	}
}

// copy checks how a copy begins: with the old history, who it is, and what that one received later.
func (j *judge) copy(id string) {
	c := j.copies[id]
	is, wasOf := j.x.Histories[id].Events, j.x.Histories[c.a.OfRunID].Events
	kept := int(c.a.Event)
	if len(is) <= kept || len(wasOf) < kept {
		j.Bad(c.o, "run %s keeps %d events of run %s; they have %d and %d", id, kept, c.a.OfRunID, len(is), len(wasOf))
		return
	}
	for i := range kept {
		if is[i].Type != wasOf[i].Type || !is[i].At.Equal(wasOf[i].At) || !runs.SameJSON(is[i].Data, wasOf[i].Data) {
			j.Bad(c.o, "event %d of run %s is %s %s, and %s %s in run %s, of which it is a copy", i+1, id, is[i].Type, is[i].Data, wasOf[i].Type, wasOf[i].Data, c.a.OfRunID)
			return
		}
	}
	var d struct {
		RunID   string `json:"run_id"`
		OfRunID string `json:"of_run_id"`
		Turn    uint64 `json:"turn"`
		Fork    bool   `json:"fork"`
	}
	json.Unmarshal(is[kept].Data, &d)
	if is[kept].Type != "WorkflowReset" || d.RunID != id || d.OfRunID != c.a.OfRunID || d.Turn != c.a.Turn || d.Fork != (c.back.As != "") {
		j.Bad(c.o, "after its %d events run %s has %s %s", kept, id, is[kept].Type, is[kept].Data)
	}
	j.later(id, c)
}

// later checks what a copy was handed of the signals after the point.
func (j *judge) later(id string, c taken) {
	signals := func(run string, from uint64) (list []json.RawMessage) {
		events, _ := runs.EventsOf(j.x.Histories[run])
		for _, e := range events {
			if e.Type == "SignalReceived" && e.Seq > from {
				list = append(list, e.Payload)
			}
		}
		return list
	}
	was, is := signals(c.a.OfRunID, c.a.Event), signals(id, c.a.Event)
	n := int(c.a.Messages)
	switch {
	case c.back.Drop && n > 0:
		j.Bad(c.o, "run %s was handed %d signals that were to be dropped", id, n)
	case n > len(is) || n > len(was), !c.back.Drop && c.back.As == "" && n < len(was):
		j.Bad(c.o, "run %s was handed %d signals; after the point run %s has %d of them, and it %d", id, n, c.a.OfRunID, len(was), len(is))
	default:
		for i := range n {
			if !runs.SameJSON(was[i], is[i]) {
				j.Bad(c.o, "the signal %d that run %s was handed is %s, and %s in run %s", i+1, id, is[i], was[i], c.a.OfRunID)
			}
		}
	}
}
