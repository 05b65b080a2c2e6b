package engine_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// inbox counts its messages, and returns when none is left after a stop message.
const inbox = `
def run(ctx, input):
    n = 0
    ctx.signal("stop")
    while True:
        f = ctx.start_signal("msg")
        if not f.done:
            f.cancel()
            return n
        f.result()
        n += 1
`

// Code sees every acknowledged signal, however many are sent while the run closes.
func TestNothingAcknowledgedIsLostAtTheEnd(t *testing.T) {
	n := enginetest.NewFast(t)
	n.Deploy(enginetest.Pack(t, enginetest.Code{"inbox": inbox}))
	for round := range 10 {
		ref := n.Begin("inbox", "")
		var acknowledged atomic.Int64
		var senders sync.WaitGroup
		for range 8 {
			senders.Go(func() {
				for {
					_, _, err := n.Signal(background, engine.Call{}, ref, "msg", history.Payload("1"))
					var ended *fsm.NotRunning
					var full *fsm.ResourceExhausted // more than a node can handle
					if errors.As(err, &ended) || errors.As(err, &full) {
						return
					}
					if err != nil {
						t.Error(err)
						return
					}
					if acknowledged.Add(1) == 200 {
						n.Send(ref, "stop", "null")
					}
				}
			})
		}
		senders.Wait()
		equal(t, fmt.Sprintf("messages seen in round %d", round), n.Outcome(ref), fmt.Sprintf("completed %d", acknowledged.Load()))
	}
}

// A request to cancel that came before the signal that would end the run still counts, whenever the
// run's code gets to see them.
func TestCancelBeforeTheSignalThatEnds(t *testing.T) {
	for _, code := range []string{
		"def run(ctx, input):\n    ctx.signal(\"go\")\n    return 1\n",
		"def run(ctx, input):\n    return ctx.race([ctx.start_signal(\"go\"), ctx.start_timer(\"1h\")])\n",
		"def run(ctx, input):\n    return ctx.all([ctx.start_signal(\"go\")])\n",
		"def run(ctx, input):\n    f = ctx.start_signal(\"go\")\n    return f.result()\n",
	} {
		for _, first := range []bool{false, true} { // whether the run is already waiting
			bubble(t, func(t *testing.T, n *enginetest.Node) {
				n.Deploy(enginetest.Pack(t, enginetest.Code{"w": code}))
				ref := n.Begin("w", "")
				if first {
					synctest.Wait()
				}
				if _, _, err := n.Pause(background, engine.Call{}, ref, ""); err != nil {
					t.Fatal(err)
				}
				for i := range 2 {
					a, _, err := n.Cancel(background, engine.Call{}, ref, "enough")
					if err != nil {
						t.Fatal(err)
					}
					equal(t, "asked before", a.Already, i == 1)
				}
				n.Send(ref, "go", "1")
				if _, _, err := n.Resume(background, engine.Call{}, ref); err != nil {
					t.Fatal(err)
				}
				equal(t, "outcome", n.Await(ref).Status, history.StatusCancelled)
			})
		}
	}
}

// A run ends the same whether its messages came one by one or while it was paused, and also after a
// failover.
func TestBacklogEndsAsItWouldHaveOneByOne(t *testing.T) {
	const code = `
def run(ctx, input):
    n = 0
    while True:
        m = ctx.signal("msg")
        if m == "stop":
            return n
        ctx.log("message %s from customer %s: amount %s, currency %s" % (m["id"], m["customer"], m["amount"], "EUR"))
        ctx.set_attributes({"last": m["id"]})
        ctx.start_activity("book", m)
        for i in range(1000):
            pass
        n += 1
`
	for _, c := range []struct {
		messages int
		padding  int // bytes
	}{{1200, 0}, {9000, 0}, {150, 100_000}} {
		t.Run(fmt.Sprint(c.messages, " of ", c.padding), func(t *testing.T) {
			said := map[history.RunID]int{}
			var mu sync.Mutex
			n := enginetest.NewFast(t, func(cfg *engine.Config) {
				cfg.Says = func(run rows.Run, msg string) {
					mu.Lock()
					defer mu.Unlock()
					said[run.RunID]++
				}
			})
			n.Deploy(enginetest.Pack(t, enginetest.Code{"w": code}, enginetest.Activities("book")))
			ref := n.Begin("w", "")
			if _, _, err := n.Pause(background, engine.Call{}, ref, ""); err != nil {
				t.Fatal(err)
			}
			payload := `{"id":` + strconv.Itoa(7) + `,"customer":"` + strings.Repeat("x", c.padding) + `","amount":"100"}`
			for range c.messages {
				n.Send(ref, "msg", payload)
			}
			n.Send(ref, "stop", "null") // no wait reads this signal
			n.Send(ref, "msg", `"stop"`)
			if _, _, err := n.Resume(background, engine.Call{}, ref); err != nil {
				t.Fatal(err)
			}
			equal(t, "outcome", n.Outcome(ref), fmt.Sprintf("completed %d", c.messages))
			mu.Lock()
			defer mu.Unlock()
			equal(t, "lines", said[ref.RunID], c.messages)
		})
	}
}
