package wasm_test

import (
	"fmt"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/replay/runtimetest"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/wasm"
	"aion.dev/aion/fsm/history"
	"go.uber.org/goleak"
)

// An instance that a run has given back is as the image says, to the last byte, whatever runs were
// in it: the next one begins there. The room leaves no goroutine behind.
func TestInstancesAreGivenBackClean(t *testing.T) {
	for language, program := range map[string]func(*wasm.Room) runtime.Program{
		"go":         func(r *wasm.Room) runtime.Program { return compile(t, r, benchGuest(t), "steps", "add") },
		"typescript": func(r *wasm.Room) runtime.Program { return compileModules(t, r, bundle(t, "tsbench"), "steps", "add") },
	} {
		t.Run(language, func(t *testing.T) {
			defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
			room, err := wasm.New(wasm.Config{Resident: 2}) // so some runs are parked, and some not
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = room.Close() }()
			p := program(room)
			seen := 0
			for round := range 9 {
				var open []*runtimetest.World
				for _, run := range []struct {
					function, input string
					turns           int
				}{{"noop", "1", 0}, {"noop", fmt.Sprintf("%0*d", 2*round+1, 7), 0}, {"steps", "3", round % 4}, {"trace", "2", round % 3}, {"compute", "100", 0}} {
					w := runtimetest.NewWorld(t, p, catalog.Member{Type: "test", EntryModule: "test", EntryFunction: run.function}, run.input, runtime.Limits{})
					step := w.Turn()
					for id := uint64(1); !step.Closes && id <= uint64(run.turns); id++ {
						step = w.Turn(&history.ActivityCompleted{ID: id, Result: history.Payload("7")})
					}
					open = append(open, w)
					if round%2 == 0 {
						w.Machine.Close()
					}
				}
				for _, w := range open {
					w.Machine.Close()
				}
				n, err := wasm.Clean(p)
				if err != nil {
					t.Fatalf("round %d: %v", round, err)
				}
				seen += n
			}
			if seen == 0 {
				t.Error("no instance was given back")
			}
		})
	}
}
