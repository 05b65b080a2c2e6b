package sim

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// Runs of type "gate" have attributes, and inputs that were checked against a schema before the
// log. Other steps do not draw from their packages, so that older schedules still mean the same.
var (
	schemas = []catalog.Digest{{}, {1}, {2}}
	gates   = []catalog.Package{gated(6, schemas[1]), gated(7, schemas[2]), gated(8, schemas[0])}
	known   = append(slices.Clone(packages), gates...)
	labels  = []string{"city", "tags"}
	values  = []string{`"x"`, `"y"`, `["x","y"]`, `3`, `null`}
	// what turns may say in place of the 3: in order, and close to each other
	numbers = []string{`-9007199254740993`, `-12`, `-3.5`, `-3`, `-0.25`, `0`, `1e-9`, `3`, `3.5`, `40`, `9007199254740993`}
)

func gated(n byte, schema catalog.Digest) catalog.Package {
	p := pack(n, 0, "gate")
	p.Members[0].InputSchema = schema
	return p
}

func attributes(rng *rand.Rand) history.Attributes {
	set := history.Attributes{}
	for range 1 + rng.IntN(2) {
		set[one(rng, labels)] = history.Payload(one(rng, values))
	}
	return set
}

// asked draws a command that clients send less often than those of draw. It may read n, which may
// be behind. nil means that there is nothing to do.
func (w *World) asked(n *node, rng *rand.Rand) fsm.Command {
	for _, id := range schedules { // by chance few are paused, and few of these are resumed
		switch s := w.model.schedules[id]; {
		case s == nil:
		case s.paused && odds(rng, 3):
			return &fsm.ResumeSchedule{ID: id, Revision: s.revision, Next: w.now.Add(time.Duration(1+rng.IntN(30)) * time.Second)}
		case !s.paused && odds(rng, 20):
			return &fsm.PauseSchedule{ID: id}
		}
	}
	id := fmt.Sprint("gate-", rng.IntN(5))
	g1 := w.model.schedules["g1"]
	// the waiting fire was checked against another schema then
	if routed := !w.model.routes["gate"].now.IsZero(); odds(rng, 2) && (!routed || g1 != nil && len(g1.buffered) > 0) {
		return &fsm.LoadPackage{Package: one(rng, gates), Route: true}
	} else if routed && g1 == nil && odds(rng, 2) {
		return w.putGate(rng, false)
	}
	switch d := rng.IntN(24); {
	case d < 9:
		return w.reopening(n, rng)
	case d < 12:
		return limitQueue(rng)
	case d < 14:
		return &fsm.LoadPackage{Package: one(rng, gates), Route: !odds(rng, 4)}
	case d < 15:
		return &fsm.UnloadVersion{Type: "gate", Version: one(rng, gates).Version.String()}
	case d < 20:
		c := &fsm.StartRun{WorkflowID: id, RunID: w.mint(rng), Type: "gate", Attributes: attributes(rng), CheckedSchema: one(rng, schemas)}
		if p := w.model.loaded[w.model.routes["gate"].now]; p != nil && !odds(rng, 4) {
			c.CheckedSchema = p.Members[0].InputSchema
		}
		return c
	case d < 21:
		return &fsm.TerminateRun{Run: fsm.RunRef{WorkflowID: id}}
	}
	if odds(rng, 4) {
		return w.putGate(rng, g1 != nil)
	}
	return &fsm.SignalRun{Run: fsm.RunRef{WorkflowID: id}, Name: "go", Payload: payload(rng), MaxWaiting: 6}
}

func (w *World) putGate(rng *rand.Rand, replace bool) fsm.Command {
	return inLayout(&fsm.PutSchedule{Schedule: rows.Schedule{
		ID: "g1", Type: "gate", Every: one(rng, []history.Duration{2e9, 45e9}), Overlap: rows.Overlap(1 + rng.IntN(2)), Next: w.now.Add(time.Duration(1+rng.IntN(5)) * time.Second),
	}, Replace: replace})
}

// gateTurn is turn for a run that also changes its attributes.
func (w *World) gateTurn(r *rows.Run, rng *rand.Rand) fsm.Command {
	c := w.turn(r, rng).(*fsm.RecordTurn)
	if odds(rng, 2) {
		set := attributes(rng)
		renumber(set, dice(uint64(r.RunID[15])<<40^uint64(r.RunID[7])<<32^c.N))
		c.Asked = slices.Insert(c.Asked, 0, history.Event{Data: &history.AttributesUpdated{Attributes: set}})
	}
	return c
}

// renumber puts other numbers in the place of the one that attributes draws. It has its own random
// source, so that older schedules stay the same.
func renumber(set history.Attributes, rng *rand.Rand) {
	for _, name := range labels {
		if string(set[name]) == "3" {
			set[name] = history.Payload(one(rng, numbers))
		}
	}
}

func limitQueue(rng *rand.Rand) fsm.Command {
	c := &fsm.LimitQueue{Queue: one(rng, queues)}
	if odds(rng, 2) {
		c.Limits.Concurrency = uint64(rng.IntN(4))
	}
	if odds(rng, 2) {
		c.Limits.Rate, c.Limits.Per, c.Limits.Burst = 1+rng.Uint64N(7), history.Duration(1+rng.IntN(10))*1e9, uint64(rng.IntN(4))
	} else if odds(rng, 10) {
		c.Limits.Burst = 3 // without a rate
	}
	return c
}

// reopening draws a closed run and what reopening it has to take up again, as n sees it. Sometimes
// it is wrong.
func (w *World) reopening(n *node, rng *rand.Rand) fsm.Command {
	if len(w.model.order) == 0 {
		return nil
	}
	newest := w.model.order[max(0, len(w.model.order)-60):]
	c := new(fsm.ReopenRun)
	for range 12 { // usually one that can be reopened
		id := one(rng, newest)
		r := w.model.runs[id]
		if c.Run.RunID = id; r != nil && !r.status.Open() && r.status != history.StatusCompleted && r.status != history.StatusContinuedAsNew && w.model.latest[r.workflowID] == id {
			break
		}
	}
	n.state.View(func(v fsm.View) {
		r, found := v.Run(c.Run.RunID)
		if !found || r.Status.Open() || len(r.Reopened) > 8 {
			return
		}
		c.Events = r.Events
		if last := v.Turns(r.RunID, r.Turns, 1); len(last) > 0 && last[0].Count > 0 && last[0].FirstSeq+last[0].Count == r.Events+1 {
			c.Turn = r.Turns
		}
		if _, real := flows[r.Type]; real {
			if r.Status != history.StatusCompleted && r.Status != history.StatusContinuedAsNew {
				w.flowReopening(v, &r, c)
			}
		} else {
			standing(v, &r, c, rng)
		}
	})
	if r := w.model.runs[c.Run.RunID]; r != nil && w.model.level >= 2 && odds(rng, 3) {
		c.On = w.other(rng, r.typ, r.version)
	}
	if odds(rng, 12) && len(c.Again) > 0 {
		c.Again = c.Again[:len(c.Again)-1]
		c.Turn++ // refused, whatever else it contains
	}
	return c
}

// standing fills in what was open before the turn that closed a run of drawn turns: everything
// begun without an outcome, and some of what failed.
func standing(v fsm.View, r *rows.Run, c *fsm.ReopenRun, rng *rand.Rand) {
	s := standingAt(v, r, r.Events, c.Turn)
	for _, id := range s.ordinals {
		failed, over := s.ended[id]
		if over && failed && odds(rng, 2) {
			c.Forget, over = append(c.Forget, id), false
		}
		if !over {
			c.Again = append(c.Again, fsm.Again{ID: id, Seq: s.began[id].Seq})
		}
	}
}
