package readers

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/load/runs"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// pastBegins is where back-fills begin: a time of every schedule, far in the past.
var pastBegins = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// How many of its times back-fills of a schedule that fires every minute use, and how many they
// leave out.
const (
	pastTimes = 5
	pastEvery = 8 * time.Minute
)

// write keeps one diary after another, raises the limit of a queue of its own by one each time,
// back-fills a schedule, and starts runs that end at once. Readers of its diaries join all.
func (w *Workload) write(ctx context.Context, e *load.Env, i int, all *sync.WaitGroup) {
	r, p := e.Rand(uint64(200+i)), e.Record.Process()
	change := func(f, key string, n int, value any, call func(context.Context, *client.Client, *op.Op) error) op.Op {
		o := op.Op{Process: p, Workload: "readers", F: f, Key: key, Request: fmt.Sprintf("%s-%s-%d", f, key, n), Node: e.AnyNode(r)}
		o.Value, _ = json.Marshal(value)
		for {
			var done op.Op
			if done, p = w.requests.Do(ctx, e, o, call); done.Outcome != op.Failed {
				return done
			}
			o.Process, o.Node = p, e.AnyNode(r)
			if ctx.Err() != nil || !e.Pace(ctx) { // its time is over: the request is repeated after the healing
				w.requests.Keep(o, call)
				return done
			}
		}
	}
	for k := 0; e.Pace(ctx); k++ {
		id, count := fmt.Sprintf("diary-%d-%d", i, k), 3+r.IntN(10)
		begun := change("start", id, 0, map[string]int{"count": count}, runs.Start("diary"))
		if begun.Outcome != op.OK {
			continue // it may begin later, and would then wait for entries that were refused before
		}
		w.mu.Lock()
		w.diaries = append(w.diaries, id)
		w.mu.Unlock()
		w.wrote(begun)
		if k%3 == 0 {
			all.Go(func() { w.follow(ctx, e, id, uint64(i*1000+k)) })
		}
		for n := range count { // all of them, in any case: the diary waits for that many
			w.wrote(change("entry", id, n, n, sendEntry))
			e.Pace(ctx)
		}
		if ctx.Err() != nil {
			return
		}
		change("limit", fmt.Sprintf("queue-%d", i), k+1, k+1, limitQueue)
		change("quick", fmt.Sprintf("quick-%d-%d", i, k), 0, map[string]int{"i": i, "k": k}, startQuick)
		if k%4 == 0 {
			from := pastBegins.Add(time.Duration(k) * pastEvery)
			change("backfill", fmt.Sprintf("past-%d", i), k, wire.BackfillRequest{From: from, To: from.Add(pastTimes * time.Minute)}, backfill)
		}
	}
}

// wrote records what stale readers may request by its index.
func (w *Workload) wrote(o op.Op) {
	if o.Outcome != op.OK {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.newest = append(w.newest, written{o.Key, o.Index})
	w.newest = w.newest[max(0, len(w.newest)-64):]
}

func sendEntry(ctx context.Context, c *client.Client, o *op.Op) error {
	a, err := c.Signal(ctx, wire.RunRef{WorkflowID: o.Key}, "entry", o.Value, client.RequestID(o.Request))
	if err == nil {
		o.Answered(a.Answered)
	}
	return err
}

func limitQueue(ctx context.Context, c *client.Client, o *op.Op) error {
	var n uint64
	if err := json.Unmarshal(o.Value, &n); err != nil {
		return err
	}
	a, err := c.LimitQueue(ctx, o.Key, wire.QueueLimits{Concurrency: &n}, client.RequestID(o.Request))
	if err == nil {
		o.Answered(a.Answered)
	}
	return err
}

func backfill(ctx context.Context, c *client.Client, o *op.Op) error {
	var b wire.BackfillRequest
	if err := json.Unmarshal(o.Value, &b); err != nil {
		return err
	}
	a, err := c.BackfillSchedule(ctx, o.Key, b, client.RequestID(o.Request))
	if err == nil {
		o.Answered(a.Answered)
		o.Answer, err = json.Marshal(a.Runs)
	}
	return err
}
