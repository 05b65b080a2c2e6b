package wasm_test

import (
	"strings"
	"sync"
	"testing"

	"aion.dev/aion/engine/replay/runtimetest"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/wasm"
	. "aion.dev/aion/engine/runtime/wasm/wasmtest"
	"aion.dev/aion/fsm/history"
)

// Many runs that grow to the limit of memory at the same time, wait there, and write to the last
// page when they go on, keep what is theirs; those that go one page further end. What they keep is
// known, and nothing is left of it when they are gone.
func TestGrowthRaces(t *testing.T) {
	const pages, limit = 64, 64 * 65536
	timerOf := Code(Const(1), Const(atTimer), Const(len(timer)), Call(hStart))
	wait := Code(Const(atFree), timerOf, 0x37, 3, 0, Const64(0), Const(0), Const(atFree), Const(1), Call(hWait), 0x1a)
	last := Const(limit - 8) // has a random number, which is the run's own
	grown := Code(0x03, 0x40, Const(1), 0x40, 0, 0x1a, []byte{0x3f, 0}, Const(pages), 0x48, 0x0d, 0, 0x0b, last, Call(hRandom), 0x22, 4, 0x37, 0, 0, Const(8), Get(4), 0x37, 3, 0, wait)
	later := Code( // the number is still there, or it traps; then one page more
		last, 0x29, 0, 0, Const(8), 0x29, 3, 0, 0x52, 0x04, 0x40, 0x00, 0x0b,
		last, Const64(0), 0x37, 0, 0, Const(1), 0x40, 0, 0x1a)
	code := guestOf("", Get(0), Const(1), 0x46, 0x04, 0x40, grown, 0x05, later, 0x0b).Bytes()
	for name, cfg := range map[string]wasm.Config{"resident": {}, "parked": {Resident: 1}} {
		t.Run(name, func(t *testing.T) {
			p := compile(t, newRoom(t, cfg), code, "run")
			const runs = 24
			got := make([]string, runs)
			var all, grown sync.WaitGroup
			grown.Add(runs)
			for n := range got {
				all.Go(func() {
					w := runtimetest.NewWorld(t, p, member, "", runtime.Limits{MemoryBytes: limit})
					defer func() { w.Machine.Close() }()
					w.Turn()
					if m := w.Machine.Memory(); m > 2*limit {
						t.Errorf("a run that has written to two pages keeps %d bytes", m)
					}
					grown.Done()
					grown.Wait()
					got[n] = runtimetest.Show(t, w.Turn(&history.TimerFired{ID: 1}).Asked)
				})
			}
			all.Wait()
			for _, text := range got {
				if !strings.Contains(text, "the code keeps more than 4194304 bytes") {
					t.Fatal(text)
				}
			}
			if n, err := wasm.Clean(p); err != nil || n != 0 {
				t.Errorf("%d instances wait for a run, though all have grown: %v", n, err)
			}
		})
	}
}
