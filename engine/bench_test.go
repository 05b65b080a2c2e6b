package engine_test

import (
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

// BenchmarkNoopRun measures a run from start to result, in process and without Raft: the engine,
// the runtime and the state machine on one machine.
func BenchmarkNoopRun(b *testing.B) {
	for _, callers := range []int{1, 64, 256, 1024} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			n := enginetest.NewFast(b)
			n.Deploy(enginetest.Pack(b, enginetest.Code{"w": echo}))
			b.ResetTimer()
			began := spent()
			var left atomic.Int64
			left.Store(int64(b.N))
			var wg sync.WaitGroup
			for range callers {
				wg.Go(func() {
					for left.Add(-1) >= 0 {
						ref := n.Begin("w", "1")
						if res, err := n.Result(background, engine.Read{}, ref, time.Minute); err != nil || res.Status != history.StatusCompleted {
							b.Errorf("got %+v, %v", res, err)
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "runs/s")
			b.ReportMetric((spent()-began)/float64(b.N), "cpu-us/run")
		})
	}
}

// BenchmarkWake wakes each parked run with a signal, with their executions resident, and with all
// executions to be rebuilt by replay. One operation is one run.
func BenchmarkWake(b *testing.B) {
	for _, resident := range []int{20_000, 1} {
		b.Run(fmt.Sprintf("resident=%d", resident), func(b *testing.B) {
			const parked = 10_000
			n := enginetest.NewFast(b, func(c *engine.Config) { c.Limits.Resident = resident })
			n.Deploy(enginetest.Pack(b, enginetest.Code{"w": "def run(ctx, input):\n    while True:\n        ctx.signal(\"go\")\n"}))
			refs := make([]fsm.RunRef, parked)
			for i := range refs {
				refs[i] = n.Begin("w", "")
			}
			quiet(n)
			b.ResetTimer()
			var wg sync.WaitGroup
			var next atomic.Int64
			for range 256 {
				wg.Go(func() {
					for i := next.Add(1) - 1; i < int64(b.N); i = next.Add(1) - 1 {
						n.Send(refs[i%parked], "go", "")
					}
				})
			}
			wg.Wait()
			quiet(n)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "wakes/s")
		})
	}
}

// quiet waits until no run needs a turn.
func quiet(n *enginetest.Node) {
	for index := uint64(0); ; {
		busy := false
		n.State.View(func(v fsm.View) {
			ready, _ := v.Ready(fsm.ReadyCursor{}, 1)
			busy, index = len(ready) > 0, v.Index()
		})
		if !busy {
			return
		}
		n.State.Wait(background, index)
	}
}

// BenchmarkTimers fires timers that are due at once.
func BenchmarkTimers(b *testing.B) {
	n := enginetest.NewFast(b)
	n.Deploy(enginetest.Pack(b, enginetest.Code{"w": "def run(ctx, input):\n    for i in range(100):\n        ctx.sleep(\"1ms\")\n"}))
	b.ResetTimer()
	var wg sync.WaitGroup
	for range (b.N + 99) / 100 {
		wg.Go(func() { n.Await(n.Begin("w", "")) })
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "timers/s")
}

// BenchmarkQuery queries one run whose execution is cached.
func BenchmarkQuery(b *testing.B) {
	n := enginetest.NewFast(b)
	n.Deploy(enginetest.Pack(b, enginetest.Code{"w": staged}))
	ref := n.Begin("w", "")
	n.Ask(ref, "stage")
	for b.Loop() {
		n.Ask(ref, "stage")
	}
}

// BenchmarkQueryAfterEachTurn queries a run after each of its turns: the cost of a query must not
// grow with the length of the run.
func BenchmarkQueryAfterEachTurn(b *testing.B) {
	for _, lived := range []int{100, 8_000} {
		b.Run(strconv.Itoa(lived), func(b *testing.B) {
			n := enginetest.NewFast(b)
			n.Deploy(enginetest.Pack(b, enginetest.Code{"w": `
def run(ctx, input):
    turns = [0]
    ctx.on_query("turns", lambda: turns[0])
    while True:
        ctx.signal("go")
        turns[0] += 1
`}))
			ref := n.Begin("w", "")
			turn := func(i int) {
				n.Send(ref, "go", "")
				for n.Ask(ref, "turns") != strconv.Itoa(i) {
					time.Sleep(10 * time.Microsecond)
				}
			}
			for i := range lived {
				turn(i + 1)
			}
			b.ResetTimer()
			for i := range b.N {
				turn(lived + i + 1)
			}
		})
	}
}

// BenchmarkDeploy deploys a new version each time.
func BenchmarkDeploy(b *testing.B) {
	n := enginetest.NewFast(b)
	archives := make([][]byte, b.N)
	for i := range archives {
		archives[i] = enginetest.Pack(b, enginetest.Code{"w": says(fmt.Sprint(i))})
	}
	b.ResetTimer()
	for _, a := range archives {
		n.Deploy(a)
	}
}

// BenchmarkStartWithSchema measures a start whose input is checked.
func BenchmarkStartWithSchema(b *testing.B) {
	n := enginetest.NewFast(b)
	n.Deploy(enginetest.Pack(b, enginetest.Code{"w": "def run(ctx, input):\n    ctx.signal(\"never\")\n"}, enginetest.InputSchema("w", ordered)))
	for b.Loop() {
		n.BeginWith(engine.StartRequest{Type: "w", Input: history.Payload(`{"id":1,"items":[{"sku":"a"}]}`), Call: engine.Call{
			Request: &fsm.Request{ID: fmt.Sprint(time.Now().UnixNano()), Print: catalog.Digest{1}, Short: true}}})
	}
}
