package readers

import (
	"context"
	"encoding/json"
	"time"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// leg is what one part of a stream returned, from where it was requested until it was interrupted.
type leg struct {
	Closed []string `json:"closed"` // run ids, in the order of their WorkflowClosed
	Last   uint64   `json:"last"`   // the newest index in the stream
}

// tail follows the events through one node after another. The reader or a fault interrupts each leg
// after a while, and the next one continues after the newest index seen.
func (w *Workload) tail(ctx context.Context, e *load.Env, i int) {
	r, names := e.Rand(uint64(400+i)), e.Cluster.Names()
	filter := []string{"WorkflowClosed"}
	if i == 0 {
		filter = nil // everything
	}
	after := uint64(0)
	for try := i; ctx.Err() == nil; try++ {
		// often: a stream loses events where it resumes, if at all
		lasts := time.Duration(1+r.IntN(8)*r.IntN(8)) * 20 * time.Millisecond
		o := w.op(e, "tail", "", names[try%len(names)], map[string]uint64{"tail": uint64(i), "after": after})
		done := e.Record.Do(o, func(o *op.Op) error {
			ctx, cancel := context.WithTimeout(ctx, lasts)
			defer cancel()
			l, err := readEvents(ctx, e.Client(o.Node), after, filter, func(*leg) bool { return false })
			o.Answer, _ = json.Marshal(l)
			if ctx.Err() != nil {
				return nil // interrupted on purpose
			}
			return err
		})
		var l leg
		if json.Unmarshal(done.Answer, &l) == nil && l.Last > after {
			after = l.Last
		}
		load.Pause(ctx, 5*time.Millisecond)
	}
}

// readEvents reads events after an index until ctx ends, the stream ends, or enough returns true.
func readEvents(ctx context.Context, c *client.Client, after uint64, names []string, enough func(*leg) bool) (leg, error) {
	var l leg
	for ev, err := range c.Events(ctx, client.EventFilter{After: &after, Names: names}) {
		if err != nil {
			return l, err
		}
		if ev.Name == "WorkflowClosed" {
			var data struct {
				RunID string `json:"run_id"`
			}
			if err := json.Unmarshal(ev.Data, &data); err != nil {
				return l, err
			}
			l.Closed = append(l.Closed, data.RunID)
		}
		l.Last = max(l.Last, ev.ID)
		if enough(&l) {
			return l, nil
		}
	}
	return l, nil
}

// readFeed reads all events up to the close of the run o.Key, the last one.
func readFeed(ctx context.Context, c *client.Client, o *op.Op) error {
	d, err := c.Describe(ctx, wire.RunRef{WorkflowID: o.Key})
	if err != nil {
		return err
	}
	l, err := readEvents(ctx, c, 0, []string{"WorkflowClosed"}, func(l *leg) bool {
		return len(l.Closed) > 0 && l.Closed[len(l.Closed)-1] == d.RunID
	})
	if err == nil {
		o.Answer, err = json.Marshal(l)
	}
	return err
}

// followed is what a follower saw of one event.
type followed struct {
	Seq  uint64          `json:"seq"`
	Type string          `json:"type"`
	Data json.RawMessage `json:"data"`
}

// follow follows a diary from its first event to its last, as `history --follow` does, through one
// node after another.
func (w *Workload) follow(ctx context.Context, e *load.Env, id string, stream uint64) {
	names := e.Cluster.Names()
	from, closed := uint64(1), false
	for try := int(stream); ctx.Err() == nil && !closed; try++ {
		o := w.op(e, "follow", id, names[try%len(names)], map[string]uint64{"from": from})
		e.Record.Do(o, func(o *op.Op) error {
			events := []followed{}
			var err error
			for ev, bad := range e.Client(o.Node).Follow(ctx, wire.RunRef{WorkflowID: id}, from) {
				if err = bad; err != nil {
					break
				}
				events = append(events, followed{ev.Seq, ev.Type, ev.Data})
				from = ev.Seq + 1
			}
			o.Answer, _ = json.Marshal(events)
			closed = err == nil
			if ctx.Err() != nil {
				return nil // interrupted on purpose
			}
			return err
		})
		load.Pause(ctx, 50*time.Millisecond)
	}
}
