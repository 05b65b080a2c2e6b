package sim

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// loop runs one of the leader's loops once at n, if n believes that it leads: from n's own picture,
// which may be older than the log and older than n's own proposals. Whatever it proposes must be
// fenced.
func (w *World) loop(n *node, op Op, rng *rand.Rand) bool {
	if !n.leads() || len(n.pending) > 16 {
		return false
	}
	now := max(w.now.Add(w.skew[n.index]), 0)
	var cs []fsm.Command
	n.state.View(func(v fsm.View) {
		switch op {
		case Turn:
			cs = w.turns(v, rng)
		case Fire:
			cs = w.fires(v, rng, now)
		case Lease:
			cs = append(cs, &fsm.LeaseTasks{
				Queue: one(rng, queues), Activities: []string{"ship", one(rng, works)}, Worker: fmt.Sprint("w", rng.IntN(3)), Max: uint32(1 + rng.IntN(4)),
				Lease: history.Duration(1+rng.IntN(20)) * 1e9, Named: odds(rng, 2),
			})
		case Settle:
			cs = w.taskReports(rng)
		case Plan:
			for _, id := range v.DueSchedules(now, 3) {
				s, ok := v.Schedule(id)
				if !ok {
					continue
				}
				var checked catalog.Digest // the result of the leader's check of the input
				if _, _, member, routed := v.Catalog().Resolve(s.Type); routed {
					checked = member.InputSchema
				}
				if s.Next != 0 && s.DueAt(s.Next) <= now {
					next := s.Next.Add(time.Duration(s.Every))
					cs = append(cs, fireApart(&fsm.FireSchedule{ID: id, Revision: s.Revision, Due: s.Next, Next: next, Times: []history.Time{s.Next}, CheckedSchema: checked}, &s))
				} else if s.Stuck() {
					cs = append(cs, fireApart(&fsm.FireSchedule{ID: id, Revision: s.Revision, CheckedSchema: checked}, &s))
				}
			}
			if len(cs) == 0 && odds(rng, 8) {
				id := one(rng, schedules)
				s, _ := v.Schedule(id)
				cs = append(cs, fireApart(&fsm.FireSchedule{ID: id, Times: []history.Time{now}}, &s)) // triggered
			}
		case Carry:
			if v.FingerprintsWait() || odds(rng, 20) {
				cs = append(cs, &fsm.TakeFingerprints{})
			}
			if v.OrderWaits() || odds(rng, 20) {
				cs = append(cs, &fsm.TakeOrdered{})
			}
			for _, j := range v.Jobs(0, 2) {
				cs = append(cs, &fsm.Continue{Job: j.ID})
			}
			cs = append(cs, w.nextOfBatches(v, rng)...)
		case Purge:
			if runs := v.ExpiredRuns(now, 20); len(runs) > 0 {
				cs = append(cs, &fsm.PurgeRuns{Runs: runs})
			} else if len(w.model.order) > 0 {
				cs = append(cs, &fsm.PurgeRuns{Runs: []history.RunID{one(rng, w.model.order)}})
			}
			for _, j := range v.Jobs(0, 1) {
				cs = append(cs, &fsm.Continue{Job: j.ID})
			}
			if odds(rng, 4) {
				cs = append(cs, &fsm.Continue{Job: 1 + rng.Uint64N(3)}) // one that is over, or never existed
			}
		}
	})
	for _, c := range cs {
		n.pending = append(n.pending, &call{envelope: fsm.Envelope{Command: c}})
	}
	return len(cs) > 0
}

func (w *World) turns(v fsm.View, rng *rand.Rand) (cs []fsm.Command) {
	ready, _ := v.Ready(fsm.ReadyCursor{}, 8)
	for range min(len(ready), 1+rng.IntN(4)) {
		r, found := v.Run(one(rng, ready).RunID)
		if !found {
			w.failf("a ready run does not exist at index %d", v.Index())
		}
		if _, real := flows[r.Type]; real {
			cs = append(cs, w.flowTurn(v, &r))
		} else if r.Type == "gate" {
			cs = append(cs, w.gateTurn(&r, rng))
		} else {
			cs = append(cs, w.turn(&r, rng))
		}
	}
	return cs
}

// turn draws what code might ask for. It has seen everything in the picture, or less.
func (w *World) turn(r *rows.Run, rng *rand.Rand) fsm.Command {
	c := &fsm.RecordTurn{RunID: r.RunID, N: r.Turns + 1, Through: r.Events, Consumed: r.Events / 2}
	if r.Events > r.Through+1 && odds(rng, 4) {
		c.Through = r.Through + 1
	}
	if odds(rng, 30) {
		c.N++
	}
	if odds(rng, 30) {
		c.Limits = rows.RunLimits{Events: 12}
	}
	// the log of a run is bounded, so it loses lines; nothing is drawn, so that old seeds keep
	// their meaning
	if c.N%3 != 0 {
		c.Logs, c.Limits.LogBytes = []string{"turn", strings.Repeat("x", int(r.Events%50))}, 200+100*(c.N%4)
	}
	ordinal := 16 * c.N // ordinals are not used twice,
	if void := w.model.voided(r.RunID); void != 0 && !odds(rng, 4) && c.N == r.Turns+1 {
		ordinal = 16 * void // except by code that repeats a void turn: what that turn began still exists
	}
	before := func() uint64 { return 16*(1+rng.Uint64N(c.N)) + 1 + rng.Uint64N(3) }
	for range rng.IntN(4) {
		ordinal++
		var d history.Data
		switch rng.IntN(12) {
		case 0, 1:
			d = &history.TimerStarted{ID: ordinal, Duration: history.Duration(rng.IntN(20)) * 1e9}
		case 2:
			if id := before(); id < ordinal { // code cannot give up what it has not begun
				d = &history.TimerCancelled{ID: id}
			}
		case 3:
			d = &history.SignalSent{WorkflowID: one(rng, ids), Name: "hi", Payload: payload(rng)}
		case 4, 5, 6:
			id := one(rng, ids)
			if odds(rng, 2) {
				id = fmt.Sprintf("kid-%d", rng.IntN(30))
			}
			d = &history.ChildWorkflowStarted{
				ID: ordinal, WorkflowID: id, WorkflowType: one(rng, append([]string{"none"}, types...)), OnClose: history.ClosePolicy(rng.IntN(3)), Choice: history.ChildVersion(rng.IntN(3)),
			}
			if child := d.(*history.ChildWorkflowStarted); w.model.level >= 5 && odds(rng, 4) {
				child.Retry, child.ChainTimeout = drawChain(rng)
			}
		case 7:
			if k := w.model.childOf(r.RunID, rng); k != 0 {
				d = &history.ChildWorkflowCancelled{ID: k, Asked: true}
			}
		case 8, 9, 10:
			a := &history.ActivityScheduled{ID: ordinal, Activity: one(rng, works), Queue: one(rng, queues)}
			seconds := func() history.Duration { return history.Duration(rng.IntN(3)*rng.IntN(10)) * 1e9 }
			a.Timeout, a.Heartbeat, a.ScheduleTimeout = seconds(), seconds(), seconds()
			if odds(rng, 2) {
				a.Retry = &history.Retry{MaxAttempts: uint32(rng.IntN(4))}
			}
			d = a
		case 11:
			if id := before(); id < ordinal {
				d = &history.ActivityCancelled{ID: id}
			}
		}
		if d != nil {
			c.Asked = append(c.Asked, history.Event{Data: d})
		}
	}
	if odds(rng, 3) {
		if d := w.model.drawAnswer(r.RunID, rng); d != nil {
			c.Asked = append(c.Asked, history.Event{Data: d})
		}
	}
	var last history.Data
	switch rng.IntN(14) {
	case 0, 1:
		last = &history.WorkflowCompleted{}
	case 2:
		last = &history.WorkflowFailed{Error: history.RunError{Kind: "failed", Message: "no"}}
	case 3:
		last = &history.WorkflowCancelled{}
	case 4:
		e := &history.WorkflowContinuedAsNew{Same: odds(rng, 2)}
		for seq := uint64(1); seq <= c.Through; seq += 2 {
			e.Carry = append(e.Carry, seq)
		}
		last = e
	}
	w.leaveChildren(r.RunID, c, last, c.N == r.Turns+1)
	w.startsOnceMore(r.RunID, c)
	c.Rules, c.Cut = w.rules(r.RunID, c)
	w.handles(w.model.runs[r.RunID], c)
	if last != nil {
		c.Asked = append(c.Asked, history.Event{Data: last})
	}
	return c
}

// rules draws the rules under which the turn was made, and whether it was cut. It has its own
// random source, as leaveChildren has.
func (w *World) rules(id history.RunID, c *fsm.RecordTurn) (rules uint64, cut bool) {
	rng := dice(uint64(id[14])<<40 ^ c.Through<<16 ^ c.N)
	if odds(rng, 3) {
		return 0, false // of an earlier build
	}
	for _, e := range c.Asked {
		if a, is := e.Data.(*history.ActivityScheduled); is && odds(rng, 3) {
			a.TotalTimeout = history.Duration(1+rng.IntN(40)) * 1e9
		}
	}
	cut = odds(rng, 10)
	if w.model.level < 4 && !odds(rng, 40) { // sometimes a request that this level refuses
		return 2, cut
	}
	for i, e := range c.Asked { // half of what is cancelled is waited for
		switch d := e.Data.(type) {
		case *history.ActivityCancelled:
			if odds(rng, 2) {
				c.Asked[i].Data = &history.ActivityCancelRequested{ID: d.ID}
			}
		case *history.ChildWorkflowStarted:
			if odds(rng, 4) {
				d.Timeout = history.Duration(1+rng.IntN(20)) * 1e9
			}
			if odds(rng, 4) {
				d.Attributes = history.Attributes{"city": history.Payload(`"x"`)}
			}
		case *history.ChildWorkflowCancelled:
			if odds(rng, 2) {
				c.Asked[i].Data = &history.ChildWorkflowCancelRequested{ID: d.ID}
			}
		}
	}
	if r := w.model.runs[id]; r != nil && len(r.tasks) > 0 && odds(rng, 3) { // one that a worker may hold
		c.Asked = append(c.Asked, history.Event{Data: &history.ActivityCancelRequested{ID: one(rng, r.tasks).id}})
	}
	c.Asked = endedOnce(c.Asked)
	return history.Rules, cut
}

// endedOnce leaves requests to end out that stand beside another end of the same step: code asks
// for one, as the step's policy says.
func endedOnce(asked []history.Event) (kept []history.Event) {
	ended := map[uint64]bool{}
	for _, e := range asked {
		switch d := e.Data.(type) {
		case *history.ActivityCancelled:
			ended[d.ID] = true
		case *history.ChildWorkflowCancelled:
			ended[d.ID] = true
		}
	}
	for _, e := range asked {
		id := uint64(0)
		switch d := e.Data.(type) {
		case *history.ActivityCancelRequested:
			id = d.ID
		case *history.ChildWorkflowCancelRequested:
			id = d.ID
		}
		if id == 0 || !ended[id] {
			kept = append(kept, e)
		}
		if id != 0 {
			ended[id] = true
		}
	}
	return kept
}

// leaveChildren adds to a turn what makes it matter which child answers under an ordinal: a turn
// that closes its run leaves a child open, and a turn that repeats a void one starts another child
// in the place of that one. It has its own random source, so that the turns of older schedules stay
// the same. A turn that is not the next one repeats nothing, because the next one, in the same
// entry, may have done so.
func (w *World) leaveChildren(id history.RunID, c *fsm.RecordTurn, last history.Data, next bool) {
	rng := dice(uint64(id[15])<<32 ^ c.Through<<8 ^ c.N)
	used := map[uint64]bool{}
	for _, e := range c.Asked {
		used[begins(e.Data)] = true
	}
	start := func(ordinal uint64, workflow string) {
		if used[ordinal] {
			return
		}
		used[ordinal] = true
		c.Asked = append(c.Asked, history.Event{Data: &history.ChildWorkflowStarted{
			ID: ordinal, WorkflowID: workflow, WorkflowType: one(rng, types), OnClose: history.CloseAbandon, Choice: history.ChildVersion(rng.IntN(3)),
		}})
	}
	if _, failed := last.(*history.WorkflowFailed); failed {
		start(16*c.N+9, one(rng, ids)) // one that clients know, and may end
	}
	if void := w.model.voided(id); void != 0 && next {
		for _, k := range w.model.leftOpen(id, void) {
			start(k, fmt.Sprintf("kid-%d", rng.IntN(30)))
		}
	}
}

func (w *World) fires(v fsm.View, rng *rand.Rand, now history.Time) []fsm.Command {
	if odds(rng, 8) {
		now = now.Add(time.Minute) // a leader whose clock is wrong: apply must not trust it
	}
	if due := v.DueTimers(now, 1+rng.IntN(12)); len(due) > 0 {
		return []fsm.Command{&fsm.FireTimers{Timers: due}}
	}
	return nil
}

// taskReports draws what workers report about attempts: those that they hold, and those that they
// have lost.
func (w *World) taskReports(rng *rand.Rand) []fsm.Command {
	var tokens []fsm.TaskToken
	for range 1 + rng.IntN(3) {
		if t, found := w.model.token(rng); found {
			tokens = append(tokens, t)
		}
	}
	if len(tokens) == 0 {
		return nil
	}
	if w.model.level >= 5 && odds(rng, 4) {
		return []fsm.Command{w.drawLater(tokens, rng)}
	}
	switch n := rng.IntN(10); {
	case n < 4:
		c := new(fsm.CompleteTasks)
		for _, t := range tokens {
			c.Results = append(c.Results, fsm.TaskOutput{Token: t, Output: history.Payload("1")})
		}
		return []fsm.Command{c}
	case n < 7:
		c := new(fsm.FailTasks)
		for _, t := range tokens {
			c.Results = append(c.Results, fsm.TaskFailure{Token: t, Error: history.RunError{Kind: "broken", Retryable: !odds(rng, 4)}})
		}
		return []fsm.Command{c}
	case n < 9:
		c := new(fsm.BeatTasks)
		for _, t := range tokens {
			c.Beats = append(c.Beats, fsm.TaskBeat{Token: t})
		}
		return []fsm.Command{c}
	}
	return []fsm.Command{&fsm.ReleaseTasks{Tokens: tokens}}
}
