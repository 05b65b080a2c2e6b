package wasm_test

import (
	"slices"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/replay/runtimetest"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/wasm"
	"aion.dev/aion/fsm/history"
)

// What a turn of a script has computed, in units, is frozen for each driver: a run that was at its
// limit then is at its limit now.
func TestCountsAreFrozen(t *testing.T) {
	const resumes = `const step = () => aion.start(4, '{"1":"add"}');
aion.enter = (op) => { if (op === 7) aion.answer(0, '{"1":["steps"]}'); else aion.wait(0, 0, step()); };
aion.resume = step`
	for _, c := range []struct {
		driver int
		bundle string
		want   []uint64
	}{
		{0, small(t), []uint64{73322, 64527, 59318, 60493, 60329, 62926, 541156, 60624, 74316}},
		{2, small(t), []uint64{72329, 63282, 58073, 59248, 59084, 61681, 539911, 59379, 73151}},
		{2, resumes, []uint64{10088, 3585, 3585, 4816, 4266, 5703, 335428, 4962, 9888}},
	} {
		spy := &wasm.Spy{Program: scriptDriver(t, newRoom(t, wasm.Config{}), c.driver, c.bundle, "steps", "add")}
		w := runtimetest.NewWorld(t, spy, catalog.Member{Type: "test", EntryModule: "test", EntryFunction: "steps"}, "1000", runtime.Limits{})
		w.Turn()
		for id, result := range []string{"7", `null`, `"text"`, "-1", "0.5", "1e300", `"\u00e9"`, `{"a":[1]}`} {
			w.Turn(&history.ActivityCompleted{ID: uint64(id) + 1, Result: history.Payload(result)})
		}
		var got []uint64
		for n, seen := range spy.Seen {
			if n%2 == 0 { // what Next is asked for again has computed nothing since
				got = append(got, seen[1].(uint64))
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("driver %d: the turns have computed %d units, want %d", c.driver, got, c.want)
		}
		w.Machine.Close()
	}
}
