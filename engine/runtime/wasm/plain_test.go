package wasm_test

import (
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/replay/runtimetest"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/wasm"
	"aion.dev/aion/fsm/history"
)

// The guest of docs/GUEST.md, without SDK, lives through its run, and through replays of it.
func TestPlainGuest(t *testing.T) {
	code := build(t, "plain")
	for name, cfg := range map[string]wasm.Config{"compiled": {}, "interpreted": {Interpret: true}} {
		t.Run(name, func(t *testing.T) {
			p := compile(t, newRoom(t, cfg), code, "charge", "charge")
			member := catalog.Member{Type: "test", EntryModule: "test", EntryFunction: "charge"}
			w := runtimetest.NewWorld(t, p, member, `{"cents":5}`, runtime.Limits{})
			defer func() { w.Machine.Close() }()
			want := []string{
				`TimerStarted {"id":1,"duration":"10s"}` + "\n",
				`ActivityScheduled {"id":2,"activity":"charge","queue":"default","input":{"cents":5}}` + "\n",
				`WorkflowCompleted {"result":"paid"}` + "\n",
			}
			for i, news := range [][]history.Data{nil, {&history.TimerFired{ID: 1}}, {&history.ActivityCompleted{ID: 2, Result: history.Payload(`"paid"`)}}} {
				if got := runtimetest.Show(t, w.Turn(news...).Asked); got != want[i] {
					t.Fatalf("turn %d asks for %s", i+1, got)
				}
				if i < 2 {
					w.Resume()
				}
			}
		})
	}
}
