package rehearsal

import (
	"context"
	"errors"
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/replay"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// maxShown bounds the events that are replayed to check the cuts of one run. A history that is too
// long to be cut at every event is cut at evenly spaced places, including its end.
const maxShown = 250_000

// replayError is the error of a history that the code does not follow in a replay.
type replayError struct {
	run   rows.Run
	after uint64 // event after which it was cut
	err   error
}

func (e *replayError) Error() string {
	at := fmt.Sprintf("cut after event %d, the history of workflow %s (run %s) does not replay", e.after, e.run.WorkflowID, e.run.RunID)
	var m *replay.Mismatch
	if !errors.As(e.err, &m) {
		return fmt.Sprintf("%s: %v", at, e.err)
	}
	or := func(s string) string {
		if s == "" {
			return "nothing more"
		}
		return s
	}
	return fmt.Sprintf("%s: turn %d differs at its event %d\n  recorded: %s\n  asked:    %s", at, m.Turn, m.Position, or(m.Recorded), or(m.Asked))
}

func (e *replayError) Unwrap() error { return e.err }

// replayCuts replays every history of the world, cut at every event, as a leader would do that
// takes over there. The code must follow the record. If the history goes on with a turn that saw
// exactly the cut part, the code must make the same turn. It returns the number of cuts.
func (w *world) replayCuts(ctx context.Context) (places int, err error) {
	w.log.View(func(v fsm.View) {
		for cursor := ""; err == nil; {
			var runs []rows.Run
			runs, cursor = v.ListRuns(fsm.RunFilter{}, 100, cursor)
			for _, r := range runs {
				var n int
				if n, err = w.plan.replayRunCuts(ctx, v, r); err != nil {
					return
				}
				places += n
			}
			if cursor == "" {
				return
			}
		}
	})
	return places, err
}

// replayRunCuts replays one history.
func (p *plan) replayRunCuts(ctx context.Context, v fsm.View, r rows.Run) (places int, err error) {
	h := recorded{run: r, events: allEvents(v, r.RunID), turns: allTurns(v, r.RunID)}
	for _, m := range p.archive.Members() {
		if m.Type == r.Type {
			h.member = m
		}
	}
	for _, seq := range r.Reopened {
		h.reopened = append(h.reopened, h.events[seq-1])
	}
	h.program = p.program
	stride := max(1, len(h.events)*len(h.events)/2/maxShown)
	for at := uint64(len(h.events)); at > 0; at -= min(at, uint64(stride)) {
		if h.splitsEntry(at) {
			continue
		}
		if err := h.replayAt(ctx, at); err != nil {
			if ctx.Err() != nil {
				return places, context.Cause(ctx)
			}
			return places, &replayError{run: r, after: at, err: err}
		}
		places++
	}
	return places, nil
}

// recorded is the recorded data of one run.
type recorded struct {
	run      rows.Run
	events   []history.Event
	turns    []history.Turn
	reopened []history.Event
	member   catalog.Member
	program  runtime.Program
}

// end returns the seq of the last event that existed when a turn was recorded.
func end(t history.Turn) uint64 {
	if t.Count == 0 {
		return t.Through
	}
	return t.FirstSeq + t.Count - 1
}

// splitsEntry reports whether a cut would divide what one entry appended: no state ever contains
// half of that.
func (h *recorded) splitsEntry(at uint64) bool {
	for _, t := range h.turns {
		if t.Count > 0 && t.FirstSeq <= at && at < end(t) {
			return true
		}
	}
	return false
}

// replayAt replays the turns that were recorded at a cut, makes the next turn from the events up to
// it, and compares that with the recorded turn if it saw the same events.
func (h *recorded) replayAt(ctx context.Context, at uint64) error {
	err := h.replay(ctx, at, false)
	var m *replay.Mismatch
	if errors.As(err, &m) && m.At == "" { // once more, to learn where the code is
		if traced := h.replay(ctx, at, true); traced != nil {
			return traced
		}
	}
	return err
}

func (h *recorded) replay(ctx context.Context, at uint64, trace bool) error {
	n := 0
	for n < len(h.turns) && end(h.turns[n]) <= at {
		n++
	}
	m, err := replay.New(replay.Config{Program: h.program, Member: h.member, Trace: trace}, h.events[0], h.reopened...)
	if err != nil {
		return err
	}
	defer m.Close()
	if err := m.Replay(ctx, h.turns[:n], h.events[:at]); err != nil {
		return err
	}
	if closed(h.events[:at]) || len(h.reopened) > 0 || m.Seen() > at {
		return nil
	}
	if _, err := m.Next(ctx, h.events[m.Seen():at]); err != nil || n == len(h.turns) || h.turns[n].Through != at {
		return err
	}
	t := h.turns[n]
	return m.Recorded(t, h.events[t.FirstSeq-1:end(t)])
}

// closed reports whether the run had ended at the cut.
func closed(events []history.Event) bool {
	for _, e := range events {
		if history.Closes(e.Data) {
			return true
		}
	}
	return false
}
