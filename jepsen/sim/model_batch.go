package sim

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// batch is a batch as its row must show it.
type batch struct {
	spec          rows.BatchSpec
	status        rows.BatchStatus
	since         history.Time
	below         uint64 // runs with a lower serial are still to be looked at
	found, done   uint64
	failed, noted uint64
}

func (m *Model) startBatch(c *fsm.StartBatch) string {
	running := 0
	for _, b := range m.batches { // any order: counted
		if b.status == rows.BatchRunning {
			running++
		}
	}
	switch {
	case m.level < 4, m.level < 5 && c.Spec.Op == rows.BatchReset:
		return fenced
	case running >= fsm.MaxRunningBatches:
		return "resource_exhausted"
	case m.batches[c.ID] == nil:
		m.batches[c.ID] = &batch{spec: c.Spec, status: rows.BatchRunning, since: m.now, below: uint64(m.started) + 1}
	}
	return ok
}

func (m *Model) stopBatch(c *fsm.StopBatch) string {
	b := m.batches[c.ID]
	if b == nil {
		return "not_found"
	}
	if b.status == rows.BatchRunning {
		b.status = rows.BatchStopped
	}
	return ok
}

// actBatch executes a piece of a batch. Where an entry with a small budget was full, the answer
// tells.
func (m *Model) actBatch(c *fsm.ActBatch, res *fsm.Result) (code, why string) {
	b := m.batches[c.ID]
	if b == nil {
		return "not_found", ""
	}
	a, is := res.Answer.(*fsm.BatchAnswer)
	if b.status != rows.BatchRunning || b.below != c.Below {
		if is && (a.Acted != 0 || a.Blocked) {
			return ok, fmt.Sprintf("a piece that was overtaken did something: %+v", a)
		}
		return ok, ""
	}
	acted, blocked := uint64(0), false
	for i := range c.Acts {
		act := &c.Acts[i]
		if act.Serial >= b.below {
			acted++
			continue
		}
		if (m.tight || act.Reset != nil) && is && i > 0 && acted == a.Acted && !a.Blocked {
			break
		}
		if blocked = !m.actOn(b, act); blocked {
			break
		}
		b.below = act.Serial
		acted++
	}
	if acted == uint64(len(c.Acts)) {
		if b.below = min(b.below, c.To); c.End {
			b.status = rows.BatchCompleted
		}
	}
	if is && (a.Acted != acted || a.Blocked != blocked) {
		return ok, fmt.Sprintf("a piece answered %+v, want %d runs, blocked %v", a, acted, blocked)
	}
	return ok, ""
}

// actOn does the operation to one run as the command of its own does; false = the run is to be
// looked at again.
func (m *Model) actOn(b *batch, act *fsm.BatchAct) bool {
	r := m.runs[act.RunID]
	if r == nil || uint64(r.born) != act.Serial || !m.takes(b, r) {
		return true
	}
	code := act.Code
	if code == "" && !b.spec.DryRun {
		only := m.only
		m.only = nil
		code = m.operate(b, act, r)
		m.only = only
		if (code == fenced || code == later) && !act.Last {
			return false
		}
	}
	b.found++
	switch {
	case b.spec.DryRun:
	case code == ok:
		b.done++
	default:
		b.failed++
		b.noted++
	}
	return true
}

func (m *Model) takes(b *batch, r *run) bool {
	row := &rows.Run{Type: r.typ, Status: r.status, Version: r.version, Attributes: r.attrs}
	return slices.Contains(b.spec.Op.Takes(), r.status) && (b.spec.Op != rows.BatchMove || r.version != b.spec.To) && (b.spec.Op != rows.BatchReset || r.resetAs.IsZero()) &&
		!slices.ContainsFunc(b.spec.Where, func(c rows.Condition) bool { return !c.Holds(row) })
}

func (m *Model) operate(b *batch, act *fsm.BatchAct, r *run) string {
	ref, s := fsm.RunRef{WorkflowID: r.workflowID, RunID: r.id}, &b.spec
	var c fsm.Command
	switch s.Op {
	case rows.BatchCancel:
		c = &fsm.CancelRun{Run: ref}
	case rows.BatchTerminate:
		c = &fsm.TerminateRun{Run: ref}
	case rows.BatchPause:
		c = &fsm.PauseRun{Run: ref, Still: true}
	case rows.BatchResume:
		c = &fsm.ResumeRun{Run: ref}
	case rows.BatchSignal:
		c = &fsm.SignalRun{Run: ref, Payload: s.Payload, MaxWaiting: s.Waiting}
	case rows.BatchReopen:
		if act.Reopen == nil {
			return fenced
		}
		reopen := *act.Reopen
		reopen.Run = ref
		c = &reopen
	case rows.BatchMove:
		if act.Move == nil {
			return fenced
		}
		move := *act.Move
		move.Run = ref
		c = &move
	case rows.BatchReset:
		if act.Reset == nil {
			return fenced
		}
		reset := *act.Reset
		reset.Run, reset.As, reset.DropSignals = ref, "", s.DropSignals
		c = &reset
	}
	code, why := m.execute(c, new(fsm.Result))
	m.wrong(why)
	return code
}

// batchesAreNot compares the batches.
func (m *Model) batchesAreNot(v fsm.View) string {
	list := v.Batches("", 1000)
	for _, got := range list {
		want := m.batches[got.ID]
		if want == nil || got.Status != want.status || got.Since != want.since || got.Below != want.below || got.Found != want.found || got.Done != want.done || got.Failed != want.failed || got.Listed != want.noted {
			return fmt.Sprintf("batch %s is %+v, want %+v", got.ID, got, want)
		}
	}
	if len(list) != len(m.batches) {
		return fmt.Sprintf("there are %d batches, want %d", len(list), len(m.batches))
	}
	return ""
}

// submitBatch starts a batch or stops one.
func (w *World) submitBatch(n *node, rng *rand.Rand) bool {
	if w.model.level < 4 || len(w.calls) >= atOnce {
		return false
	}
	if known := len(w.model.batches); odds(rng, 4) { // usually the newest, which may be running
		id := fmt.Sprint("b", max(0, known-1))
		if odds(rng, 3) {
			id = fmt.Sprint("b", rng.IntN(known+2))
		}
		return w.send(n, &fsm.StopBatch{ID: id}, rng)
	}
	s := rows.BatchSpec{Op: rows.BatchOp(1 + rng.IntN(7)), DryRun: odds(rng, 8), Rate: 1 + rng.Uint64N(5), Waiting: 6, Payload: payload(rng)}
	if s.Op == rows.BatchMove {
		s.To = one(rng, known).Version
	}
	switch rng.IntN(4) {
	case 0:
		s.Where = append(s.Where, rows.Condition{Field: rows.OfAttribute, Op: one(rng, []rows.Op{rows.Equal, rows.Not}), Name: labels[0], Value: history.Payload(one(rng, values[:2]))})
	case 1:
		s.Where = append(s.Where, rows.Condition{Field: rows.OfType, Op: rows.Equal, Text: one(rng, types)})
	case 2:
		s.Where = append(s.Where, rows.Condition{Field: rows.OfVersion, Op: rows.Not, Version: one(rng, packages).Version})
	}
	id := len(w.model.batches)
	if odds(rng, 12) {
		id = rng.IntN(id + 1) // minted twice
	}
	return w.send(n, &fsm.StartBatch{ID: fmt.Sprint("b", id), Spec: s}, rng)
}

// nextOfBatches are the next pieces of the batches that run, as n sees them. What was found out
// about a run is not always how it stands.
func (w *World) nextOfBatches(v fsm.View, rng *rand.Rand) (cs []fsm.Command) {
	for _, id := range v.RunningBatches() {
		b, _ := v.Batch(id)
		c := &fsm.ActBatch{ID: id, Below: b.Below}
		c.Acts, c.To, c.End = v.BatchNext(b, b.Below, 1+rng.IntN(4))
		for i := range c.Acts {
			act := &c.Acts[i]
			r, found := v.Run(act.RunID)
			if !found {
				continue
			}
			act.Last = odds(rng, 3)
			switch {
			case odds(rng, 16):
				act.Code, act.Detail = "not_found", "it is gone"
			case b.Spec.Op == rows.BatchMove && !odds(rng, 8):
				act.Move = &fsm.MoveRun{From: r.Version, To: b.Spec.To, Turns: r.Turns, Reopened: uint64(len(r.Reopened))}
			case b.Spec.Op == rows.BatchReset && !odds(rng, 8):
				act.Reset = w.drawReset(v, &r, rng)
			case b.Spec.Op == rows.BatchReopen && !odds(rng, 8) && !r.Status.Open() && len(r.Reopened) <= 8:
				reopen := &fsm.ReopenRun{Events: r.Events}
				if last := v.Turns(r.RunID, r.Turns, 1); len(last) > 0 && last[0].Count > 0 && last[0].FirstSeq+last[0].Count == r.Events+1 {
					reopen.Turn = r.Turns
				}
				if _, real := flows[r.Type]; !real {
					standing(v, &r, reopen, rng)
					act.Reopen = reopen
				}
			}
		}
		cs = append(cs, c)
	}
	return cs
}
