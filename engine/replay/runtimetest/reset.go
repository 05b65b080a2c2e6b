package runtimetest

import (
	"context"
	"strings"

	"aion.dev/aion/fsm/history"
)

// resetRun is the run that a history goes on as after a reset.
var resetRun = history.RunID{9}

// resetAtEveryTurn resets the run to each of its turns: the one that begins with what was recorded
// up to there, and then hears the same, asks for the same as the run did that was never reset. Only
// children that code gives no id have another one.
func (w *World) resetAtEveryTurn() {
	w.t.Helper()
	for kept := range w.Turns {
		w.resetAt(kept)
	}
}

func (w *World) resetAt(kept int) {
	w.t.Helper()
	cut := uint64(1)
	if kept > 0 {
		cut = w.Turns[kept-1].FirstSeq + w.Turns[kept-1].Count - 1
	}
	m := w.NewMachine()
	defer m.Close()
	if err := m.Replay(context.Background(), w.Turns[:kept], w.Events[:cut]); err != nil {
		w.t.Fatalf("reset to turn %d: %v", kept, err)
	}
	began := w.Events[0].Data.(*history.WorkflowStarted)
	events := append([]history.Event(nil), w.Events[:cut]...)
	add := func(e history.Event) {
		e.Seq = uint64(len(events)) + 1
		events = append(events, e)
	}
	add(history.Event{At: events[cut-1].At, Data: &history.WorkflowReset{RunID: resetRun, OfRunID: began.RunID, Turn: uint64(kept)}})
	next := cut + 1 // of the old history
	for _, turn := range w.Turns[kept:] {
		for ; next <= turn.Through; next++ {
			add(w.Events[next-1])
		}
		if turn.Waits > 0 {
			m.Cut(turn.Waits)
		}
		step, err := m.Next(context.Background(), events[m.Seen():])
		if err != nil {
			w.t.Fatalf("reset to turn %d: turn %d: %v", kept, turn.N, err)
		}
		var recorded []history.Data
		for _, e := range w.Events[turn.FirstSeq-1 : turn.FirstSeq-1+turn.Count] {
			recorded = append(recorded, e.Data)
		}
		for i, d := range step.Asked {
			if on, ok := d.(*history.WorkflowContinuedAsNew); ok { // the event of the reset stands before what came later
				same := *on
				same.Carry = append([]uint64(nil), on.Carry...)
				for j, seq := range same.Carry {
					if seq > cut {
						same.Carry[j]--
					}
				}
				step.Asked[i] = &same
			}
		}
		got, want := Show(w.t, step.Asked), Show(w.t, recorded)
		if got = strings.ReplaceAll(got, resetRun.String(), began.RunID.String()); got != want {
			w.t.Fatalf("reset to turn %d: turn %d asks for\n%s\nwithout the reset it asked for\n%s", kept, turn.N, got, want)
		}
		made := history.Turn{N: step.N, Through: step.Through, At: turn.At, FirstSeq: uint64(len(events)) + 1, Count: uint64(len(step.Asked)), Cut: step.Cut, Rules: step.Rules, Waits: step.Waits}
		for _, d := range step.Asked {
			add(history.Event{At: turn.At, Data: d})
		}
		if next = turn.FirstSeq + turn.Count; step.Closes {
			return
		}
		if err := m.Recorded(made, events[made.FirstSeq-1:]); err != nil {
			w.t.Fatalf("reset to turn %d: turn %d: %v", kept, turn.N, err)
		}
	}
}
