package wasm_test

import (
	"fmt"
	"sync"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/replay/runtimetest"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/wasm"
	"aion.dev/aion/fsm/history"
)

// TestSameEverywhere: many runs of one history at a time ask for the same, count the same and have
// the same memory after each turn, byte for byte: compiled and interpreted, on new instances and on
// used ones, resident and parked between turns.
func TestSameEverywhere(t *testing.T) {
	code := build(t, "bench")
	t.Run("go", func(t *testing.T) {
		same(t, func(r *wasm.Room) runtime.Program { return compile(t, r, code, "trace", "add") })
	})
	for _, driver := range []int{0, 2} {
		t.Run(fmt.Sprint("javascript/driver=", driver), func(t *testing.T) {
			same(t, func(r *wasm.Room) runtime.Program { return scriptDriver(t, r, driver, small(t), "trace", "add") })
		})
		t.Run(fmt.Sprint("typescript/driver=", driver), func(t *testing.T) {
			modules := bundle(t, "tsbench")
			same(t, func(r *wasm.Room) runtime.Program { return compileDriver(t, r, driver, modules, "trace", "add") })
		})
	}
}

func same(t *testing.T, program func(*wasm.Room) runtime.Program) {
	const turns = 4
	m := catalog.Member{Type: "test", EntryModule: "test", EntryFunction: "trace"}
	live := func(p runtime.Program) string {
		spy := &wasm.Spy{Program: p}
		w := runtimetest.NewWorld(t, spy, m, fmt.Sprint(turns), runtime.Limits{})
		defer func() { w.Machine.Close() }()
		asked := runtimetest.Show(t, w.Turn().Asked)
		for id := range uint64(turns) {
			asked += runtimetest.Show(t, w.Turn(&history.ActivityCompleted{ID: id + 1, Result: history.Payload(fmt.Sprintf("%q", fmt.Sprint("r", id)))}).Asked)
		}
		return fmt.Sprintf("%s%x", asked, spy.Seen)
	}
	want := ""
	for name, cfg := range map[string]struct {
		wasm.Config
		runs int
	}{"compiled": {wasm.Config{}, 50}, "parked": {wasm.Config{Resident: 1}, 50}, "interpreted": {wasm.Config{Interpret: true}, 2}} {
		p := program(newRoom(t, cfg.Config))
		got := make([]string, cfg.runs)
		var all sync.WaitGroup
		limit := make(chan struct{}, 8)
		for i := range got {
			all.Go(func() {
				limit <- struct{}{}
				got[i] = live(p)
				<-limit
			})
		}
		all.Wait()
		for i, g := range got {
			if want == "" {
				want = g
			}
			if g != want {
				t.Fatalf("%s, run %d:\n%s\nanother:\n%s", name, i, g, want)
			}
		}
	}
}
