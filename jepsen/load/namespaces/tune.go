package namespaces

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// tuned is a namespace of which two callers change one quota each, again and again. Nobody else
// changes theirs, so what they were last told that it is, it is.
const tuned = "tuned"

// tuneLevel is the level from which on a change of one quota leaves the others alone.
const tuneLevel = 7

// tuning are the quotas that are changed; the arguments of a call name one by its number.
var tuning = [2]string{"starts_per_second", "state_bytes"}

// tune makes both callers work until ctx ends.
func (w *Workload) tune(ctx context.Context, e *load.Env) {
	var both sync.WaitGroup
	for which := range tuning {
		both.Go(func() {
			r, p := e.Rand(uint64(50+which)), e.Record.Process()
			for n := uint64(1); ctx.Err() == nil; n++ {
				for _, f := range []string{"tune", "look"} {
					o := newOp(f, arguments{Space: tuned, ID: tuning[which], Value: n})
					if o.Process, o.Node = p, e.AnyNode(r); f == "tune" {
						o.Request = fmt.Sprintf("tune-%d-%d", which, n)
					}
					if _, err := e.Insist(ctx, o, w.call); err != nil {
						return
					}
				}
				load.Pause(ctx, 10*time.Millisecond)
			}
		})
	}
	both.Wait()
}

// callTuned makes a call of tune.
func callTuned(ctx context.Context, c *client.Client, o *op.Op, ask arguments, key client.Option) error {
	if o.F == "look" {
		a, err := c.Namespace(ctx, tuned)
		if err == nil {
			o.Answer, _ = json.Marshal(a)
		}
		return err
	}
	change := wire.NamespaceChange{StartsPerSecond: &ask.Value}
	if ask.ID == tuning[1] {
		change = wire.NamespaceChange{StateBytes: &ask.Value}
	}
	a, err := c.SetNamespace(ctx, tuned, change, key)
	return load.Told(o, a, err, func() wire.Answered { return a.Answered })
}

// checkTuned compares what a caller sees of its quota with what it made of it.
func checkTuned(o op.Op, ask arguments, bad func(op.Op, string, ...any)) {
	if o.Outcome == op.Refused {
		bad(o, "%s of %s was refused with %s", o.F, ask.ID, o.Code)
	}
	var a struct {
		Quotas map[string]uint64 `json:"quotas"`
	}
	if o.Outcome != op.OK || json.Unmarshal(o.Answer, &a) != nil {
		return
	}
	if got := a.Quotas[ask.ID]; got != ask.Value {
		bad(o, "%s shows %s as %d after its only caller made it %d", o.F, ask.ID, got, ask.Value)
	}
}
