package starlark_test

import (
	"context"
	"fmt"
	"testing"

	"aion.dev/aion/engine/replay"
	"aion.dev/aion/engine/replay/runtimetest"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
)

// A run from its start to its end, without a wait: the least that a run costs.
func BenchmarkRun(b *testing.B) {
	w := runtimetest.NewWorld(b, compile(b, "def run(ctx, input): return 1\n"), runtimetest.Member, "null", runtime.Limits{})
	b.ReportAllocs()
	for b.Loop() {
		m := w.NewMachine()
		if _, err := m.Next(context.Background(), nil); err != nil {
			b.Fatal(err)
		}
		m.Close()
	}
}

// A run to its first wait, dropped there.
func BenchmarkStartAndPark(b *testing.B) {
	w := runtimetest.NewWorld(b, compile(b, "def run(ctx, input): ctx.sleep(\"1h\")\n"), runtimetest.Member, "null", runtime.Limits{})
	b.ReportAllocs()
	for b.Loop() {
		m := w.NewMachine()
		if _, err := m.Next(context.Background(), nil); err != nil {
			b.Fatal(err)
		}
		m.Close()
	}
}

// One call of the host from code.
func BenchmarkHostCall(b *testing.B) {
	w := runtimetest.NewWorld(b, compile(b, "def run(ctx, input):\n    for i in range(input): ctx.cancelled()\n"), runtimetest.Member, fmt.Sprint(b.N), runtime.Limits{Steps: 1 << 60})
	b.ReportAllocs()
	b.ResetTimer()
	if _, err := w.Machine.Next(context.Background(), nil); err != nil {
		b.Fatal(err)
	}
}

// A guarded operation: what the safety of the language costs.
func BenchmarkGuardedAdd(b *testing.B) {
	w := runtimetest.NewWorld(b, compile(b, "def run(ctx, input):\n    x, y = 1, 2\n    for i in range(input): z = x + y\n"), runtimetest.Member, fmt.Sprint(b.N), runtime.Limits{Steps: 1 << 60})
	b.ReportAllocs()
	b.ResetTimer()
	if _, err := w.Machine.Next(context.Background(), nil); err != nil {
		b.Fatal(err)
	}
}

// Replay of a run of 10,000 turns, where each saw an event and asked for one.
func BenchmarkReplay(b *testing.B) {
	for name, source := range map[string]string{
		"timers":  "def run(ctx, input):\n    for i in range(10000): ctx.sleep(\"1s\")\n    ctx.signal(\"end\")\n",
		"signals": "def run(ctx, input):\n    for i in range(10000): ctx.signal(\"a\")[\"n\"]\n    ctx.signal(\"end\")\n",
	} {
		b.Run(name, func(b *testing.B) {
			w := runtimetest.NewWorld(b, compile(b, source), runtimetest.Member, "null", runtime.Limits{})
			w.Turn()
			for i := range 10000 {
				if name == "timers" {
					w.Turn(&history.TimerFired{ID: uint64(i) + 1})
				} else {
					w.Turn(&history.SignalReceived{Name: "a", Payload: history.Payload(`{"n":1,"who":"somebody","items":[1,2,3]}`)})
				}
			}
			b.ReportAllocs()
			for b.Loop() {
				w.Rebuild().Close()
			}
			b.ReportMetric(float64(len(w.Events))*float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

// A turn of a resident run: a signal comes, the code waits for the next.
func BenchmarkTurn(b *testing.B) {
	w := runtimetest.NewWorld(b, compile(b, "def run(ctx, input):\n    while True: ctx.signal(\"a\")\n"), runtimetest.Member, "null", runtime.Limits{})
	ctx := context.Background()
	if _, err := w.Machine.Next(ctx, nil); err != nil {
		b.Fatal(err)
	}
	if err := w.Machine.Recorded(history.Turn{N: 1, Through: 1, FirstSeq: 2}, nil); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	n := uint64(1)
	for b.Loop() {
		n++
		if _, err := w.Machine.Next(ctx, []history.Event{{Seq: n, Data: &history.SignalReceived{Name: "a", Payload: history.Payload("1")}}}); err != nil {
			b.Fatal(err)
		}
		if err := w.Machine.Recorded(history.Turn{N: n, Through: n, FirstSeq: n + 1}, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// Memory of a run that is parked at a wait, with a little state.
func BenchmarkParked(b *testing.B) {
	w := runtimetest.NewWorld(b, compile(b, "def run(ctx, input):\n    state = {\"stage\": \"waiting\", \"id\": input[\"id\"]}\n    ctx.on_query(\"stage\", lambda: state[\"stage\"])\n    ctx.signal(\"a\", timeout = \"1h\")\n"),
		runtimetest.Member, `{"id":7}`, runtime.Limits{})
	machines := make([]*replay.Machine, 0, b.N)
	before := memory()
	b.ResetTimer()
	for range b.N {
		m := w.NewMachine()
		if _, err := m.Next(context.Background(), nil); err != nil {
			b.Fatal(err)
		}
		machines = append(machines, m)
	}
	b.StopTimer()
	b.ReportMetric(float64(memory()-before)/float64(b.N), "B/parked")
	for _, m := range machines {
		m.Close()
	}
}
