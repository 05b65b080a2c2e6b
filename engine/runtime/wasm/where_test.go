package wasm_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/replay"
	"aion.dev/aion/engine/replay/runtimetest"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/wasm"
	"aion.dev/aion/fsm/history"
)

// Code says where it waits, and where it asks for something else than was recorded, if it is asked
// to.
func TestTrace(t *testing.T) {
	t.Run("go", func(t *testing.T) {
		traced(t, compile(t, newRoom(t, wasm.Config{}), build(t, "bench"), "steps", "add"), "main.go:18")
	})
	t.Run("typescript", func(t *testing.T) {
		traced(t, compileModules(t, newRoom(t, wasm.Config{}), bundle(t, "tsbench"), "steps", "add"), "main.ts:9")
	})
}

func traced(t *testing.T, p runtime.Program, line string) {
	w := runtimetest.NewWorld(t, p, catalog.Member{Type: "test", EntryModule: "test", EntryFunction: "steps"}, "3", runtime.Limits{})
	w.Turn()
	w.Turn(&history.ActivityCompleted{ID: 1, Result: history.Payload("7")})
	for _, trace := range []bool{false, true} {
		w.Config.Trace = trace
		m := w.Rebuild()
		stacks := m.Stacks()
		m.Close()
		other := slices.Clone(w.Events)
		for i, e := range other {
			if d, ok := e.Data.(*history.ActivityScheduled); ok && d.ID == 2 {
				changed := *d
				changed.Activity = "sub"
				other[i].Data = &changed
			}
		}
		m = w.NewMachine()
		err := m.Replay(context.Background(), w.Turns, other)
		m.Close()
		var mismatch *replay.Mismatch
		if !errors.As(err, &mismatch) {
			t.Fatal(err)
		}
		switch {
		case !trace && (len(stacks) > 0 || mismatch.At != ""):
			t.Errorf("nobody asked: %+v %q", stacks, mismatch.At)
		case trace && (len(stacks) != 1 || stacks[0].Frames[0].At != line || stacks[0].Frames[0].Function != "steps" || mismatch.At != line):
			t.Errorf("%+v %q", stacks, mismatch.At)
		}
	}
}
