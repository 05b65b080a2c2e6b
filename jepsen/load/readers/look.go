package readers

import (
	"context"
	"encoding/json"
	"math/rand/v2"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// how describes the consistency of a read; it is the value of its operation.
type how struct {
	Stale    bool   `json:"stale,omitempty"`
	MinIndex uint64 `json:"min_index,omitempty"`
}

func (h how) options() []client.Option {
	switch {
	case h.MinIndex > 0:
		return []client.Option{client.Stale(), client.MinIndex(h.MinIndex)}
	case h.Stale:
		return []client.Option{client.Stale()}
	}
	return nil
}

// read reads what writers change.
func (w *Workload) read(ctx context.Context, e *load.Env, i int) {
	r := e.Rand(uint64(300 + i))
	for e.Pace(ctx) {
		last, ok := w.lastWritten(r)
		if !ok {
			continue
		}
		node := e.AnyNode(r)
		switch r.IntN(11) {
		case 0, 1:
			e.Call(ctx, w.op(e, "describe", last.diary, node, how{}), describeDiary)
		case 2:
			e.Call(ctx, w.op(e, "describe", last.diary, node, how{Stale: true}), describeDiary)
		case 3, 4:
			e.Call(ctx, w.op(e, "describe", last.diary, node, how{MinIndex: last.index}), describeDiary)
		case 5, 6:
			f := []string{"query", "query", "drawn"}[r.IntN(3)]
			e.Call(ctx, w.op(e, f, last.diary, node, nil), queryDiary)
		case 7:
			e.Call(ctx, w.op(e, "counts", "diary", node, nil), countDiaries)
		case 8:
			e.Call(ctx, w.op(e, "backtest", last.diary, node, tried{Other: r.IntN(2) == 0, MinIndex: last.index}), backtestDiaries)
		case 9:
			e.Call(ctx, w.op(e, "list", "diary", node, nil), listPages(1+r.IntN(9)))
		default:
			if r.IntN(2) == 0 {
				e.Call(ctx, w.op(e, "queues", "", node, nil), listQueues)
			} else {
				e.Call(ctx, w.op(e, "schedules", "", node, nil), listSchedules)
			}
		}
	}
}

// lastWritten draws one of the latest acknowledged changes.
func (w *Workload) lastWritten(r *rand.Rand) (written, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.newest) == 0 {
		return written{}, false
	}
	return w.newest[r.IntN(len(w.newest))], true
}

// described is what is recorded of a description.
type described struct {
	Events uint64 `json:"events"`
	Status string `json:"status"`
}

func describeDiary(ctx context.Context, c *client.Client, o *op.Op) error {
	var h how
	if err := json.Unmarshal(o.Value, &h); err != nil {
		return err
	}
	a, err := c.Describe(ctx, wire.RunRef{WorkflowID: o.Key}, h.options()...)
	if err == nil {
		o.Index = a.Index
		o.Answer, err = json.Marshal(described{a.Events, a.Status})
	}
	return err
}

func queryDiary(ctx context.Context, c *client.Client, o *op.Op) error {
	name := "n"
	if o.F == "drawn" {
		name = "drawn"
	}
	a, err := c.Query(ctx, wire.RunRef{WorkflowID: o.Key}, name, nil)
	if err == nil {
		o.Index, o.Answer = a.Index, a.Result
	}
	return err
}

// counted is what is recorded of counts.
type counted struct {
	Total uint64 `json:"total"`
	Sum   uint64 `json:"sum"` // of the rows
}

func countDiaries(ctx context.Context, c *client.Client, o *op.Op) error {
	a, err := c.Counts(ctx, wire.RunFilter{Type: o.Key})
	if err != nil {
		return err
	}
	n := counted{Total: a.Total}
	for _, row := range a.Counts {
		n.Sum += row.Count
	}
	o.Index = a.Index
	o.Answer, err = json.Marshal(n)
	return err
}

// listPages lists all runs of the type that is the key, in pages of limit, and records their ids.
func listPages(limit int) func(context.Context, *client.Client, *op.Op) error {
	return func(ctx context.Context, c *client.Client, o *op.Op) error {
		ids := []string{}
		for cursor := ""; ; {
			page, err := c.List(ctx, wire.RunFilter{Type: o.Key}, wire.Page{Limit: limit, Cursor: cursor})
			if err != nil {
				return err
			}
			o.Index = page.Index
			for _, run := range page.Workflows {
				ids = append(ids, run.WorkflowID)
			}
			if cursor = page.NextCursor; cursor == "" {
				break
			}
		}
		var err error
		o.Answer, err = json.Marshal(ids)
		return err
	}
}

func listQueues(ctx context.Context, c *client.Client, o *op.Op) error {
	limits := map[string]uint64{}
	for cursor := ""; ; {
		page, err := c.Queues(ctx, wire.Page{Limit: 3, Cursor: cursor})
		if err != nil {
			return err
		}
		for _, q := range page.Queues {
			if n := q.Limits.Concurrency; n != nil {
				limits[q.Queue] = *n
			}
		}
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	var err error
	o.Answer, err = json.Marshal(limits)
	return err
}

func listSchedules(ctx context.Context, c *client.Client, o *op.Op) error {
	started := map[string]uint64{}
	for cursor := ""; ; {
		page, err := c.Schedules(ctx, wire.Page{Limit: 3, Cursor: cursor})
		if err != nil {
			return err
		}
		for _, s := range page.Schedules {
			started[s.ScheduleID] = s.Started
		}
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	var err error
	o.Answer, err = json.Marshal(started)
	return err
}
