package engine_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

// slow makes each turn of a workflow type, new or replayed, take some of the bubble's time.
type slow struct {
	runtime.Compiler
	turn map[string]time.Duration
}

func (s slow) Compile(ctx context.Context, a *catalog.Archive) (runtime.Program, error) {
	p, err := s.Compiler.Compile(ctx, a)
	return slowProgram{p, s}, err
}

type slowProgram struct {
	runtime.Program
	slow
}

func (p slowProgram) Start(entry catalog.Member, input history.Payload, host runtime.Host, limits runtime.Limits) runtime.Execution {
	return &slowExecution{Execution: p.Program.Start(entry, input, host, limits), host: host, turn: p.turn[entry.Type], interrupt: make(chan error, 1)}
}

type slowExecution struct {
	runtime.Execution
	host      runtime.Host
	turn      time.Duration
	interrupt chan error
}

// Resume computes one second at a time, and yields in between.
func (e *slowExecution) Resume(bound bool) (*runtime.End, error) {
	for left := e.turn; left > 0; left -= time.Second {
		select {
		case <-time.After(min(left, time.Second)):
			e.host.Yield()
		case cause := <-e.interrupt:
			return nil, cause
		}
	}
	return e.Execution.Resume(bound)
}

func (e *slowExecution) Interrupt(cause error) {
	select {
	case e.interrupt <- cause:
	default:
	}
	e.Execution.Interrupt(cause)
}

// slowly restarts a node's engine with slow turns, one at a time.
func slowly(n *enginetest.Node, inFlight int, turn map[string]time.Duration) {
	n.Configure(func(c *engine.Config) {
		c.Compiler = slow{c.Compiler, turn}
		c.Limits.Turns, c.Limits.InFlight = 1, inFlight
	})
	n.Restart()
}

const (
	atOnce  = "def run(ctx, input): return 1\n"
	stepped = "def run(ctx, input):\n    state = {'n': 0}\n    ctx.on_query('n', lambda: state['n'])\n    for i in range(input['n']):\n        ctx.sleep('1s')\n        state['n'] += 1\n    ctx.signal('go')\n    return state['n']\n"
)

// Hundreds of ready runs of one type, with long turns, do not starve another type's run: it waits
// for about one of their turns, not for all.
func TestTypesTakeTurns(t *testing.T) {
	for _, inFlight := range []int{1, 4, 1000} {
		bubble(t, func(t *testing.T, n *enginetest.Node) {
			slowly(n, inFlight, map[string]time.Duration{"heavy": time.Second})
			n.Deploy(enginetest.Pack(t, enginetest.Code{"heavy": atOnce, "light": atOnce, "other": atOnce}))
			var heavy []int
			count := func() (done int) {
				for _, i := range heavy {
					if !n.Row(fsm.RunRef{WorkflowID: fmt.Sprint("heavy-", i)}).Status.Open() {
						done++
					}
				}
				return done
			}
			for i := range 300 {
				n.BeginWith(engine.StartRequest{Type: "heavy", WorkflowID: fmt.Sprint("heavy-", i)})
				heavy = append(heavy, i)
			}
			synctest.Wait()
			for _, typ := range []string{"light", "other", "light"} {
				before := count()
				n.Await(n.Begin(typ, "1"))
				if after := count(); after-before > 4 {
					t.Errorf("with %d in flight, %d runs of the heavy type were done before one of %s", inFlight, after-before, typ)
				}
			}
			if n.Await(fsm.RunRef{WorkflowID: "heavy-299"}); count() < 290 {
				t.Errorf("%d of the heavy type are done with the last", count())
			}
		})
	}
}

// A turn that computes for long yields to another type's.
func TestALongTurnLetsOthersGoFirst(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		slowly(n, 10, map[string]time.Duration{"heavy": 20 * time.Second})
		n.Deploy(enginetest.Pack(t, enginetest.Code{"heavy": atOnce, "light": atOnce}))
		heavy := n.Begin("heavy", "1")
		synctest.Wait()
		for range 40 { // and its waiting does not count as computing
			began := time.Now()
			if n.Await(n.Begin("light", "1")); time.Since(began) > time.Second {
				t.Errorf("the light one waited %s", time.Since(began))
			}
		}
		if got := n.Outcome(heavy); got != "completed 1" {
			t.Errorf("the heavy one: %s", got)
		}
	})
}

// Each turn of a replay has a time limit of its own, however long the history: after a failover a
// healthy run goes on, and its queries are answered.
func TestALongLifeIsReplayed(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		slowly(n, 10, map[string]time.Duration{"w": 7 * time.Second})
		n.Deploy(enginetest.Pack(t, enginetest.Code{"w": stepped}))
		run := n.Begin("w", `{"n":20}`)
		for n.Row(run).Turns < 21 {
			time.Sleep(time.Minute)
		}
		n.Restart()
		var late *engine.QueryTimeout
		rebuilt := uint64(0)
		for asked := 1; ; asked++ {
			answer, _, err := n.Query(background, engine.Read{}, run, "n", nil)
			if err == nil {
				equal(t, "the answer", string(answer), "20")
				if asked < 5 {
					t.Errorf("147 s of replay took %d queries of 10 s", asked)
				}
				break
			}
			if !errors.As(err, &late) || late.Turns != 21 || late.Rebuilt <= rebuilt || !strings.Contains(err.Error(), "of 21 turns are done") {
				t.Fatalf("query %d: %v, %d turns were done before", asked, err, rebuilt)
			}
			rebuilt = late.Rebuilt
		}
		n.Restart()
		n.Send(run, "go", "")
		if got := n.Outcome(run); got != "completed 20" {
			t.Errorf("got %s", got)
		}
	})
}

// One turn that takes too long is still a fault, new or replayed.
func TestOneTurnTakesTooLong(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		slowly(n, 10, map[string]time.Duration{"w": 31 * time.Second})
		n.Deploy(enginetest.Pack(t, enginetest.Code{"w": atOnce}))
		run := n.Begin("w", "1")
		time.Sleep(10 * time.Minute)
		if row := n.Row(run); row.Status != history.StatusPaused || !row.Quarantined {
			t.Errorf("status %s", row.Status)
		}
	})
}
