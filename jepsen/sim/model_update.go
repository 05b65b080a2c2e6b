package sim

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// updateChain is in how many runs that go on from each other an update's id is known.
const updateChain = 8

// update predicts an update: the same id has one effect, also when its run has gone on as another.
func (m *Model) update(c *fsm.UpdateRun, res *fsm.Result) (code, why string) {
	r := m.resolve(c.Run)
	if r == nil || !m.touches(r.typ) {
		return "not_found", ""
	}
	for of, n := r, 0; of != nil && n < updateChain; of, n = m.runs[of.goesOnFrom], n+1 {
		if u, known := of.updates[c.ID]; known {
			if u.Name != c.Name {
				return "invalid_input", ""
			}
			return ok, answersUpdate(res, of, u, true)
		}
		if !c.Run.RunID.IsZero() {
			break
		}
	}
	return m.onOpenUpdate(r, c, res)
}

func (m *Model) onOpenUpdate(r *run, c *fsm.UpdateRun, res *fsm.Result) (code, why string) {
	switch {
	case !r.status.Open() || m.doomed(r):
		return "not_running", ""
	case r.void >= 3, c.Turns > 0 && (c.Turns != r.turns || c.Events != uint64(len(r.lines))):
		return "unavailable", ""
	case r.updatesOpen() >= c.MaxWaiting || uint64(len(r.lines)) >= r.eventLimit:
		return "resource_exhausted", ""
	}
	m.append(r, &history.UpdateAccepted{UpdateID: c.ID, Name: c.Name, Args: c.Args})
	if r.updates == nil {
		r.updates = map[string]rows.Update{}
	}
	u := rows.Update{Name: c.Name, Accepted: uint64(len(r.lines))}
	r.updates[c.ID] = u
	return ok, answersUpdate(res, r, u, false)
}

func answersUpdate(res *fsm.Result, r *run, u rows.Update, already bool) (why string) {
	if a, is := res.Answer.(*fsm.UpdateAnswer); is && (a.RunID != r.id || a.WorkflowID != r.workflowID || a.Update != u || a.Already != already) {
		return fmt.Sprintf("answered %+v, want %+v of %s, known before: %v", a, u, r.id, already)
	}
	return ""
}

// updatesOpen counts the updates that are accepted and not completed.
func (r *run) updatesOpen() (n uint64) {
	for _, u := range r.updates {
		if u.Completed == 0 {
			n++
		}
	}
	return n
}

// answer notes that code has answered an update; a second answer changes nothing.
func (m *Model) answer(r *run, e *history.UpdateCompleted) {
	m.append(r, e)
	if u, known := r.updates[e.UpdateID]; known && u.Completed == 0 {
		u.Completed = uint64(len(r.lines))
		r.updates[e.UpdateID] = u
	}
}

// updatesAreNot compares where the updates of a run stand.
func (r *run) updatesAreNot(v fsm.View) string {
	for id, want := range r.updates {
		if of, got, found := v.Update(r.id, id); !found || of != r.id || got != want {
			return fmt.Sprintf("update %s of run %s is %+v of %s (%v), want %+v", id, r.id, got, of, found, want)
		}
	}
	return ""
}

// drawUpdate draws an update, and often what a validator saw before it.
func (w *World) drawUpdate(rng *rand.Rand) fsm.Command {
	c := &fsm.UpdateRun{Run: w.ref(rng), ID: fmt.Sprint("u", rng.IntN(8)), Name: one(rng, []string{"take", "take", "take", "note"}), Args: payload(rng), MaxWaiting: 4}
	if r := w.model.resolve(c.Run); r != nil && odds(rng, 2) {
		c.Turns, c.Events = r.turns, uint64(len(r.lines))
	}
	return c
}

// drawAnswer draws an answer of a run's code to one of its updates.
func (m *Model) drawAnswer(id history.RunID, rng *rand.Rand) history.Data {
	r := m.runs[id]
	if r == nil || len(r.updates) == 0 {
		return nil
	}
	return &history.UpdateCompleted{UpdateID: one(rng, slices.Sorted(maps.Keys(r.updates)))}
}
