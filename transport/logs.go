package transport

import (
	"context"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/transport/wire"
)

// LogReader is what the route of a run's log needs from a node. At the end of an open run's log it
// waits for more.
type LogReader interface {
	Logs(ctx context.Context, rd engine.Read, ref fsm.RunRef, from uint64, limit int, wait time.Duration) (*engine.RunLog, error)
}

type logsInput struct {
	Watched
	From  uint64 `query:"from" minimum:"1" doc:"First line; default 1"`
	Limit int    `query:"limit" minimum:"1" doc:"1 to 1000; default 100"`
}

func (s *Server) logs(ctx context.Context, in *logsInput) (*answer[wire.RunLog], error) {
	rd, ref, wait, err := in.watch(ctx)
	if err != nil {
		return nil, err
	}
	var page *engine.RunLog
	err = s.poll(ctx, wait, func(ctx context.Context, wait time.Duration) (err error) {
		page, err = s.cfg.LogReader.Logs(ctx, rd, ref, in.From, in.Limit, wait)
		return err
	})
	if err != nil {
		return nil, err
	}
	body := wire.RunLog{Lines: make([]wire.LogLine, len(page.Lines)), Logged: page.Logged, Next: page.Next, Indexed: at(page.Index)}
	for i, l := range page.Lines {
		body.Lines[i] = wire.LogLine{Seq: l.Seq, At: l.At.Std(), Turn: l.Turn, Text: l.Text}
	}
	return &answer[wire.RunLog]{Index: page.Index, LeaderContact: s.contact(rd), Body: body}, nil
}
