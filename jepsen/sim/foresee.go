package sim

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/replay"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// forecast is what a command would lead to for one run, as a leader sees it before the command is
// in the log.
type forecast struct {
	was  rows.Run // without events: the command starts it
	news []history.Data
	kin  bool // the command is a turn of its parent or of a child: it is not said in full what it leads to
}

// cause is a command from which turns follow.
type cause struct {
	command fsm.Command
	client  bool  // a client sends it
	again   *call // not for the first time; nil = it is new
	leads   []forecast
}

// foresee sends a command through n, if n believes that it leads, with turns that follow from it: n
// makes them on its own picture, which may be old. Commands that wait already go before them, so
// that what they foresee may have changed. Sometimes they are wrong on purpose.
//
// draw draws the command, as the picture shows it; nil if none would follow.
func (w *World) foresee(n *node, rng *rand.Rand, draw func(*node, fsm.View, *rand.Rand) *cause) bool {
	if !n.leads() || len(n.pending) > 16 || w.budget > 0 && !odds(rng, 4) { // a small budget parts them
		return false
	}
	if odds(rng, 2) { // otherwise little would come true
		for len(n.pending) > 0 && w.propose(n) {
		}
		for w.commit() {
		}
		for n.apply() {
		}
	}
	did := false
	var turns []*fsm.RecordTurn
	n.state.View(func(v fsm.View) {
		var c *cause
		for range 5 {
			if c == nil {
				c = draw(n, v, rng)
			}
		}
		if c == nil {
			return
		}
		did = true
		if odds(rng, 6) {
			w.meddle(n, rng, c.leads)
		}
		if c.again != nil {
			w.forward(n, c.again)
		} else if c.client && len(w.calls) < atOnce {
			w.send(n, c.command, rng)
		} else {
			n.pending = append(n.pending, &call{envelope: fsm.Envelope{Command: c.command}})
		}
		at := len(n.pending) - 1
		if odds(rng, 8) {
			w.meddle(n, rng, c.leads)
		}
		for i := range c.leads {
			turn := w.ahead(v, &c.leads[i], rng)
			if turn == nil {
				continue
			}
			turn.Foreseen.Back = uint64(len(n.pending) - at)
			// A leader writes both commands. Another place is never that of another cause to it, so
			// real code, which would see other events then, keeps its own.
			if _, real := flows[c.leads[i].was.Type]; odds(rng, 15) && !real {
				turn.Foreseen.Back = rng.Uint64N(turn.Foreseen.Back + 3)
			}
			n.pending = append(n.pending, &call{envelope: fsm.Envelope{Command: turn}})
			turns = append(turns, turn)
		}
	})
	for _, c := range turns {
		for _, e := range c.Asked {
			if a, is := e.Data.(*history.ActivityScheduled); is && odds(rng, 2) {
				n.pending = append(n.pending, &call{envelope: fsm.Envelope{Command: &fsm.LeaseTasks{
					Queue: a.Queue, Activities: []string{a.Activity}, Worker: fmt.Sprint("w", rng.IntN(3)), Max: 1, Lease: history.Duration(1+rng.IntN(20)) * 1e9, Named: true,
				}}})
			}
		}
	}
	return did
}

// unanswered returns, sometimes, a client's call of a kind that has no answer yet. If it was
// carried out before, nothing follows from it now.
func (w *World) unanswered(kind fsm.Kind, rng *rand.Rand) *call {
	if !odds(rng, 3) {
		return nil
	}
	for _, c := range w.calls {
		if c.unknown && c.envelope.Request != nil && c.envelope.Command.Kind() == kind && !w.outlived(c) {
			return c
		}
	}
	return nil
}

// meddle puts a command into the entry that what was foreseen knows nothing of.
func (w *World) meddle(n *node, rng *rand.Rand, forecasts []forecast) {
	var c fsm.Command
	r := one(rng, forecasts).was
	ref := fsm.RunRef{WorkflowID: r.WorkflowID, RunID: r.RunID}
	switch rng.IntN(6) {
	case 0, 1:
		c = &fsm.SignalRun{Run: ref, Name: "go", Payload: payload(rng), MaxWaiting: 6}
	case 2:
		c = &fsm.PauseRun{Run: ref}
	case 3:
		c = &fsm.CancelRun{Run: ref}
	case 4:
		c = &fsm.LoadPackage{Package: one(rng, packages), Route: true}
	case 5:
		c = &fsm.RouteType{Type: one(rng, types), Version: version(rng)}
	}
	n.pending = append(n.pending, &call{envelope: fsm.Envelope{Command: c}})
}

// cause draws a command from which turns follow, as v shows it; nil if none would follow.
func (w *World) cause(n *node, v fsm.View, rng *rand.Rand) *cause {
	c := new(cause)
	switch k := rng.IntN(10); {
	case k < 3:
		w.foreseenStart(c, v, rng)
	case k < 6:
		signal := &fsm.SignalRun{Run: w.ref(rng), Name: "go", Payload: payload(rng), MaxWaiting: 6}
		if odds(rng, 3) {
			signal.Run = fsm.RunRef{WorkflowID: fmt.Sprint("flow-", rng.IntN(4))}
		}
		if c.again = w.unanswered(signal.Kind(), rng); c.again != nil {
			signal = c.again.envelope.Command.(*fsm.SignalRun)
		}
		id := signal.Run.RunID
		if id.IsZero() {
			id, _ = v.Latest(signal.Run.WorkflowID)
		}
		c.command, c.client = signal, true
		c.add(v, rng, id, &history.SignalReceived{Name: signal.Name, Payload: signal.Payload})
	case k < 8:
		fire := &fsm.FireTimers{Timers: v.DueTimers(max(w.now.Add(w.skew[n.index]), 0), 1+rng.IntN(4))}
		for _, ref := range fire.Timers {
			if _, clock := v.Task(ref.RunID, ref.ID); ref.ID != 0 && !clock {
				c.add(v, rng, ref.RunID, &history.TimerFired{ID: ref.ID})
			}
		}
		c.command = fire
	default:
		done := new(fsm.CompleteTasks)
		for range 1 + rng.IntN(3) {
			token, found := w.model.token(rng)
			if !found {
				continue
			}
			out := fsm.TaskOutput{Token: token, Output: history.Payload("1")}
			done.Results = append(done.Results, out)
			if t, open := v.Task(token.RunID, token.ID); open && t.State == rows.TaskLeased && t.Attempt == token.Attempt {
				c.add(v, rng, token.RunID, &history.ActivityCompleted{ID: token.ID, Attempt: token.Attempt, Result: out.Output})
			}
		}
		c.command = done
	}
	if len(c.leads) == 0 {
		return nil
	}
	return c
}

// add notes what the command appends to a run. Of runs that do not turn it notes few.
func (c *cause) add(v fsm.View, rng *rand.Rand, id history.RunID, data history.Data) {
	for i := range c.leads {
		if c.leads[i].was.RunID == id {
			c.leads[i].news = append(c.leads[i].news, data)
			return
		}
	}
	if r, found := v.Run(id); found && (r.Status == history.StatusRunning || odds(rng, 8)) {
		c.leads = append(c.leads, forecast{was: r, news: []history.Data{data}})
	}
}

// foreseenStart draws a start, and the run that it leads to: on the version that v shows.
func (w *World) foreseenStart(c *cause, v fsm.View, rng *rand.Rand) {
	start := &fsm.StartRun{WorkflowID: one(rng, ids), RunID: w.mint(rng), Type: one(rng, types)}
	if odds(rng, 4) {
		start.WorkflowID, start.Type, start.Input = fmt.Sprint("flow-", rng.IntN(4)), "flow", history.Payload("1")
	}
	if c.again = w.unanswered(start.Kind(), rng); c.again != nil {
		start = c.again.envelope.Command.(*fsm.StartRun)
	}
	route, _, _, routed := v.Catalog().Resolve(start.Type)
	on := route.Version
	if start.Version != "" {
		var err error
		on, err = v.Catalog().FindFor(start.Type, start.Version)
		routed = err == nil
	}
	if !routed {
		return
	}
	if id, found := v.Latest(start.WorkflowID); found && !odds(rng, 8) {
		if open, _ := v.Run(id); open.Status.Open() {
			return // the start would be refused
		}
	}
	c.command, c.client = start, true
	r := rows.Run{WorkflowID: start.WorkflowID, RunID: start.RunID, Type: start.Type, Version: on, Status: history.StatusRunning}
	c.leads = []forecast{{was: r, news: []history.Data{&history.WorkflowStarted{
		WorkflowID: r.WorkflowID, RunID: r.RunID, WorkflowType: r.Type, Version: on, Input: start.Input, Attempt: 1,
	}}}}
}

// ahead makes the turn of a run that follows if f comes true; nil if it has none.
func (w *World) ahead(v fsm.View, f *forecast, rng *rand.Rand) (c *fsm.RecordTurn) {
	sight := fsm.Foresight{After: f.was.Events}
	if sight.After == 0 {
		sight.Version = f.was.Version
	}
	if _, real := flows[f.was.Type]; real {
		if c = w.flowAhead(v, f); c == nil {
			return nil
		}
	} else {
		r := f.was
		r.Events += uint64(len(f.news))
		c = w.turn(&r, rng).(*fsm.RecordTurn)
		if !odds(rng, 10) {
			c.Through = r.Events // not N: the ordinals that it gave away go with it
		}
		switch rng.IntN(40) {
		case 0:
			sight.After += 1 + rng.Uint64N(2)
		case 1:
			sight.After -= min(sight.After, 1)
		case 2:
			sight.Version = one(rng, append(packages[:len(packages):len(packages)], catalog.Package{})).Version
		}
	}
	if f.kin {
		sight.Saw = fsm.SawEvents(f.news...)
		if _, real := flows[f.was.Type]; odds(rng, 20) && !real {
			sight.Saw = fsm.SawEvents()
		}
	}
	c.Foreseen = &sight
	return c
}

// flowAhead is ahead for a run of real code. Its turn must be the one that a replay makes if it is
// recorded.
func (w *World) flowAhead(v fsm.View, f *forecast) *fsm.RecordTurn {
	var m *replay.Machine
	var events []history.Event
	for _, data := range f.news {
		events = append(events, history.Event{Seq: f.was.Events + uint64(len(events)) + 1, Data: data})
	}
	if f.was.Events == 0 {
		code := flowCode()
		p := code.archive.Package()
		member, _ := p.Member(f.was.Type)
		var err error
		if m, err = replay.New(replay.Config{Program: code.program, Member: *member, Rules: w.newestRules}, events[0]); err != nil {
			w.failf("run %s: %v", f.was.RunID, err)
		}
	} else {
		if f.was.Status != history.StatusRunning {
			return nil
		}
		var before []history.Event
		m, before = w.replayed(v, &f.was, f.was.Turns)
		events = append(before[:len(before):len(before)], events...)
	}
	defer m.Close()
	step, err := m.Foresee(context.Background(), events[m.Seen():])
	if errors.Is(err, replay.ErrTime) {
		return nil
	}
	if err != nil {
		w.failf("run %s, turn %d, made ahead: %v", f.was.RunID, f.was.Turns+1, err)
	}
	w.stats.Flows++
	return turnOf(f.was.RunID, step)
}
