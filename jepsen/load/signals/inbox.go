package signals

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/load/runs"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// An inbox is a run that reads its signals until there are none, and returns them. Its senders
// continue until they are refused, so that some of their signals arrive during the turn that closes
// it.
const inboxSource = `
def run(ctx, input):
    seen = [ctx.signal("n")]
    while True:
        f = ctx.start_signal("n")
        if not f.done:
            f.cancel()
            return seen
        seen.append(f.result())
`

// Limits of one inbox.
const (
	inboxSenders = 4
	inboxMost    = 25 // signals of one sender
)

// fillInbox starts an inbox and sends to it until it has closed.
func (w *Workload) fillInbox(ctx context.Context, e *load.Env, p int, id string, stream uint64) int {
	node := e.AnyNode(e.Rand(stream))
	o, p := w.requests.Do(ctx, e, op.Op{Process: p, Workload: "signals", F: "inbox", Key: id, Request: "inbox-" + id, Node: node}, runs.Start("inbox"))
	if o.Outcome == op.OK || o.Outcome == op.Unknown {
		w.mu.Lock()
		w.inboxes = append(w.inboxes, id)
		w.mu.Unlock()
	}
	if o.Outcome != op.OK {
		return p
	}
	var senders sync.WaitGroup
	for i := range uint64(inboxSenders) {
		senders.Go(func() {
			r, p := e.Rand(stream+1+i), e.Record.Process()
			for n := 0; n < inboxMost && ctx.Err() == nil; n++ {
				said := fmt.Sprintf("%s/%d#%d", id, i, n)
				value, _ := json.Marshal(said)
				var o op.Op
				o, p = w.requests.Do(ctx, e, op.Op{Process: p, Workload: "signals", F: "post", Key: id, Value: value, Request: said, Node: e.AnyNode(r)}, sendSignal)
				if o.Outcome == op.Refused {
					return
				}
			}
		})
	}
	senders.Wait()
	return p
}

// emptyInboxes makes sure that each inbox has received something, and reads what they saw.
func (w *Workload) emptyInboxes(ctx context.Context, e *load.Env, waits *runs.Patience) error {
	return load.Each(w.inboxes, 16, func(i int, id string) error {
		value, _ := json.Marshal(id + "/last#0")
		o := op.Op{Process: e.Record.Process(), Workload: "signals", F: "post", Key: id, Value: value, Request: id + "/last#0", Node: e.AnyNode(e.Rand(uint64(i)))}
		if _, err := e.Insist(ctx, o, sendSignal); err != nil {
			return err
		}
		_, err := runs.Conclude(ctx, e, "signals", wire.RunRef{WorkflowID: id}, waits)
		return err
	})
}

// checkInboxes compares what inboxes saw with what was acknowledged to their senders.
func checkInboxes(ops []op.Op, x *runs.Endings) (found []load.Violation) {
	bad := func(o op.Op, format string, args ...any) {
		found = append(found, load.Violation{Checker: "signals", What: fmt.Sprintf(format, args...), Ops: []int{o.ID}})
	}
	started, posts := map[string]op.Op{}, map[string]op.Op{} // the last answer to each request
	for _, o := range ops {
		into := map[string]map[string]op.Op{"inbox": started, "post": posts}[o.F]
		if o.Workload != "signals" || into == nil {
			continue
		}
		if before, is := into[o.Request]; !is || before.Outcome == op.Unknown || before.Outcome == op.Failed {
			into[o.Request] = o
		}
	}
	seen := map[string]map[string]int{} // by inbox and signal
	for _, request := range slices.Sorted(maps.Keys(started)) {
		o := started[request]
		if o.Outcome != op.OK {
			continue
		}
		var said []string
		if r := x.Results[o.Key]; r.Status != "completed" || json.Unmarshal(r.Result, &said) != nil {
			bad(o, "inbox %s is %q after it had a signal: %s", o.Key, r.Status, r.Result)
			continue
		}
		seen[o.Key] = map[string]int{}
		for _, s := range said {
			if seen[o.Key][s]++; seen[o.Key][s] == 2 {
				bad(x.ResultOp[o.Key], "inbox %s saw signal %s twice", o.Key, s)
			}
			if p := posts[s]; p.Outcome != op.OK && p.Outcome != op.Unknown {
				bad(x.ResultOp[o.Key], "inbox %s saw signal %s, which nobody sent it", o.Key, s)
			}
		}
	}
	for _, request := range slices.Sorted(maps.Keys(posts)) {
		o := posts[request]
		var said string
		switch inbox := seen[o.Key]; {
		case inbox == nil || json.Unmarshal(o.Value, &said) != nil:
		case o.Outcome == op.OK && inbox[said] == 0:
			bad(o, "inbox %s closed without having seen signal %s, which was acknowledged", o.Key, said)
		case o.Outcome == op.Refused && o.Code != "not_running":
			bad(o, "signal %s to inbox %s was refused with %s", said, o.Key, o.Code)
		}
	}
	return found
}
