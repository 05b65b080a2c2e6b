package fsm

import (
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// UpdateRun appends an update to an open run. The same id has one effect: a second command with it
// answers with where the update stands, also after the run has closed or gone on as a new one.
// Refused: not_found, not_running, invalid_input, resource_exhausted, and Overtaken, when the run
// is not where its validator saw it. Level 4.
type UpdateRun struct {
	Run        RunRef          `cbor:"1,keyasint"`
	ID         string          `cbor:"2,keyasint"`
	Name       string          `cbor:"3,keyasint"`
	Args       history.Payload `cbor:"4,keyasint,omitempty"`
	MaxWaiting uint64          `cbor:"5,keyasint"`           // updates that are accepted and not completed
	Turns      uint64          `cbor:"6,keyasint,omitempty"` // that the run had made when a validator agreed; 0 = there is none
	Events     uint64          `cbor:"7,keyasint,omitempty"` // seq of its newest event then
}

// UpdateAnswer says where an update stands.
type UpdateAnswer struct {
	WorkflowID string        `cbor:"1,keyasint"`
	RunID      history.RunID `cbor:"2,keyasint"`
	Update     rows.Update   `cbor:"3,keyasint"`
	Already    bool          `cbor:"4,keyasint,omitempty"` // it had been accepted before, and nothing was changed
}

// MaxUpdateID bounds the id of an update, in bytes.
const MaxUpdateID = 200

// Overtaken means that a run has gone on since a validator agreed to an update: it is to be asked
// again. Nothing has happened.
type Overtaken struct {
	RunID history.RunID
}

func (r *Overtaken) Error() string {
	return fmt.Sprintf("run %s has gone on since the update was validated: try again", r.RunID)
}

// Code implements Refusal.
func (r *Overtaken) Code() string { return "unavailable" }

// Facts implements Refusal.
func (r *Overtaken) Facts() map[string]any { return map[string]any{"run_id": r.RunID.String()} }

// Kind implements Command.
func (*UpdateRun) Kind() Kind { return KindUpdateRun }
func (*UpdateAnswer) answer() {}

func (c *UpdateRun) apply(t *step) (Answer, Refusal) {
	switch {
	case c.ID == "" || len(c.ID) > MaxUpdateID:
		return nil, &catalog.InvalidInput{Field: "update_id", Reason: fmt.Sprintf("has %d bytes; 1 to %d are allowed", len(c.ID), MaxUpdateID)}
	case len(c.Name) > maxText:
		return nil, tooLong("name", len(c.Name))
	}
	r, refusal := t.resolve(c.Run)
	if refusal != nil {
		return nil, refusal
	}
	if of, u, ok := t.updateOf(r, c.ID, !c.Run.RunID.IsZero()); ok {
		if u.Name != c.Name {
			return nil, &catalog.InvalidInput{Field: "update_id", Reason: fmt.Sprintf("%s is that of an update %s", catalog.Quote(c.ID), catalog.Quote(u.Name))}
		}
		return &UpdateAnswer{WorkflowID: of.Run.WorkflowID, RunID: of.Run.RunID, Update: u, Already: true}, nil
	}
	if r, refusal = t.open(c.Run); refusal != nil {
		return nil, refusal
	}
	if refusal := r.hears(maxVoided); refusal != nil {
		return nil, refusal
	}
	if c.Turns > 0 && (r.Run.Turns != c.Turns || r.Run.Events != c.Events) {
		return nil, &Overtaken{RunID: r.Run.RunID}
	}
	if refusal := r.takesUpdate(c.MaxWaiting, len(c.Args)); refusal != nil {
		return nil, refusal
	}
	if refusal := t.mayHave(r.Run.WorkflowID, false); refusal != nil {
		return nil, refusal
	}
	t.append(r, &history.UpdateAccepted{UpdateID: c.ID, Name: c.Name, Args: c.Args})
	u := rows.Update{Name: c.Name, Accepted: r.Run.Events}
	t.noteUpdate(r, c.ID, u)
	return &UpdateAnswer{WorkflowID: r.Run.WorkflowID, RunID: r.Run.RunID, Update: u}, nil
}

// noteUpdate notes where an update of r stands that r did not have.
func (t *step) noteUpdate(r *row, id string, u rows.Update) {
	t.PutRow(rows.UpdateKey(r.Serial, id), &u)
	r.Updates++
	if u.Completed != 0 {
		r.Answered++
	}
	t.touch(r)
}

// maxUpdateChain is in how many runs of a chain, the newest first, an update's id is looked for.
const maxUpdateChain = 8

// updateOf finds an update of a run or, unless it is the only one that is meant, of those that it
// continues.
func (t *step) updateOf(r *row, id string, only bool) (of *row, u rows.Update, ok bool) {
	for range maxUpdateChain {
		if t.Read(rows.UpdateKey(r.Serial, id), &u) {
			return r, u, true
		}
		if only || !r.Continued {
			break
		}
		began, _ := t.event(r, 1).(*history.WorkflowStarted)
		if began == nil {
			break
		}
		if r = t.run(began.ContinuedFrom); r == nil {
			break
		}
	}
	return nil, u, false
}

// takesUpdate is takesSignal for updates.
func (r *row) takesUpdate(maxWaiting uint64, size int) Refusal {
	if r.Updates-min(r.Answered, r.Updates) >= maxWaiting {
		return &ResourceExhausted{What: "updates under way", Limit: maxWaiting}
	}
	return r.fits(size)
}

// answerUpdate notes the newest event of r as the answer to an update, unless it has one.
func (t *step) answerUpdate(r *row, id string) {
	var u rows.Update
	key := rows.UpdateKey(r.Serial, id)
	if !t.Read(key, &u) || u.Completed != 0 {
		return
	}
	u.Completed = r.Run.Events
	t.PutRow(key, &u)
	r.Answered++
}

// forgetUpdates deletes where a run's updates stood.
func (t *step) forgetUpdates(r *row) {
	from, to := rows.UpdateKey(r.Serial, ""), rows.UpdateKey(r.Serial+1, "")
	if r.Updates > pointRows {
		t.DelRange(from, to)
		return
	}
	var gone [][]byte
	if r.Updates > 0 {
		t.Scan(from, to, func(k, _ []byte) bool {
			gone = append(gone, append([]byte(nil), k...))
			return true
		})
	}
	for _, k := range gone {
		t.Del(k)
	}
}

// Update implements View.
func (p *picture) Update(id history.RunID, update string) (of history.RunID, u rows.Update, ok bool) {
	for range maxUpdateChain {
		serial, there := p.serial(id)
		if !there {
			break
		}
		if p.row(p.Get(rows.UpdateKey(serial, update)), &u) {
			return id, u, true
		}
		first := p.Events(id, 1, 1)
		if len(first) == 0 {
			break
		}
		began, _ := first[0].Data.(*history.WorkflowStarted)
		if began == nil || began.ContinuedFrom.IsZero() {
			break
		}
		id = began.ContinuedFrom
	}
	return id, u, false
}
