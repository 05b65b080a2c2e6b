package replay_test

import (
	"context"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/history"
	"aion.dev/aion/engine/replay"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/starlark"
)

// start is the time of every WorkflowStarted in these tests: 2026-01-02T03:04:05Z.
const start = history.Time(1767323045000000000)

// program compiles one module whose run(ctx, input) is the workflow type "test".
func program(t testing.TB, source string) runtime.Program {
	t.Helper()
	archive := &catalog.Archive{
		Manifest: catalog.Manifest{Format: 1, ABI: 1, Workflows: []catalog.Workflow{{Type: "test", EntryModule: "test", EntryFunction: "run"}}, Activities: []string{"charge", "ship"}},
		Version:  catalog.Version{1},
		Modules:  []catalog.Module{{Name: "test.star", Source: []byte(source)}},
	}
	p, err := starlark.Compiler{}.Compile(context.Background(), archive)
	if err != nil {
		t.Fatalf("compile: %v", err)
	}
	return p
}

// world plays the state machine and the outside for one run: it appends events and records turns. It answers nothing by itself.
type world struct {
	t      testing.TB
	config replay.Config
	events []history.Event
	turns  []history.Turn
	logs   []string
	m      *replay.Machine
}

func newWorld(t testing.TB, p runtime.Program, input string, limits runtime.Limits) *world {
	w := &world{t: t}
	w.config = replay.Config{Program: p, Member: catalog.Member{Type: "test", EntryModule: "test", EntryFunction: "run"}, Limits: limits,
		Log: func(msg string) { w.logs = append(w.logs, msg) }}
	w.append(&history.WorkflowStarted{WorkflowID: "w", RunID: history.RunID{7}, WorkflowType: "test", Version: p.Version(), Input: history.Payload(input), Attempt: 1})
	w.m = w.machine()
	t.Cleanup(func() { w.m.Close() })
	return w
}

// machine makes a machine at the start of the run.
func (w *world) machine() *replay.Machine {
	w.t.Helper()
	m, err := replay.New(w.config, w.events[0])
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

// append appends events, a second apart.
func (w *world) append(data ...history.Data) {
	for _, d := range data {
		seq := uint64(len(w.events)) + 1
		w.events = append(w.events, history.Event{Seq: seq, At: start + history.Time(seq-1)*1e9, Data: d})
	}
}

// turn makes a turn with all that was appended, and records it.
func (w *world) turn(data ...history.Data) *replay.Step {
	w.t.Helper()
	w.append(data...)
	step, err := w.m.Next(context.Background(), w.events[w.m.Seen():])
	if err != nil {
		w.t.Fatalf("turn %d: %v", w.m.Turns(), err)
	}
	w.record(step)
	return step
}

// record records a step and tells the machine.
func (w *world) record(step *replay.Step) {
	w.t.Helper()
	first := len(w.events)
	w.append(step.Asked...)
	turn := history.Turn{N: step.N, Through: step.Through, FirstSeq: uint64(first) + 1, Count: uint64(len(step.Asked))}
	w.turns = append(w.turns, turn)
	if err := w.m.Recorded(turn, w.events[first:]); err != nil {
		w.t.Fatal(err)
	}
}

// resume drops the machine and brings a new one to the same point.
func (w *world) resume() {
	w.t.Helper()
	w.m.Close()
	w.m = w.machine()
	if err := w.m.Replay(context.Background(), w.turns, w.events); err != nil {
		w.t.Fatal(err)
	}
}
