package fsm

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"pgregory.net/rapid"
)

// TestProperty sends random commands, valid and not, several to an entry, to a state machine that
// checks every invariant after every entry, and at the end replays its log in another way. What
// each single command answers is the transcripts' business; this looks for states that must not be.
func TestProperty(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := worldAt(t, rapid.SampledFrom([]uint64{0, NewestLevel, NewestLevel}).Draw(rt, "level"))
		defer w.s.Close()
		g := &gambler{w: w, t: rt, versions: []string{"v1", "v2", "v3"}, types: []string{"order", "refund"}, ids: []string{"a", "b", "c", "d"}}
		w.do(&LoadPackage{Package: pack("v1", "order", "refund"), Route: true})
		w.budget = rapid.SampledFrom([]uint64{0, EntryBudget, 400, 60, 1}).Draw(rt, "budget") // small ones leave much to jobs
		for range rapid.IntRange(5, 60).Draw(rt, "entries") {
			w.now = w.now.Add(time.Duration(rapid.IntRange(-1, 5).Draw(rt, "seconds")) * time.Second)
			var e []Envelope
			for range rapid.IntRange(1, 4).Draw(rt, "commands") {
				e = append(e, g.envelope())
			}
			before := factsOf(w)
			for i, r := range w.propose(e...) {
				g.check(e[i].Command, r)
			}
			if len(e) == 1 {
				before.check(w, rt)
			}
			checkEphemerals(w, rt)
		}
		w.checkReplay(rapid.SampledFrom(replays).Draw(rt, "replay"))
	})
}

// gambler draws commands that have a chance to fit the state as it was before the entry.
type gambler struct {
	w                    *world
	t                    *rapid.T
	versions, types, ids []string
}

func (g *gambler) one(what string, of []string) string { return rapid.SampledFrom(of).Draw(g.t, what) }
func (g *gambler) coin(what string) bool               { return rapid.Bool().Draw(g.t, what) }

func (g *gambler) envelope() Envelope {
	e := Envelope{Command: g.command()}
	if rapid.IntRange(0, 3).Draw(g.t, "with request") == 0 {
		e.Request = &Request{ID: fmt.Sprint("r", rapid.IntRange(0, 9).Draw(g.t, "request")), Print: catalog.Digest{byte(e.Command.Kind())}, Short: g.coin("short"), Owner: g.one("owner", []string{"", "", "ci", "ops"})}
		e.Actor = "ann"
	}
	if g.w.levelNow() >= 3 && rapid.IntRange(0, 7).Draw(g.t, "limited") == 0 {
		e.Only = &Scope{Types: []string{g.one("types", g.types)}, Queues: []string{"q"}}
	}
	return e
}

func (g *gambler) command() Command {
	ref := RunRef{WorkflowID: g.one("id", g.ids)}
	typ, version := g.one("type", g.types), versionOf(g.one("version", g.versions)).String()
	switch rapid.IntRange(0, 30).Draw(g.t, "command") {
	case 0:
		carries := map[string][]string{"v1": g.types, "v2": {"order"}, "v3": {"refund"}} // a version is a hash of what it carries
		name := g.one("package", g.versions)
		return &LoadPackage{Package: pack(name, carries[name]...), Route: g.coin("route"), Signatures: g.signatures(versionOf(name))}
	case 1:
		return &RouteType{Type: typ, Version: version[:rapid.IntRange(6, 64).Draw(g.t, "digits")]}
	case 2:
		return &RollbackType{Type: typ}
	case 3:
		if g.coin("unroute") {
			return &UnrouteType{Type: typ}
		}
		return g.versionCommand(typ, version)
	case 4:
		return &UnloadVersion{Type: typ, Version: version}
	case 5, 6, 7:
		c := &StartRun{WorkflowID: ref.WorkflowID, RunID: g.w.mint(), Type: typ}
		if g.coin("exact") {
			c.Version = version
		}
		if g.coin("timeout") {
			c.Timeout = history.Duration(rapid.IntRange(1, 20).Draw(g.t, "timeout")) * 1e9
		}
		c.Attributes = g.attributes()
		return c
	case 8:
		return &SignalRun{Run: ref, Name: "go", MaxWaiting: 5}
	case 9:
		return &CancelRun{Run: ref}
	case 10:
		return &TerminateRun{Run: ref}
	case 11:
		if g.coin("move") {
			return g.move(ref)
		}
		return &PauseRun{Run: ref}
	case 12:
		if g.coin("reopen") {
			return g.reopen(ref)
		}
		return &ResumeRun{Run: ref}
	case 13:
		c := new(FireTimers)
		g.w.view(func(v View) { c.Timers = v.DueTimers(g.w.now.Add(time.Second), 5) })
		return c
	case 14:
		if g.w.levelNow() >= 4 && g.coin("policy") {
			return g.policyCommand()
		}
		if g.coin("token") && g.w.levelNow() >= 3 {
			return g.tokenCommand()
		}
		return g.nodeCommand()
	case 29, 30:
		return &Continue{Job: rapid.Uint64Range(0, 9).Draw(g.t, "job")}
	case 21, 22:
		return g.retentionCommand(typ)
	case 26, 27, 28:
		return g.scheduleCommand(typ)
	case 23, 24, 25:
		return g.taskCommand()
	}
	return g.turn(ref.WorkflowID)
}

func (g *gambler) nodeCommand() Command {
	node := g.one("node", []string{"n1", "n2"})
	switch rapid.IntRange(0, 6).Draw(g.t, "node command") {
	case 0:
		return &AnnounceNode{Node: rows.Node{ID: node, HTTPAddress: g.one("address", g.ids)}, ClusterID: "c"}
	case 1:
		return &RemoveNode{ID: node}
	case 2:
		return &Check{Leader: node}
	case 6:
		return &SetLimits{Node: node, Limits: rows.Limits{RequestBytes: uint64(rapid.IntRange(1, 4).Draw(g.t, "request KiB")) << 10}}
	case 3:
		c := &ReportDigest{Node: node}
		g.w.view(func(v View) {
			for _, r := range v.Checks() {
				c.Index, c.Digest = r.Index, r.Digest
			}
		})
		return c
	}
	return &ReportReady{Node: node, Version: versionOf(g.one("version", g.versions)), Ready: g.coin("ready")}
}

// turn draws the next turn of a run, or one that others have overtaken.
func (g *gambler) turn(id string) Command {
	c := &RecordTurn{}
	r, ok := g.w.find(id)
	if !ok {
		return c
	}
	c.RunID, c.N, c.Through = r.RunID, r.Turns+1, r.Events
	c.Rules = rapid.SampledFrom([]uint64{0, 1, history.Rules, history.Rules}).Draw(g.t, "rules")
	if g.coin("late") && r.Events > r.Through+1 {
		c.Through = r.Through + 1
	}
	next := 100 * c.N // ordinals are not used twice
	for range rapid.IntRange(0, 4).Draw(g.t, "asked") {
		next++
		other := g.one("other", append(g.ids, fmt.Sprintf("kid-%d", next)))
		var d history.Data
		switch rapid.IntRange(0, 9).Draw(g.t, "event") {
		case 0:
			d = &history.TimerStarted{ID: next, Duration: history.Duration(rapid.IntRange(0, 9).Draw(g.t, "timer")) * 1e9}
		case 1:
			d = &history.TimerCancelled{ID: 100*rapid.Uint64Range(1, c.N).Draw(g.t, "turn") + 1}
		case 2:
			if g.w.levelNow() >= 6 && g.coin("handle") {
				d = g.handle(next, other)
				break
			}
			d = &history.SignalSent{WorkflowID: other, Name: "hi"}
		case 3, 4:
			d = &history.ChildWorkflowStarted{
				ID: next, WorkflowID: other, WorkflowType: g.one("child type", append(g.types, "none")),
				OnClose: history.ClosePolicy(rapid.IntRange(0, 2).Draw(g.t, "policy")), Choice: history.ChildVersion(rapid.IntRange(0, 2).Draw(g.t, "choice")),
			}
		case 5:
			d = g.giveUp(r.RunID)
		case 6:
			d = &history.AttributesUpdated{Attributes: history.Attributes{"k": history.Payload(fmt.Sprint(next)), "l": nil}}
		case 7, 8:
			d = g.activity(next)
		case 9:
			if g.w.levelNow() >= 4 && g.coin("ask") {
				d = &history.ActivityCancelRequested{ID: 100*rapid.Uint64Range(1, c.N).Draw(g.t, "turn") + uint64(rapid.IntRange(1, 4).Draw(g.t, "asked to end"))}
				break
			}
			d = &history.ActivityCancelled{ID: 100*rapid.Uint64Range(1, c.N).Draw(g.t, "turn") + 1}
		}
		if d != nil {
			c.Asked = append(c.Asked, history.Event{Data: d})
		}
	}
	if d := g.last(r); d != nil {
		c.Asked = append(c.Asked, history.Event{Data: d})
	}
	if rapid.IntRange(0, 9).Draw(g.t, "tight") == 0 {
		c.Limits = rows.RunLimits{Events: 6}
	}
	return c
}

// handle draws what code does with another workflow. It gives up no wait that only comes later in
// the turn: code cannot, since its ordinals ascend.
func (g *gambler) handle(next uint64, other string) history.Data {
	switch rapid.IntRange(0, 6).Draw(g.t, "by handle") {
	case 0, 1:
		return &history.CancelSent{WorkflowID: other, Reason: "why"}
	case 2:
		wait := 100*rapid.Uint64Range(1, next/100).Draw(g.t, "turn") + uint64(rapid.IntRange(1, 4).Draw(g.t, "wait"))
		return &history.AwaitCancelled{ID: min(wait, next-1)}
	}
	return &history.ResultAwaited{ID: next, WorkflowID: other}
}

// giveUp draws a child that the run's code could give up: one that it has started and not heard of.
func (g *gambler) giveUp(run history.RunID) history.Data {
	var ids []uint64
	for _, e := range g.w.history(run) {
		if d, ok := e.Data.(*history.ChildWorkflowStarted); ok && !d.RunID.IsZero() {
			ids = append(ids, d.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	if g.w.levelNow() >= 4 && g.coin("ask") {
		return &history.ChildWorkflowCancelRequested{ID: rapid.SampledFrom(ids).Draw(g.t, "child")}
	}
	return &history.ChildWorkflowCancelled{ID: rapid.SampledFrom(ids).Draw(g.t, "child"), Asked: true}
}

// reopen draws a reopening of a run whose code has not acted on some of its failures.
func (g *gambler) reopen(ref RunRef) Command {
	r, ok := g.w.find(ref.WorkflowID)
	if !ok {
		return &ReopenRun{Run: ref}
	}
	failed := map[uint64]uint64{}
	for _, e := range g.w.history(r.RunID) {
		switch d := e.Data.(type) {
		case *history.ChildWorkflowFailed:
			failed[d.ID] = e.Seq
		case *history.ActivityFailed:
			failed[d.ID] = e.Seq
		case *history.ActivityCancelled:
			delete(failed, d.ID)
		case *history.ChildWorkflowCancelled:
			if failed[d.ID] = e.Seq; d.Asked {
				delete(failed, d.ID)
			}
		case *history.ChildWorkflowCompleted:
			delete(failed, d.ID)
		case *history.ResultReceived:
			if d.Error != nil {
				failed[d.ID] = e.Seq
			}
		}
	}
	var forget []uint64
	for _, id := range slices.Sorted(maps.Keys(failed)) {
		if g.coin("forget") {
			forget = append(forget, id)
		}
	}
	return g.w.reopenOf(ref, forget...)
}

func (g *gambler) last(r rows.Run) history.Data {
	switch rapid.IntRange(0, 11).Draw(g.t, "last") {
	case 0:
		return &history.WorkflowCompleted{}
	case 1:
		return &history.WorkflowFailed{Error: history.RunError{Kind: "failed", Message: "no"}}
	case 2:
		return &history.WorkflowCancelled{}
	case 3, 4:
		e := &history.WorkflowContinuedAsNew{Same: g.coin("same")}
		for seq := uint64(1); seq <= r.Events; seq += 2 {
			e.Carry = append(e.Carry, seq)
		}
		return e
	}
	return nil
}

// check holds answers against I3: a start that was not exact runs the version that is routed when
// it is applied. The routes of the entry's end are known, so only single commands tell.
func (g *gambler) check(c Command, r Result) {
	start, ok := c.(*StartRun)
	answer, started := r.Answer.(*StartAnswer)
	if !ok || !started || r.Deduplicated {
		return
	}
	events := g.w.history(answer.RunID)
	first, ok := events[0].Data.(*history.WorkflowStarted)
	if !ok || first.Version != answer.Version || first.WorkflowID != start.WorkflowID {
		g.t.Fatalf("%+v answered %+v and recorded %+v", start, answer, first)
	}
	if start.Version != "" && answer.Version.String() != start.Version {
		g.t.Fatalf("%+v runs %s", start, answer.Version)
	}
}
