package wasm_test

import (
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/replay/runtimetest"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/wasm"
	"aion.dev/aion/fsm/history"
)

// What guests compute and keep is the same on every machine, so it is bounded here: see
// docs/LANGUAGES.md. Units are those of docs/GUEST.md.
func TestCosts(t *testing.T) {
	room := newRoom(t, wasm.Config{Resident: 1})
	for name, guest := range map[string]struct {
		program           func(function string) runtime.Program
		noop, step, bytes uint64
	}{
		"go":         {func(f string) runtime.Program { return compile(t, room, benchGuest(t), f, "add") }, 28_000, 24_000, 2_500},
		"typescript": {func(f string) runtime.Program { return compileModules(t, room, bundle(t, "tsbench"), f, "add") }, 28_000, 31_500, 3_500},
	} {
		t.Run(name, func(t *testing.T) {
			spend := func(function, input string, turns int) uint64 {
				spy := &wasm.Spy{Program: guest.program(function)}
				w := runtimetest.NewWorld(t, spy, catalog.Member{Type: "test", EntryModule: "test", EntryFunction: function}, input, runtime.Limits{})
				defer func() { w.Machine.Close() }()
				w.Turn()
				for id := range uint64(turns) {
					w.Turn(&history.ActivityCompleted{ID: id + 1, Result: history.Payload("7")})
				}
				return spy.Seen[len(spy.Seen)-1][1].(uint64)
			}
			if got := spend("noop", "1", 0); got > guest.noop {
				t.Errorf("a run that does nothing takes %d units; the bound is %d", got, guest.noop)
			}
			if got := spend("steps", "1000000", 20); got > guest.step {
				t.Errorf("a step takes %d units; the bound is %d", got, guest.step)
			}
			p, m := guest.program("steps"), catalog.Member{Type: "test", EntryModule: "test", EntryFunction: "steps"}
			w := runtimetest.NewWorld(t, p, m, "1000000", runtime.Limits{})
			empty := w.Machine.Memory()
			w.Turn()
			runtimetest.NewWorld(t, p, m, "1", runtime.Limits{}).Turn() // which takes the only place
			if got := w.Machine.Memory() - empty; got > guest.bytes || got == 0 {
				t.Errorf("a run that waits for its first step keeps %d bytes; the bound is %d", got, guest.bytes)
			}
		})
	}
}
