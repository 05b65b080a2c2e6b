package wasm_test

import (
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/replay/runtimetest"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/wasm"
	"aion.dev/aion/fsm/history"
)

// What a run keeps is known after the turn in which its memory has grown, up to its limit, so that
// a node can keep to its own.
func TestMemoryIsToldWhenItGrows(t *testing.T) {
	for name, cfg := range map[string]wasm.Config{"resident": {}, "parked": {Resident: 1}} {
		p := compile(t, newRoom(t, cfg), build(t, "bench"), "hoard", "add")
		m := catalog.Member{Type: "test", EntryModule: "test", EntryFunction: "hoard"}
		w := runtimetest.NewWorld(t, p, m, "12", runtime.Limits{})
		other := runtimetest.NewWorld(t, p, m, "1", runtime.Limits{})
		w.Turn()
		for id := uint64(1); ; id++ {
			step := w.Turn(&history.ActivityCompleted{ID: id, Result: history.Payload("7")})
			other.Turn() // which takes the only place
			if step.Closes {
				if id < 3 {
					t.Errorf("%s: the run ended with %d MiB", name, 12*id)
				}
				break
			}
			if told := w.Machine.Memory(); told < 12*id<<20 || told > 64<<20 {
				t.Errorf("%s: after %d MiB it tells %d bytes", name, 12*id, told)
			}
		}
	}
}
