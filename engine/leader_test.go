package engine_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/catalog/project"
	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

// scene is a workflow and the external events that happen to it. Its histories are compared across
// leader changes.
type scene struct {
	name    string
	archive func(t *testing.T) []byte
	typ     string
	input   string
	signals []signal // in order
	workers handlers // workers of the default queue
}

type signal struct {
	after         time.Duration // since the start
	name, payload string
}

var scenes = []scene{
	{
		name: "everything", typ: "w", input: "3",
		archive: func(t *testing.T) []byte {
			return enginetest.Pack(t, enginetest.Code{"w": `
def run(ctx, input):
    first = [ctx.random(), ctx.uuid()]
    ctx.set_attributes({"stage": "one"})
    kids = [ctx.start_child("kid", i) for i in range(input)]
    ctx.sleep("6s")
    ok = ctx.signal("go", timeout = "1h")
    late = ctx.signal("never", timeout = "5s")
    i, v = ctx.race([ctx.start_timer("10s"), ctx.start_signal("stop")])
    return [ok, late, i, v, ctx.all(kids), first == [0, ""]]
`, "kid": "def run(ctx, input):\n    ctx.sleep(str(input) + \"s\")\n    return input * input\n"})
		},
		signals: []signal{{3 * time.Second, "go", `{"by":"me"}`}, {14 * time.Second, "stop", "7"}},
	},
	{
		name: "chain", typ: "w", input: "0",
		archive: func(t *testing.T) []byte {
			return enginetest.Pack(t, enginetest.Code{"w": `
def run(ctx, input):
    got = ctx.signal("item")
    if input + got >= 6:
        return input + got
    ctx.continue_as_new(input + got)
`})
		},
		signals: []signal{{0, "item", "1"}, {time.Second, "item", "2"}, {2 * time.Second, "item", "3"}},
	},
	{
		name: "order", typ: "order", input: `{"id":"o1","amount":100}`, archive: example("order"),
		signals: []signal{{5 * time.Second, "approval", `{"by":"Ada"}`}},
	},
	{
		// A task that is lost with the leader is offered again when its lease expires, 15 s later,
		// so everything may be that much later.
		name: "subscription", typ: "subscription", input: `{"plan":"basic","period":"40s"}`, archive: example("subscription"),
		signals: []signal{{time.Minute, "change_plan", `"pro"`}, {225 * time.Second, "stop", ""}},
		workers: handlers{"charge_subscription": func(context.Context, engine.WorkerTask) (string, error) { return "null", nil }},
	},
	{
		// An attempt that is lost with the leader counts, so the limit is one more than the
		// workers' failures.
		name: "activities", typ: "w", input: "3",
		archive: func(t *testing.T) []byte {
			return enginetest.Pack(t, enginetest.Code{"w": `
def run(ctx, input):
    got = ctx.settled([ctx.start_activity("flaky", i, retry = {"max_attempts": 4, "backoff": "1s"}) for i in range(input)])
    i, v = ctx.race([ctx.start_activity("slow", heartbeat = "1m"), ctx.start_timer("3s")])
    return [[o.ok, o.value, o.error and o.error.kind] for o in got] + [i, v, ctx.try_activity("gone", queue = "nobody", schedule_timeout = "20s").error.kind]
`}, enginetest.Activities("flaky", "gone", "slow"))
		},
		workers: handlers{
			"flaky": func(_ context.Context, task engine.WorkerTask) (string, error) {
				if string(task.Input) != "0" {
					return "", &history.RunError{Kind: "flaky" + string(task.Input), Retryable: string(task.Input) == "1" && task.Leased.Token.Attempt < 3}
				}
				return `"fine"`, nil
			},
			"slow": func(ctx context.Context, task engine.WorkerTask) (string, error) {
				<-ctx.Done()
				return "", ctx.Err()
			},
		},
	},
	{name: "fanout", typ: "fanout", input: `{"numbers":[1,2,3]}`, archive: example("fanout")},
}

// example packs one of the documented examples.
func example(name string) func(t *testing.T) []byte {
	return func(t *testing.T) []byte {
		built, err := project.Build(filepath.Join("..", "docs", "examples", name))
		if err != nil {
			t.Fatal(err)
		}
		return built.Archive
	}
}

// play runs a scene and describes how each of its runs ended. The leader is lost at its proposal
// number loseAt (0 = never), with fault as that proposal's outcome; restart says whether its node
// crashes then.
func (s scene) play(t *testing.T, loseAt int, fault enginetest.Fault, restart bool) (story string, proposals int) {
	synctest.Test(t, func(t *testing.T) {
		n := enginetest.New(t)
		n.Deploy(s.archive(t))
		var interrupt atomic.Pointer[context.CancelFunc]
		var deposed atomic.Bool
		var count atomic.Int64
		n.Log.Inject(func(c fsm.Command) enginetest.Fault {
			switch c.(type) {
			case *fsm.RecordTurn, *fsm.FireTimers, *fsm.LeaseTasks, *fsm.CompleteTasks, *fsm.FailTasks:
			default:
				return enginetest.None
			}
			if deposed.Load() {
				return enginetest.NotLeader
			}
			if int(count.Add(1)) != loseAt {
				return enginetest.None
			}
			deposed.Store(true)
			(*interrupt.Load())()
			return fault
		})
		if s.workers != nil {
			n.Work("default", s.workers, func(w *enginetest.Worker) { w.Lease = time.Second }) // a lost answer must not cost much time
		}
		nothing := context.CancelFunc(func() {})
		interrupt.Store(&nothing)
		succeed := func() {
			if !deposed.Load() {
				return
			}
			n.Depose()
			if restart {
				n.Restart()
			}
			deposed.Store(false)
			n.Elect()
		}
		// A call whose answer was lost is made again under its request id, as clients do.
		until := func(call func(engine.Call) error) {
			count := 0
			again := engine.Call{Request: &fsm.Request{ID: fmt.Sprint("call ", proposals)}}
			for proposals++; call(again) != nil; succeed() {
				if count++; count > 10 {
					t.Fatal("a call fails again and again")
				}
			}
			succeed()
		}
		ref := fsm.RunRef{WorkflowID: "w"}
		until(func(c engine.Call) error {
			_, _, err := n.Start(background, engine.StartRequest{Call: c, Type: s.typ, WorkflowID: "w", Input: history.Payload(s.input)})
			return err
		})
		var last *engine.Result
		for began, sent := time.Now(), 0; last == nil || last.Status.Open(); {
			ctx, cancel := context.WithCancel(background)
			interrupt.Store(&cancel)
			for ; sent < len(s.signals) && time.Since(began) >= s.signals[sent].after; sent++ {
				until(func(c engine.Call) error {
					_, _, err := n.Signal(background, c, ref, s.signals[sent].name, history.Payload(s.signals[sent].payload))
					return err
				})
			}
			var err error
			if last, err = n.Result(ctx, engine.Read{Stale: true}, ref, time.Second); err != nil {
				t.Fatal(err)
			}
			cancel()
			succeed()
		}
		story = s.name + ": " + enginetest.Tell(last)
		runs, _, _, err := n.List(background, engine.Read{}, fsm.RunFilter{}, "", engine.MaxPage, "")
		if err != nil {
			t.Fatal(err)
		}
		for i := len(runs) - 1; i >= 0; i-- {
			r := fsm.RunRef{WorkflowID: runs[i].WorkflowID, RunID: runs[i].RunID}
			story += fmt.Sprintf("\n%s %s", runs[i].Type, n.Outcome(r))
		}
		proposals = int(count.Load())
	})
	return story, proposals
}

// However leaders change, and whichever answers are lost, every run ends the same.
func TestALeaderChangeAtEveryStepChangesNothing(t *testing.T) {
	for _, s := range scenes {
		t.Run(s.name, func(t *testing.T) {
			want, proposals := s.play(t, 0, enginetest.None, false)
			if line, _, _ := strings.Cut(want, "\n"); !strings.Contains(line, ": completed") {
				t.Fatal(want)
			}
			for _, fault := range []enginetest.Fault{enginetest.UnknownDone, enginetest.UnknownLost} {
				for at := 1; at <= proposals; at++ {
					if got, _ := s.play(t, at, fault, at%2 == 0); got != want {
						t.Fatalf("leader lost at proposal %d (fault %d):\n%s\nwant:\n%s", at, fault, got, want)
					}
				}
			}
		})
	}
}
