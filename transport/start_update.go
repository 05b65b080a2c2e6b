package transport

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/transport/wire"
)

// updateOf reads the update that comes with a start; nil = none does. The start then uses the run
// that is open, if it names one and does not say otherwise: whoever repeats the call means the same
// run. The id of the update follows from the request id, so that a repetition has one effect.
func updateOf(c engine.Call, r *wire.StartRequest) (*engine.UpdateRequest, error) {
	u := r.Update
	if u == nil {
		return nil, nil
	}
	switch {
	case u.Name == "":
		return nil, invalid("update.name", "is missing: name the update that the run takes")
	case r.Delay != "":
		return nil, invalid("update", "does not go with delay: a run takes updates once it has begun")
	}
	if r.IfOpen == "" && r.WorkflowID != "" {
		r.IfOpen = "use"
	}
	id := u.UpdateID
	switch {
	case id != "":
	case c.Request == nil:
		id = engine.NewUpdateID()
	default: // keys of two owners are two requests, and may name the same run
		id = "start/" + c.Request.ID
		if c.Request.Owner != "" {
			id = "start/" + c.Request.Owner + "\x00" + c.Request.ID
		}
		if c.Request.Owner != "" || len(id) > fsm.MaxUpdateID {
			sum := sha256.Sum256([]byte(id[len("start/"):]))
			id = "start/" + hex.EncodeToString(sum[:])
		}
	}
	return &engine.UpdateRequest{ID: id, Name: u.Name, Args: history.Payload(u.Args)}, nil
}

// updateStarted asks the run of a start. The start has taken effect, whatever becomes of that: so
// what is wrong with the update is told beside the run, and does not hide it.
func (s *Server) updateStarted(ctx context.Context, c engine.Call, run *fsm.StartAnswer, r engine.UpdateRequest, wait time.Duration) (*wire.UpdateAnswer, *wire.Problem) {
	ref := fsm.RunRef{WorkflowID: run.WorkflowID, RunID: run.RunID}
	c.Request = nil // the start's; the update's id makes one effect of all repetitions
	var u *engine.Update
	var a engine.Answered
	err := s.poll(ctx, wait, func(ctx context.Context, wait time.Duration) (err error) {
		u, a, err = s.cfg.Updater.Update(ctx, c, ref, r, wait)
		return err
	})
	if err != nil {
		return nil, exchangeOf(ctx).problem(refused(a, err))
	}
	body := updateAnswer(u)
	body.Deduplicated = a.Deduplicated
	return &body, nil
}
