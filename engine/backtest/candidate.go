package backtest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/replay"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/clip"
	"aion.dev/aion/internal/namespace"
)

// Candidate is the code on which histories are replayed.
type Candidate struct {
	Program runtime.Program
	Members []catalog.Member // as the manifest has them
	Limits  runtime.Limits
	// Flaw returns why a result does not fit the output schema of a type; "" = it does, or there is
	// none.
	Flaw func(ctx context.Context, typ string, result history.Payload) (string, error)
}

// Recording is where histories are read: a state's past, or a file.
type Recording interface {
	Open(id history.RunID) bool             // turns to a run; false if there is none
	Events(from, to uint64) []history.Event // of that run
	Turns(from uint64, limit int) []history.Turn
}

var _ Recording = (*fsm.Past)(nil)

// Verdict says what became of a history on the candidate.
type Verdict string

// Verdicts.
const (
	Same     Verdict = "same"     // the code asks for the same, and ends the same
	Diverged Verdict = "diverged" // it asks for something else
	Differed Verdict = "differed" // it asks for the same, and ends with another result or error
	Skipped  Verdict = "skipped"  // it was not replayed
	Moved    Verdict = "moved"    // the same, and the run is on the candidate now
)

// Result is the verdict on one run.
type Result struct {
	WorkflowID string
	RunID      history.RunID
	Version    catalog.Version // that the run is on
	Verdict    Verdict
	Seq        uint64 // of the first recorded event that was not asked for again; 0 = the code asks for more than was recorded
	Recorded   string // what was recorded there; "" = nothing more
	Asked      string // what the candidate asks for; "" = nothing more
	Where      string // file:line of the candidate that asks, or at which it waits; "" = it has ended
	Why        string // it was skipped
}

// pieceTurns is how many turns are read and replayed at a time, so that a long history is never in
// memory at once.
const pieceTurns = 256

// maxText bounds each side of a difference, in bytes.
const maxText = 1 << 10

// Prove replays all recorded turns of a run, as past shows it. An error means that there is no
// verdict, because ctx ended. p may be nil.
func (c *Candidate) Prove(ctx context.Context, past Recording, run rows.Run, p replay.Pace) (Result, error) {
	r, err := c.prove(ctx, past, run, p, false)
	if err == nil && r.Seq > 0 && r.Where == "" { // once more, to learn where the code is
		if traced, err := c.prove(ctx, past, run, p, true); err == nil && traced.Seq == r.Seq && traced.Asked == r.Asked {
			r.Where = traced.Where
		}
	}
	return r, err
}

func (c *Candidate) prove(ctx context.Context, past Recording, run rows.Run, p replay.Pace, trace bool) (Result, error) {
	r := Result{WorkflowID: run.WorkflowID, RunID: run.RunID, Version: run.Version, Verdict: Same}
	skip := func(format string, args ...any) (Result, error) {
		r.Verdict, r.Why = Skipped, fmt.Sprintf(format, args...)
		return r, nil
	}
	member := c.member(namespace.Bare(run.Type))
	if member == nil {
		return skip("the candidate does not carry %s", catalog.Quote(namespace.Bare(run.Type)))
	}
	if !past.Open(run.RunID) {
		return skip("its history is being deleted")
	}
	turns, events := recorded(past, run, 0, 0)
	if len(events) == 0 || events[0].Seq != 1 {
		return skip("its history is being deleted")
	}
	var reopened []history.Event // bare of themselves
	for _, seq := range run.Reopened {
		reopened = append(reopened, past.Events(seq, seq)...)
	}
	m, err := replay.New(replay.Config{Program: c.Program, Member: *member, Version: c.Program.Version(), Limits: c.Limits, Pace: p, Trace: trace}, events[0], reopened...)
	if err != nil {
		return skip("%v", err)
	}
	defer m.Close()
	for m.Turns() < run.Turns {
		if m.Turns() > 0 {
			turns, events = recorded(past, run, m.Turns(), m.Seen())
		}
		if len(turns) == 0 {
			return skip("its history is being deleted")
		}
		err := m.Replay(ctx, turns, events)
		var slow *Slow
		switch {
		case errors.As(context.Cause(ctx), &slow):
			r.differ(past, turns, m.Turns(), slow.Error())
			return r, nil
		case ctx.Err() != nil:
			return r, context.Cause(ctx)
		case err != nil:
			r.explain(err, past, turns, m.Turns())
			return r, nil
		}
		if m.Turns() == run.Turns {
			if err := c.compareEnds(ctx, &r, member.Type, m.Closed(), events); err != nil {
				return skip("%v", err)
			}
		}
	}
	return r, nil
}

func (c *Candidate) member(typ string) *catalog.Member {
	for i := range c.Members {
		if c.Members[i].Type == typ {
			return &c.Members[i]
		}
	}
	return nil
}

// recorded reads the turns after turn made, with the events that they had seen and asked for, from
// the one after seen on. A run without turns has its first event.
func recorded(past Recording, run rows.Run, made, seen uint64) (turns []history.Turn, events []history.Event) {
	end := uint64(1)
	if made < run.Turns {
		turns = past.Turns(made+1, int(min(pieceTurns, run.Turns-made)))
	}
	if len(turns) > 0 {
		last := turns[len(turns)-1]
		end = max(end, last.Through, last.FirstSeq+last.Count-1)
	}
	return turns, history.BareEvents(namespace.Of(run.WorkflowID), past.Events(seen+1, end))
}

// explain notes why a history does not replay.
func (r *Result) explain(err error, past Recording, turns []history.Turn, made uint64) {
	var m *replay.Mismatch
	if !errors.As(err, &m) {
		r.differ(past, turns, made, err.Error())
		return
	}
	r.Verdict = Diverged
	if m.Ends {
		r.Verdict = Differed
	}
	r.Seq, r.Recorded, r.Asked, r.Where = m.Seq, m.Recorded, m.Asked, line(m.At)
}

// differ notes a turn that came to no end on the candidate. made is how many turns it made,
// including that one if it got as far as its code.
func (r *Result) differ(past Recording, turns []history.Turn, made uint64, asked string) {
	r.Verdict, r.Asked = Diverged, clip.To(asked, maxText)
	for _, t := range turns {
		if t.N < made || t.Count == 0 {
			continue
		}
		if events := past.Events(t.FirstSeq, t.FirstSeq); len(events) > 0 {
			r.Seq, r.Recorded = events[0].Seq, replay.Describe(events[0].Data)
		}
		return
	}
}

// compareEnds compares how a run ended where replay does not: the messages of failures, without the
// position that the runtime puts before them, and what the output schemas say of a result.
func (c *Candidate) compareEnds(ctx context.Context, r *Result, typ string, closed history.Data, events []history.Event) error {
	if closed == nil || len(events) == 0 {
		return nil
	}
	last := events[len(events)-1]
	if asked, ok := closed.(*history.WorkflowCompleted); ok {
		flaw, err := c.Flaw(ctx, typ, asked.Result)
		if err != nil {
			return err
		}
		if flaw != "" {
			closed = &history.WorkflowFailed{Error: history.RunError{Kind: history.KindInvalidOutput, Message: flaw}}
		}
	}
	if !endsAlike(last.Data, closed) {
		r.Verdict, r.Seq, r.Recorded, r.Asked = Differed, last.Seq, replay.Describe(last.Data), replay.Describe(closed)
	}
	return nil
}

// endsAlike reports whether two ends that replay takes for the same are the same to a caller.
func endsAlike(was, asked history.Data) bool {
	before, failed := was.(*history.WorkflowFailed)
	now, fails := asked.(*history.WorkflowFailed)
	switch {
	case failed && fails && before.Error.Kind == history.KindFailed && now.Error.Kind == history.KindFailed:
		return said(before.Error.Message) == said(now.Error.Message)
	case failed && before.Error.Kind == history.KindInvalidOutput, fails && now.Error.Kind == history.KindInvalidOutput:
		return failed && fails && before.Error.Kind == now.Error.Kind
	}
	return true
}

// said is a message without the position before it: "order.star:12:9: no stock".
func said(message string) string {
	place, rest, ok := strings.Cut(message, ": ")
	if ok && strings.Count(place, ":") == 2 && !strings.Contains(place, " ") {
		return rest
	}
	return message
}

// line is a position without its column: "order.star:12".
func line(at string) string {
	if i := strings.LastIndexByte(at, ':'); i > 0 && strings.Count(at, ":") == 2 {
		return at[:i]
	}
	return at
}
