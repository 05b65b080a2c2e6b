package engine_test

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm/history"
)

// lengths are the run lengths whose cost per step is compared. While a run stays resident, the cost
// of a step must not grow with what the run has done or waits for.
var lengths = []int{1_000, 10_000}

// long are single runs of n steps.
var long = []struct{ name, code string }{
	{"sleeps", "for i in range(input): ctx.sleep(\"0s\")"},
	{"children", "for i in range(input): ctx.child(\"kid\", i)"},
	{"activities", "for i in range(input): ctx.activity(\"charge\", i)"},
	{"fan-out of timers", "ctx.all([ctx.start_timer(str(i) + \"us\") for i in range(input)])"},
	{"fan-out of children", "ctx.all([ctx.start_child(\"kid\", i) for i in range(input)])"},
	{"fan-out of activities", "ctx.all([ctx.start_activity(\"charge\", i) for i in range(input)])"},
}

// longRun starts a run of n steps and waits for its end. Its worker takes tasks one by one as they
// appear, so outcomes arrive in many turns.
func longRun(t testing.TB, n *enginetest.Node, steps int) {
	t.Helper()
	ref := n.Begin("w", strconv.Itoa(steps))
	if res := n.Await(ref); res.Status != history.StatusCompleted {
		t.Fatal(enginetest.Tell(res))
	}
}

func longNode(t testing.TB, code string) *enginetest.Node {
	n := enginetest.NewFast(t)
	n.Deploy(enginetest.Pack(t, enginetest.Code{"w": "def run(ctx, input):\n    " + code + "\n    return 1\n", "kid": echo}, enginetest.Activities("charge")))
	n.Work("default", map[string]enginetest.Handler{"charge": func(context.Context, engine.WorkerTask) (string, error) { return "1", nil }})
	return n
}

func BenchmarkLongRun(b *testing.B) {
	for _, run := range long {
		for _, steps := range lengths {
			b.Run(fmt.Sprintf("%s/%d", run.name, steps), func(b *testing.B) {
				n := longNode(b, run.code)
				began := time.Now()
				b.ResetTimer()
				for range b.N {
					longRun(b, n, steps)
				}
				b.ReportMetric(float64(time.Since(began).Nanoseconds())/float64(b.N)/float64(steps), "ns/step")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}
