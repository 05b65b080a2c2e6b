package rehearsal

import (
	"fmt"
	"strings"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/runtime/starlark/startest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// run is one run of a test, together with those that continued it. It implements startest.Run.
type run struct {
	w   *world
	ref fsm.RunRef // of the newest known one
}

// ID implements startest.Run.
func (r *run) ID() string { return r.ref.WorkflowID }

// Signal implements startest.Run.
func (r *run) Signal(name string, payload history.Payload) error {
	if _, err := r.row(); err != nil {
		return err
	}
	if _, _, err := r.w.Engine.Signal(r.w.ctx, engine.Call{}, r.ref, name, payload); err != nil {
		return err
	}
	return r.w.runUntilIdle()
}

// Cancel implements startest.Run.
func (r *run) Cancel(reason string) error {
	if _, err := r.row(); err != nil {
		return err
	}
	if _, _, err := r.w.Engine.Cancel(r.w.ctx, engine.Call{}, r.ref, reason); err != nil {
		return err
	}
	return r.w.runUntilIdle()
}

// Query implements startest.Run.
func (r *run) Query(name string, args history.Payload) (history.Payload, error) {
	if _, err := r.row(); err != nil {
		return nil, err
	}
	answer, _, err := r.w.Engine.Query(r.w.ctx, engine.Read{}, r.ref, name, args)
	return answer, err
}

// Update implements startest.Run.
func (r *run) Update(name string, args history.Payload) (a startest.Answer, err error) {
	if _, err := r.row(); err != nil {
		return a, err
	}
	r.w.updates++
	id := fmt.Sprintf("u-%d", r.w.updates) // deterministic, unlike a generated one
	u, _, err := r.w.Engine.Update(r.w.ctx, engine.Call{}, r.ref, engine.UpdateRequest{ID: id, Name: name, Args: args}, 0)
	for err == nil && u.Status == engine.UpdateAccepted && u.Error == nil {
		if err := r.w.runUntilIdle(); err != nil {
			return a, err
		}
		of := fsm.RunRef{WorkflowID: u.WorkflowID, RunID: u.RunID}
		if u, err = r.w.UpdateState(r.w.ctx, engine.Read{}, of, id, 0); err != nil || u.Status != engine.UpdateAccepted || u.Error != nil {
			break
		}
		if err := r.forward(func() error {
			return fmt.Errorf("update %s of workflow %s will not be answered: nothing else happens in this test", name, r.ref.WorkflowID)
		}); err != nil {
			return a, err
		}
	}
	if err != nil {
		return a, err
	}
	return startest.Answer{Result: u.Result, Error: u.Error}, r.w.runUntilIdle()
}

// row reads the run's row, after following the chain.
func (r *run) row() (*rows.Run, error) {
	for {
		d, err := r.w.Describe(r.w.ctx, engine.Read{}, r.ref, 0)
		if err != nil {
			return nil, err
		}
		if d.Chain.To.IsZero() {
			return &d.Run, nil
		}
		r.ref.RunID = d.Chain.To
	}
}

// Look implements startest.Run.
func (r *run) Look() (s startest.Standing, err error) {
	row, err := r.row()
	if err != nil {
		return s, err
	}
	if s.Status = row.Status; s.Status.Open() {
		return s, nil
	}
	end, err := r.w.Engine.Result(r.w.ctx, engine.Read{}, r.ref, 0)
	if err != nil {
		return s, err
	}
	return startest.Standing{Status: end.Status, Result: end.Result, Error: end.Error}, nil
}

// Await implements startest.Run.
func (r *run) Await() (startest.Standing, error) {
	for {
		if err := r.w.runUntilIdle(); err != nil {
			return startest.Standing{}, err
		}
		s, err := r.Look()
		if err != nil || !s.Status.Open() {
			return s, err
		}
		if s.Status == history.StatusPaused {
			return s, r.stuck()
		}
		if err := r.forward(r.stuck); err != nil {
			return s, err
		}
	}
}

// forward lets time pass until something is due; stuck is why nothing is.
func (r *run) forward(stuck func() error) error {
	next, any := r.w.nextDue()
	switch {
	case !any:
		return stuck()
	case next > beginning.Add(horizon):
		return errTooLong
	}
	return r.w.advance(next)
}

// stuck returns why the run will not end.
func (r *run) stuck() error {
	row, err := r.row()
	if err != nil {
		return err
	}
	if row.Quarantined {
		return r.quarantine(row)
	}
	var text string
	r.w.log.View(func(v fsm.View) { text = waits(v, *row, 0) })
	return fmt.Errorf("workflow %s will not end: it waits for %s, and nothing else happens in this test", row.WorkflowID, text)
}

// waits describes what a run waits for, and what its children wait for.
func waits(v fsm.View, row rows.Run, depth int) string {
	const deep = 5
	var list []string
	for _, wait := range row.Waiting {
		text := strings.TrimSpace(wait.Kind + " " + wait.Name)
		if id, ok := v.Latest(wait.Name); ok && wait.Kind == "child" && depth < deep {
			if child, ok := v.Run(id); ok && child.Status.Open() {
				text += " (which waits for " + waits(v, child, depth+1) + ")"
			}
		}
		list = append(list, text)
	}
	if len(list) == 0 {
		return "nothing that is known"
	}
	return strings.Join(list, ", ")
}

// quarantine returns why a run was quarantined.
func (r *run) quarantine(row *rows.Run) error {
	reason := "for a reason that is not known"
	r.w.log.View(func(v fsm.View) {
		for _, e := range allEvents(v, row.RunID) {
			if p, ok := e.Data.(*history.WorkflowPaused); ok {
				reason = p.Reason
			}
		}
	})
	return fmt.Errorf("workflow %s was quarantined: %s", row.WorkflowID, reason)
}

// History implements startest.Run.
func (r *run) History() ([]string, error) {
	row, err := r.row()
	if err != nil {
		return nil, err
	}
	var types []string
	r.w.log.View(func(v fsm.View) {
		for _, e := range allEvents(v, row.RunID) {
			types = append(types, e.Data.Type().String())
		}
	})
	return types, nil
}
