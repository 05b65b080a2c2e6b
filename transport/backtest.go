package transport

import (
	"context"
	"net/http"
	"strings"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/backtest"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/transport/grant"
	"aion.dev/aion/transport/wire"
)

// Backtester is what the routes of backtests need from a node. Nothing of it is forwarded: a
// backtest belongs to the node that was asked for it.
type Backtester interface {
	StartBacktest(ctx context.Context, rd engine.Read, r engine.BacktestRequest) (id string, begun backtest.Report, err error)
	Backtest(ctx context.Context, id string, wait time.Duration, limit int, cursor string) (r backtest.Report, next string, err error)
	StopBacktest(ctx context.Context, id string) (backtest.Report, error)
}

// backtestRoutes adds the routes of backtests.
func (s *Server) backtestRoutes() {
	add(s, route{method: "POST", path: "/v1/backtests", id: "start_backtest", summary: "Replay recorded histories on other code", needs: needs(ofAll, grant.Deploy), group: "Deploy", status: http.StatusCreated, write: true, slow: true, ephemeral: true,
		limit: smallBody, body: new(wire.BacktestRequest)}, s.startBacktest)
	add(s, route{method: "GET", path: "/v1/backtests/{id}", id: "backtest", summary: "Show how far a backtest has come, and its results", needs: needs(ofAll, grant.Read, grant.Payload), group: "Deploy"}, s.backtest)
	add(s, route{method: "DELETE", path: "/v1/backtests/{id}", id: "stop_backtest", summary: "Stop a backtest", needs: needs(ofAll, grant.Deploy), group: "Deploy", write: true}, s.stopBacktest)
}

type startBacktestInput struct {
	Keyed
	MinIndex uint64 `query:"min_index" doc:"Wait up to 5 s until this node has applied this index"`
}

func (s *Server) startBacktest(ctx context.Context, in *startBacktestInput) (*answer[wire.BacktestStarted], error) {
	rd := engine.Read{MinIndex: in.MinIndex}
	var b wire.BacktestRequest
	c, err := change(ctx, &b, required)
	if err != nil {
		return nil, err
	}
	r := engine.BacktestRequest{Archive: b.Archive, Version: b.Version, Types: b.Types, Runs: b.Runs, Limit: b.Limit, Request: c.Request}
	if r.Since, r.Ago, err = startedSince(b.Since); err != nil {
		return nil, err
	}
	if r.Where, err = where(b.Where); err != nil {
		return nil, err
	}
	id, begun, err := s.cfg.Backtester.StartBacktest(ctx, rd, r)
	if err != nil {
		return nil, err
	}
	return &answer[wire.BacktestStarted]{Index: begun.Index, Body: wire.BacktestStarted{BacktestID: id, Runs: begun.Total, Node: s.cfg.Node, Answered: answered(engine.Answered{Index: begun.Index, Deduplicated: begun.Repeated})}}, nil
}

// startedSince parses a time, or how long ago it was.
func startedSince(text string) (t history.Time, ago time.Duration, err error) {
	if text == "" {
		return 0, 0, nil
	}
	if d, err := time.ParseDuration(text); err == nil {
		if d <= 0 {
			return 0, 0, invalid("since", "is %q; want a duration above zero, or a time", clip(text))
		}
		return 0, d, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil || at.Unix() < 0 {
		return 0, 0, invalid("since", "is %q; want a Go duration such as 24h, or a time in RFC 3339", clip(text))
	}
	return history.At(at), 0, nil
}

type backtestInput struct {
	Fresh
	ID string `path:"id" doc:"Id of the backtest, on the node that runs it"`
	Paged
	Waits
}

func (s *Server) backtest(ctx context.Context, in *backtestInput) (a *answer[wire.Backtest], err error) {
	rd, err := s.readHere(ctx, in.Fresh)
	if err != nil {
		return nil, err
	}
	wait, err := in.duration()
	if err != nil {
		return nil, err
	}
	err = s.poll(ctx, wait, func(ctx context.Context, wait time.Duration) error {
		r, next, err := s.cfg.Backtester.Backtest(ctx, in.ID, wait, in.Limit, in.Cursor)
		if err == nil {
			a = s.backtestAnswer(in.ID, r, next)
			a.LeaderContact = s.contact(rd)
		}
		return err
	})
	return a, err
}

type stopBacktestInput struct {
	Keyed
	ID string `path:"id" doc:"Id of the backtest, on the node that runs it"`
}

func (s *Server) stopBacktest(ctx context.Context, in *stopBacktestInput) (*answer[wire.Backtest], error) {
	if _, err := change(ctx, nil, optional); err != nil {
		return nil, err
	}
	r, err := s.cfg.Backtester.StopBacktest(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return s.backtestAnswer(in.ID, r, ""), nil
}

func (s *Server) backtestAnswer(id string, r backtest.Report, next string) *answer[wire.Backtest] {
	b := wire.Backtest{
		BacktestID: id, Status: string(r.Status), Why: r.Why, Node: s.cfg.Node, Done: r.Done, Total: r.Total,
		Same: r.Counted[backtest.Same], Diverged: r.Counted[backtest.Diverged], Differed: r.Counted[backtest.Differed], Skipped: r.Counted[backtest.Skipped],
		Results: make([]wire.BacktestResult, len(r.Results)), LeftOff: r.LeftOff, NextCursor: next, BeganAt: r.Began.UTC(), Indexed: at(r.Index),
	}
	if !r.Finished.IsZero() {
		ended := r.Finished.UTC()
		b.EndedAt = &ended
	}
	for i, x := range r.Results {
		b.Results[i] = wire.BacktestResult{
			WorkflowID: x.WorkflowID, RunID: idOf(x.RunID), Version: versionText(x.Version), Verdict: string(x.Verdict), Seq: x.Seq,
			Recorded: strings.ToValidUTF8(x.Recorded, "\uFFFD"), Asked: strings.ToValidUTF8(x.Asked, "\uFFFD"), Where: x.Where, Why: strings.ToValidUTF8(x.Why, "\uFFFD"),
		}
	}
	return &answer[wire.Backtest]{Index: r.Index, Body: b}
}
