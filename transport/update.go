package transport

import (
	"context"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/transport/wire"
)

// Updater is what the routes of updates need from a node.
type Updater interface {
	Update(ctx context.Context, c engine.Call, ref fsm.RunRef, r engine.UpdateRequest, wait time.Duration) (*engine.Update, engine.Answered, error)
	UpdateState(ctx context.Context, rd engine.Read, ref fsm.RunRef, id string, wait time.Duration) (*engine.Update, error)
}

type updateInput struct {
	Keyed
	OfRun
	Named
	Waits
}

func (s *Server) update(ctx context.Context, in *updateInput) (*answer[wire.UpdateAnswer], error) {
	ref, err := in.ref()
	if err != nil {
		return nil, err
	}
	wait, err := in.duration()
	if err != nil {
		return nil, err
	}
	var r wire.UpdateRequest
	c, err := change(ctx, &r, optional)
	if err != nil {
		return nil, err
	}
	if r.UpdateID == "" {
		r.UpdateID = engine.NewUpdateID() // here, because a node that closes calls f a second time
	}
	var u *engine.Update
	var a engine.Answered
	err = s.poll(ctx, wait, func(ctx context.Context, wait time.Duration) (err error) {
		u, a, err = s.cfg.Updater.Update(ctx, c, ref, engine.UpdateRequest{ID: r.UpdateID, Name: in.Name, Args: history.Payload(r.Args)}, wait)
		return err
	})
	if err != nil {
		return nil, refused(a, err)
	}
	body := updateAnswer(u)
	body.Deduplicated = a.Deduplicated
	return &answer[wire.UpdateAnswer]{Index: u.Index, Body: body}, nil
}

type updateStateInput struct {
	Watched
	Update string `path:"update" doc:"Id of the update" example:"pay-17"`
}

func (s *Server) updateState(ctx context.Context, in *updateStateInput) (*answer[wire.UpdateAnswer], error) {
	rd, ref, wait, err := in.watch(ctx)
	if err != nil {
		return nil, err
	}
	var u *engine.Update
	err = s.poll(ctx, wait, func(ctx context.Context, wait time.Duration) (err error) {
		u, err = s.cfg.Updater.UpdateState(ctx, rd, ref, in.Update, wait)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &answer[wire.UpdateAnswer]{Index: u.Index, LeaderContact: s.contact(rd), Body: updateAnswer(u)}, nil
}

func updateAnswer(u *engine.Update) wire.UpdateAnswer {
	body := wire.UpdateAnswer{WorkflowID: u.WorkflowID, UpdateID: u.ID, Name: u.Name, Status: string(u.Status), Error: errorOf(u.Error), Answered: wire.Answered{Indexed: at(u.Index)}}
	if !u.RunID.IsZero() {
		body.RunID = u.RunID.String()
	}
	if u.Status == engine.UpdateCompleted && u.Error == nil {
		body.Result = value(u.Result)
	}
	return body
}
