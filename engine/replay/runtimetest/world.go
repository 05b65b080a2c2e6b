package runtimetest

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/replay"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
)

// Start is the time of every WorkflowStarted here, 2026-01-02T03:04:05Z; every event comes one
// second after the previous one.
const Start = history.Time(1767323045000000000)

// World plays the state machine and the outside world for one run. It does nothing by itself: the
// test appends what happens.
type World struct {
	Config  replay.Config
	Events  []history.Event
	Turns   []history.Turn
	Logs    []string
	Machine *replay.Machine

	t testing.TB
}

// NewWorld starts a run of one member of a program. The run id is fixed.
func NewWorld(t testing.TB, p runtime.Program, member catalog.Member, input string, limits runtime.Limits) *World {
	t.Helper()
	w := &World{t: t}
	w.Config = replay.Config{Program: p, Member: member, Limits: limits, Log: func(msg string) { w.Logs = append(w.Logs, msg) }}
	w.Append(&history.WorkflowStarted{WorkflowID: "w", RunID: history.RunID{7}, WorkflowType: member.Type, Version: p.Version(), Input: history.Payload(input), Attempt: 1})
	w.Machine = w.NewMachine()
	t.Cleanup(func() { w.Machine.Close() })
	return w
}

// NewMachine makes a machine at the start of the run. The caller closes it.
func (w *World) NewMachine() *replay.Machine {
	w.t.Helper()
	return w.MachineOf(uint64(len(w.Events)))
}

// MachineOf is NewMachine for the history up to event seq. The caller closes it.
func (w *World) MachineOf(seq uint64) *replay.Machine {
	w.t.Helper()
	var reopened []history.Event
	for _, e := range w.Events[:seq] {
		if e.Data.Type() == history.TypeWorkflowReopened {
			reopened = append(reopened, e)
		}
	}
	m, err := replay.New(w.Config, w.Events[0], reopened...)
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

// Reopen reopens the run, which the newest event closed, and returns what starts again.
func (w *World) Reopen() replay.Reopening {
	w.t.Helper()
	before, d := len(w.Turns), new(history.WorkflowReopened)
	if n := before; n > 0 {
		if last := w.Turns[n-1]; last.FirstSeq+last.Count == uint64(len(w.Events))+1 && last.Count > 0 {
			d.Turn, before = last.N, n-1
		}
	}
	m := w.NewMachine()
	defer m.Close()
	if err := m.Replay(context.Background(), w.Turns[:before], w.Events); err != nil {
		w.t.Fatalf("replay of turns 1 to %d: %v", before, err)
	}
	found, err := m.Reopening(w.Events[m.Seen():])
	if err != nil {
		w.t.Fatal(err)
	}
	d.Forget, d.ForgetCancel = found.Forget, found.Cancel
	w.Append(d)
	w.Resume()
	return found
}

// Append appends events.
func (w *World) Append(data ...history.Data) {
	for _, d := range data {
		seq := uint64(len(w.Events)) + 1
		w.Events = append(w.Events, history.Event{Seq: seq, At: Start + history.Time(seq-1)*1e9, Data: d})
	}
}

// Turn appends events, makes a turn that sees them, and records it.
func (w *World) Turn(data ...history.Data) *replay.Step {
	w.t.Helper()
	w.Append(data...)
	step := w.Next()
	w.Record(step)
	return step
}

// Next makes a turn that sees all events so far.
func (w *World) Next() *replay.Step {
	w.t.Helper()
	step, err := w.Machine.Next(context.Background(), w.Events[w.Machine.Seen():])
	if sooner := new(replay.Sooner); errors.As(err, &sooner) {
		w.Resume()
		w.Machine.Cut(sooner.Wait)
		step, err = w.Machine.Next(context.Background(), w.Events[w.Machine.Seen():])
	}
	if err != nil {
		w.t.Fatalf("turn %d: %v", w.Machine.Turns()+1, err)
	}
	return step
}

// Record records a turn, after the events that were appended since it was made.
func (w *World) Record(step *replay.Step) {
	w.t.Helper()
	first := len(w.Events)
	w.Append(step.Asked...)
	turn := history.Turn{N: step.N, Through: step.Through, At: w.Events[len(w.Events)-1].At, FirstSeq: uint64(first) + 1, Count: uint64(len(step.Asked)), Cut: step.Cut,
		Rules: step.Rules, Waits: step.Waits, Suggested: step.Suggested}
	w.Turns = append(w.Turns, turn)
	if err := w.Machine.Recorded(turn, w.Events[first:]); err != nil {
		w.t.Fatal(err)
	}
}

// Rebuild returns another machine at the same point, made by replay in pieces that end after the
// given turns. The caller closes it.
func (w *World) Rebuild(cuts ...int) *replay.Machine {
	w.t.Helper()
	m := w.NewMachine()
	from := 0
	for _, cut := range append(cuts, len(w.Turns)) {
		piece := w.Turns[from:cut]
		if len(piece) == 0 {
			continue
		}
		last := piece[len(piece)-1]
		// A piece gets no more of the history than it needs.
		end := max(last.Through, last.FirstSeq+last.Count-1)
		if err := m.Replay(context.Background(), piece, w.Events[min(m.Seen(), end):end]); err != nil {
			w.t.Fatalf("replay of turns %d to %d: %v", from+1, cut, err)
		}
		from = cut
	}
	return m
}

// Resume drops the machine and goes on with one made by replay.
func (w *World) Resume(cuts ...int) {
	w.t.Helper()
	m := w.Rebuild(cuts...)
	w.Machine.Close()
	w.Machine = m
}

// Query queries a machine made for the purpose, as the engine does.
func (w *World) Query(name, args string) (history.Payload, error) {
	w.t.Helper()
	m := w.Rebuild()
	defer m.Close()
	return m.Query(context.Background(), name, history.Payload(args))
}

// Show formats events, one a line, as scripts do.
func Show(t testing.TB, list []history.Data) string {
	t.Helper()
	var b strings.Builder
	for _, d := range list {
		text, err := json.Marshal(history.Asked(d))
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString(d.Type().String() + " " + string(text) + "\n")
	}
	return b.String()
}
