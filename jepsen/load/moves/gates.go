package moves

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/load/runs"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// gates routes versions of a second type behind a gate, each while the newest run of the type takes
// the step at which its own version and that one part. So the gate opens if it is faster than the
// run, and else must not.
func (w *Workload) gates(ctx context.Context, e *load.Env) {
	r, p, second := e.Rand(99), e.Record.Process(), e.Record.Process()
	for n := 0; e.PaceOr(ctx, 4*pace) && n < mostStarts; n++ {
		name := fmt.Sprintf("gate-%d", n)
		do := func(f, key, request string, ask arguments, process *int) op.Op {
			ask.Gated = true
			o := newOp(f, key, ask)
			o.Process, o.Node, o.Request = *process, e.AnyNode(r), request
			if o = e.Call(ctx, o, w.call); o.Outcome == op.Unknown {
				*process = e.Record.Process()
			}
			return o
		}
		// Resolve sends all of them again, under the same request ids
		signal := func(i int) { do("signal", name, signalID(name, i), arguments{}, &p) }
		from := n % 2 // these part at the second step
		started := do("start", name, name, arguments{From: from}, &p)
		if started.Outcome != op.OK && started.Outcome != op.Unknown {
			continue
		}
		w.mu.Lock()
		w.runs = append(w.runs, &run{start: started})
		w.mu.Unlock()
		if started.Outcome == op.Unknown {
			continue // a signal before the start would be refused, for good
		}
		signal(1)
		load.Pause(ctx, 40*time.Millisecond)
		late := time.Duration(r.IntN(20)) * time.Millisecond
		var both sync.WaitGroup
		both.Go(func() { do("gate", typeName+"2", name+"-load", arguments{To: 1 - from}, &second) })
		load.Pause(ctx, late)
		signal(2)
		both.Wait()
		signal(3)
	}
}

// flip is a route that moved behind a gate.
type flip struct {
	at time.Time // log time
	to int
}

// flips are the routes that moved behind a gate.
func (c *checker) flips(ops []op.Op) (all []flip) {
	asked := map[string]bool{}
	for i := range ops {
		if o := &ops[i]; o.Workload == "move" && o.F == "gate" {
			asked[o.Request] = true
		}
	}
	for i := range ops {
		var page wire.Deploys
		if o := &ops[i]; o.Workload != "move" || o.F != "deploys" || o.Outcome != op.OK || json.Unmarshal(o.Answer, &page) != nil {
			continue
		}
		for _, d := range page.Deploys {
			if asked[d.RequestID] && d.Operation == "load" && d.Outcome == "ok" {
				all = append(all, flip{d.At, c.mark("of the deploy history", d.Version)})
			}
		}
	}
	return all
}

// checkGates: when a gate opened, every open run had asked for what the version asks for that was
// routed.
func (c *checker) checkGates(ops []op.Op, all *runs.Endings) {
	flips := c.flips(ops)
	for id, o := range all.Began { // any order: the violations are sorted
		var ask arguments
		if json.Unmarshal(o.Value, &ask) != nil || !ask.Gated {
			continue
		}
		events, _ := runs.EventsOf(all.Histories[id])
		for _, f := range flips {
			if len(events) == 0 || !events[0].At.Before(f.at) || events[len(events)-1].Type == "WorkflowCompleted" && !events[len(events)-1].At.After(f.at) {
				continue
			}
			var asked []string
			for _, e := range events {
				var d struct {
					Duration string `json:"duration"`
				}
				if e.Type == "TimerStarted" && e.At.Before(f.at) && json.Unmarshal(e.Data, &d) == nil {
					asked = append(asked, d.Duration)
				}
			}
			if want := waits[f.to]; len(asked) > len(want) || !slices.Equal(asked, want[:len(asked)]) {
				c.bad("a gate let version %d be routed at %s, when run %s was open and had asked for timers %q", f.to, f.at.Format(time.RFC3339Nano), id, asked)
			}
		}
	}
}
