package transport

import (
	"context"
	"net/http"
	"strings"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/backtest"
	"aion.dev/aion/transport/grant"
	"aion.dev/aion/transport/wire"
)

// Mover is what the routes of moves need from a node. The node that leads does the work.
type Mover interface {
	StartMove(ctx context.Context, r engine.MoveRequest) (id string, begun backtest.Report, err error)
	Move(ctx context.Context, id string, wait time.Duration, limit int, cursor string) (r backtest.Report, next string, err error)
	StopMove(ctx context.Context, id string) (backtest.Report, error)
}

// moveRoutes adds the routes of moves.
func (s *Server) moveRoutes() {
	add(s, route{method: "POST", path: "/v1/moves", id: "start_move", summary: "Move open runs to another version, with proof", needs: needs(ofAll, grant.Deploy), group: "Deploy", status: http.StatusCreated, leader: true, write: true, slow: true,
		limit: pollBody, body: new(wire.MoveRequest)}, s.startMove)
	add(s, route{method: "GET", path: "/v1/moves/{id}", id: "move", summary: "Show how far a move has come, and its results", needs: needs(ofAll, grant.Read), group: "Deploy", leader: true}, s.move)
	add(s, route{method: "DELETE", path: "/v1/moves/{id}", id: "stop_move", summary: "Stop a move", needs: needs(ofAll, grant.Deploy), group: "Deploy", leader: true, write: true}, s.stopMove)
}

type startMoveInput struct{ Keyed }

func (s *Server) startMove(ctx context.Context, _ *startMoveInput) (*answer[wire.MoveStarted], error) {
	var b wire.MoveRequest
	c, err := change(ctx, &b, required)
	if err != nil {
		return nil, err
	}
	r := engine.MoveRequest{Type: b.Type, From: b.From, To: b.To, IDs: b.IDs, DryRun: b.DryRun, Actor: c.Actor, Request: c.Request}
	if r.Where, err = where(b.Where); err != nil {
		return nil, err
	}
	id, begun, err := s.cfg.Mover.StartMove(ctx, r)
	if err != nil {
		return nil, err
	}
	return &answer[wire.MoveStarted]{Index: begun.Index, Body: wire.MoveStarted{MoveID: id, Runs: begun.Total, Node: s.cfg.Node, Answered: answered(engine.Answered{Index: begun.Index, Deduplicated: begun.Repeated})}}, nil
}

type moveInput struct {
	Fresh
	ID string `path:"id" doc:"Id of the move, at the node that does it"`
	Paged
	Waits
}

func (s *Server) move(ctx context.Context, in *moveInput) (a *answer[wire.Move], err error) {
	rd, err := s.readHere(ctx, in.Fresh)
	if err != nil {
		return nil, err
	}
	wait, err := in.duration()
	if err != nil {
		return nil, err
	}
	err = s.poll(ctx, wait, func(ctx context.Context, wait time.Duration) error {
		r, next, err := s.cfg.Mover.Move(ctx, in.ID, wait, in.Limit, in.Cursor)
		if err == nil {
			a = s.moveAnswer(in.ID, r, next)
			a.LeaderContact = s.contact(rd)
		}
		return err
	})
	return a, err
}

type stopMoveInput struct {
	Keyed
	ID string `path:"id" doc:"Id of the move, at the node that does it"`
}

func (s *Server) stopMove(ctx context.Context, in *stopMoveInput) (*answer[wire.Move], error) {
	if _, err := change(ctx, nil, optional); err != nil {
		return nil, err
	}
	r, err := s.cfg.Mover.StopMove(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return s.moveAnswer(in.ID, r, ""), nil
}

func (s *Server) moveAnswer(id string, r backtest.Report, next string) *answer[wire.Move] {
	b := wire.Move{
		MoveID: id, Status: string(r.Status), Why: r.Why, Node: s.cfg.Node, Done: r.Done, Total: r.Total, Moved: r.Counted[backtest.Moved],
		Same: r.Counted[backtest.Same], Diverged: r.Counted[backtest.Diverged], Differed: r.Counted[backtest.Differed], Skipped: r.Counted[backtest.Skipped],
		Results: make([]wire.MoveResult, len(r.Results)), LeftOff: r.LeftOff, NextCursor: next, BeganAt: r.Began.UTC(), Indexed: at(r.Index),
	}
	if !r.Finished.IsZero() {
		ended := r.Finished.UTC()
		b.EndedAt = &ended
	}
	for i, x := range r.Results {
		b.Results[i] = wire.MoveResult{
			WorkflowID: x.WorkflowID, RunID: idOf(x.RunID), Version: versionText(x.Version), Verdict: string(x.Verdict), Seq: x.Seq,
			Recorded: strings.ToValidUTF8(x.Recorded, "\uFFFD"), Asked: strings.ToValidUTF8(x.Asked, "\uFFFD"), Where: x.Where, Why: strings.ToValidUTF8(x.Why, "\uFFFD"),
		}
	}
	return &answer[wire.Move]{Index: r.Index, Body: b}
}
