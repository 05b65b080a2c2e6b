package replay_test

import (
	"context"
	"fmt"
	"testing"

	"aion.dev/aion/engine/replay"
	"aion.dev/aion/engine/replay/runtimetest"
	"aion.dev/aion/fsm/history"
)

// lengths are the run lengths whose cost per turn is compared: it must not grow with what the run
// has done or waits for.
var lengths = []int{1_000, 10_000}

// long are runs of n steps, each a turn of its own, with the events before the next turn.
var long = []struct {
	name, code string
	news       func(step uint64) []history.Data
}{
	{"sleeps", "for i in range(input): ctx.sleep(\"1s\")", func(step uint64) []history.Data { return []history.Data{&history.TimerFired{ID: step}} }},
	{"signals", "for i in range(input): ctx.signal(\"a\")", func(uint64) []history.Data {
		return []history.Data{&history.SignalReceived{Name: "a", Payload: history.Payload("1")}}
	}},
	{"activities", "for i in range(input): ctx.activity(\"charge\", i)", func(step uint64) []history.Data {
		return []history.Data{&history.ActivityStarted{ID: step}, done(step, "1")}
	}},
	{"kept", "all = []\n    for i in range(input): all.append(ctx.activity(\"charge\", {\"i\": i}))", func(step uint64) []history.Data { return []history.Data{done(step, `{"a": [1, 2, 3]}`)} }},
	{"all", "ctx.all([ctx.start_activity(\"charge\", i) for i in range(input)])", func(step uint64) []history.Data { return []history.Data{done(step, "1")} }},
	{"all, last first", "ctx.all([ctx.start_activity(\"charge\", i) for i in range(input)][::-1])", func(step uint64) []history.Data { return []history.Data{done(step, "1")} }},
	{"settled", "ctx.settled([ctx.start_timer(\"1s\") for i in range(input)])", func(step uint64) []history.Data { return []history.Data{&history.TimerFired{ID: step}} }},
	{"results", "for f in [ctx.start_activity(\"charge\", i) for i in range(input)]: f.result()", func(step uint64) []history.Data { return []history.Data{done(step, "1")} }},
}

func BenchmarkLongRun(b *testing.B) {
	for _, run := range long {
		p := program(b, "def run(ctx, input):\n    "+run.code+"\n    return 1\n")
		for _, n := range lengths {
			b.Run(fmt.Sprintf("%s/%d", run.name, n), func(b *testing.B) {
				for b.Loop() {
					w := runtimetest.NewWorld(b, p, runtimetest.Member, fmt.Sprint(n), replay.Config{}.Limits)
					w.Turn()
					for step := uint64(1); step <= uint64(n); step++ {
						w.Turn(run.news(step)...)
					}
					w.Machine.Close()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/step")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

func BenchmarkReplayLongRun(b *testing.B) {
	for _, run := range long {
		p := program(b, "def run(ctx, input):\n    "+run.code+"\n    return 1\n")
		for _, n := range lengths {
			w := runtimetest.NewWorld(b, p, runtimetest.Member, fmt.Sprint(n), replay.Config{}.Limits)
			w.Turn()
			for step := uint64(1); step < uint64(n); step++ {
				w.Turn(run.news(step)...)
			}
			b.Run(fmt.Sprintf("%s/%d", run.name, n), func(b *testing.B) {
				for b.Loop() {
					m := w.NewMachine()
					if err := m.Replay(context.Background(), w.Turns, w.Events); err != nil {
						b.Fatal(err)
					}
					m.Close()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/step")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}
