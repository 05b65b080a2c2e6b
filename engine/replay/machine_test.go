package replay_test

import (
	"encoding/json"
	"testing"

	"aion.dev/aion/engine/history"
	"aion.dev/aion/engine/runtime"
)

func show(t testing.TB, list []history.Data) string {
	t.Helper()
	s := ""
	for _, d := range list {
		b, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		s += d.Type().String() + string(b) + "\n"
	}
	return s
}

func TestSmoke(t *testing.T) {
	w := newWorld(t, program(t, `
def run(ctx, input):
    state = {"stage": "a"}
    ctx.on_query("stage", lambda: state["stage"])
    ctx.sleep("10s")
    ok = ctx.signal("approval", timeout = "1h")
    state["stage"] = "b"
    x = 0
    for i in range(3):
        x += i
    return {"ok": ok, "x": x, "in": input["id"], "s": "%s-%d" % ("a", 3)}
`), `{"id": 5}`, runtime.Limits{})
	t.Log(show(t, w.turn().Asked))
	t.Log(show(t, w.turn(&history.TimerFired{ID: 1}).Asked))
	w.resume()
	t.Log(show(t, w.turn(&history.SignalReceived{Name: "approval", Payload: history.Payload(`true`)}).Asked))
	w.resume()
}
