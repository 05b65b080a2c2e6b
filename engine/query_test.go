package engine_test

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

const staged = `
def run(ctx, input):
    state = {"stage": "charging", "log": []}
    ctx.on_query("stage", lambda: state["stage"])
    ctx.on_query("bad", lambda: ctx.sleep("1s"))
    ctx.on_query("echo", lambda args: args)
    ctx.on_query("slow", lambda: [0 for i in range(100000000)])
    ctx.sleep("10s")
    state["stage"] = "awaiting approval"
    ctx.signal("approval")
    state["stage"] = "done"
    return 1
`

func TestQueriesReadTheRecordedTurn(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		ref := workflow(t, n, staged)
		equal(t, "before the first turn", n.Ask(ref, "stage"), `"charging"`)
		equal(t, "again", n.Ask(ref, "stage"), `"charging"`)
		time.Sleep(time.Minute)
		equal(t, "after the timer", n.Ask(ref, "stage"), `"awaiting approval"`)
		n.Restart()
		equal(t, "after a restart", n.Ask(ref, "stage"), `"awaiting approval"`)

		result, _, err := n.Query(background, engine.Read{}, ref, "echo", history.Payload(`{"a":[1]}`))
		if err != nil || string(result) != `{"a":[1]}` {
			t.Errorf("got %s, %v", result, err)
		}
		for name, code := range map[string]string{"nobody": "unknown_query", "bad": "query_failed", "slow": "query_failed", "": "invalid_input"} {
			if _, _, err := n.Query(background, engine.Read{}, ref, name, nil); enginetest.CodeOf(err) != code {
				t.Errorf("query %q: got %v, want %s", name, err, code)
			}
		}
		_, _, err = n.Query(background, engine.Read{}, ref, "stage", history.Payload("{"))
		refused(t, err, "invalid_input")

		events := n.Types(ref)
		n.Send(ref, "approval", "")
		n.Await(ref)
		equal(t, "closed", n.Ask(ref, "stage"), `"done"`)
		equal(t, "history", n.Types(ref), events+" SignalReceived WorkflowCompleted")

		version := n.Row(ref).Version.String()
		if _, _, err := n.Unroute(background, engine.Call{}, fsm.UnrouteType{Type: "w"}); err != nil {
			t.Fatal(err)
		}
		if _, _, err := n.Unload(background, engine.Call{}, fsm.UnloadVersion{Type: "w", Version: version}); err != nil {
			t.Fatal(err)
		}
		_, _, err = n.Query(background, engine.Read{}, ref, "stage", nil)
		refused(t, err, "version_unavailable")
	})
}

func TestAQueryWaitsForTheFirstTurn(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, enginetest.Code{"w": staged}))
		n.Depose()
		n.Log.SetLeads(true) // entries are accepted, but no turns are made
		ref := n.Begin("w", "")
		_, _, err := n.Query(background, engine.Read{}, ref, "stage", nil)
		refused(t, err, "query_timeout")

		answer := make(chan string)
		go func() { answer <- n.Ask(ref, "stage") }()
		time.Sleep(time.Second)
		n.Elect()
		equal(t, "answer", <-answer, `"charging"`)
	})
}

func TestAQueryOfARunThatNeverTookATurn(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, enginetest.Code{"w": staged}))
		n.Depose()
		n.Log.SetLeads(true)
		ref := n.Begin("w", "")
		if _, _, err := n.Terminate(background, engine.Call{}, ref, ""); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		_, _, err := n.Query(background, engine.Read{}, ref, "stage", nil)
		refused(t, err, "unknown_query")
	})
}

func TestQueriesOfReopenedRuns(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, enginetest.Code{"w": `
def run(ctx, input):
    stage = ["begun"]
    ctx.on_query("stage", lambda: stage[0])
    ctx.signal("go")
    stage[0] = "going"
    if not ctx.start_signal("really").done:
        stage[0] = "over"
        fail("not really")
    ctx.sleep("1h")
`}))
		ref := n.Begin("w", "")
		synctest.Wait()
		equal(t, "waiting", n.Ask(ref, "stage"), `"begun"`)
		n.Send(ref, "go", "")
		n.Outcome(ref)
		equal(t, "closed", n.Ask(ref, "stage"), `"over"`)
		held := make(chan struct{})
		n.Log.Inject(func(c fsm.Command) enginetest.Fault { // no turn is recorded until the run was queried and signalled
			if _, ok := c.(*fsm.RecordTurn); ok {
				select {
				case <-held:
				default:
					return enginetest.NotLeader
				}
			}
			return enginetest.None
		})
		reopen(t, n, ref)
		equal(t, "reopened", n.Ask(ref, "stage"), `"begun"`)
		synctest.Wait() // without the signal, no turn is being made now
		n.Send(ref, "really", "")
		close(held)
		time.Sleep(time.Minute)
		equal(t, "going on", n.Ask(ref, "stage"), `"going"`)
		n.Restart()
		equal(t, "on another leader", n.Ask(ref, "stage"), `"going"`)
		equal(t, "outcome", n.Outcome(ref), "completed null")
	})
}

// A run that was reopened before any turn that counts cannot answer yet: a query waits for its
// first turn.
func TestAQueryWaitsForTheFirstTurnThatCounts(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, enginetest.Code{"w": "def run(ctx, input):\n    ctx.on_query(\"q\", lambda: 1)\n    fail(\"no\")\n"}))
		ref := n.Begin("w", "")
		n.Outcome(ref)
		n.Log.Inject(func(c fsm.Command) enginetest.Fault {
			if _, ok := c.(*fsm.RecordTurn); ok {
				return enginetest.NotLeader
			}
			return enginetest.None
		})
		reopen(t, n, ref)
		time.AfterFunc(time.Second, func() { n.Log.Inject(nil) })
		equal(t, "answer", n.Ask(ref, "q"), "1")
	})
}

// A handler that tries to change what the run keeps is refused, and changes nothing. The same query
// gets the same answer whoever queried before, also after a turn, an eviction or a failover.
func TestQueriesChangeNothing(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		n.Deploy(enginetest.Pack(t, enginetest.Code{"w": `
def run(ctx, input):
    q, turns = ["c", "a", "b"], [0]
    ctx.on_query("peek", lambda: q.pop(0))
    ctx.on_query("all", lambda: [q, turns[0]])
    while True:
        ctx.signal("go")
        turns[0] += 1
`}))
		ref := n.Begin("w", "")
		for turn := range 4 {
			want := `[["c","a","b"],` + strconv.Itoa(turn) + `]`
			for range 3 {
				_, _, err := n.Query(background, engine.Read{}, ref, "peek", nil)
				refused(t, err, "query_failed")
				equal(t, "all", n.Ask(ref, "all"), want)
			}
			n.Restart()
			equal(t, "after a restart", n.Ask(ref, "all"), want)
			n.Send(ref, "go", "")
			synctest.Wait()
		}
	})
}
