package readers

import (
	"context"
	"encoding/json"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/load/runs"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// Resolve repeats what is unknown, waits for all diaries, asks each for its count, and reads every
// run and the whole stream of events.
func (w *Workload) Resolve(ctx context.Context, e *load.Env) error {
	waits := runs.NewPatience()
	if err := w.requests.Resolve(ctx, e); err != nil {
		return err
	}
	w.mu.Lock()
	diaries := append([]string(nil), w.diaries...)
	w.mu.Unlock()
	if err := load.Each(diaries, 16, func(i int, id string) error {
		if _, err := runs.Conclude(ctx, e, "readers", wire.RunRef{WorkflowID: id}, waits); err != nil {
			return err
		}
		for _, f := range []string{"query", "drawn"} {
			if _, err := e.Insist(ctx, w.op(e, f, id, e.Cluster.Names()[i%len(e.Cluster.Names())], nil), queryDiary); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	for _, typ := range []string{"diary", "quick"} {
		if _, err := e.Insist(ctx, w.op(e, "all", typ, e.Cluster.Names()[0], nil), listPages(1000)); err != nil {
			return err
		}
	}
	last := "the-last-one"
	if _, err := e.Insist(ctx, op.Op{Process: e.Record.Process(), Workload: "readers", F: "quick", Key: last, Value: json.RawMessage(`0`), Request: last, Node: e.Cluster.Names()[0]}, startQuick); err != nil {
		return err
	}
	_, err := e.Insist(ctx, w.op(e, "feed", last, e.Cluster.Names()[0], nil), readFeed)
	return err
}
