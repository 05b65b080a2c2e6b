package load

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// requests are the calls of a workload whose outcome nobody knows yet, to be repeated once the cluster is healed.
type requests struct {
	mu   sync.Mutex
	open []request
}

type request struct {
	op   op.Op
	call func(context.Context, *client.Client, *op.Op) error
}

// do makes a call, and keeps it if its outcome is unknown. The process of o then goes on under a new number, which is returned.
func (q *requests) do(ctx context.Context, e *Env, o op.Op, call func(context.Context, *client.Client, *op.Op) error) (op.Op, int) {
	done := e.Call(ctx, o, call)
	if done.Outcome != op.Unknown {
		return done, o.Process
	}
	q.mu.Lock()
	q.open = append(q.open, request{o, call})
	q.mu.Unlock()
	return done, e.Record.Process()
}

// settle repeats all of them until each has an outcome.
func (q *requests) settle(ctx context.Context, e *Env) error {
	return each(q.open, 16, func(_ int, r request) error {
		r.op.Process, r.op.Repeat = e.Record.Process(), true
		_, err := e.Insist(ctx, r.op, r.call)
		return err
	})
}

// conclude waits until a run is closed, but no longer than its patience, and records how it stands ("result") and its history ("history"), which names the run that
// it continues as. Of a run that stays open too: a checker says what that means.
func conclude(ctx context.Context, e *Env, workload string, ref wire.RunRef, waits *patience) (*wire.History, error) {
	key := ref.WorkflowID
	names := e.Cluster.Names()
	for round := 0; ; round++ {
		left := waits.left()
		o, err := e.Insist(ctx, op.Op{Process: e.Record.Process(), Workload: workload, F: "result", Key: key, Node: names[round%len(names)]}, func(ctx context.Context, c *client.Client, o *op.Op) error {
			wait := min(5*time.Second, left)
			a, err := c.Result(ctx, ref, wait)
			if err == nil {
				o.Index = a.Index
				o.Answer, _ = json.Marshal(a)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		var a wire.Result
		if o.Outcome != op.OK {
			return nil, nil // there is no such run: its start was refused, or a checker will say so
		}
		if err := json.Unmarshal(o.Answer, &a); err != nil {
			return nil, err
		}
		if !wire.Open(a.Status) {
			waits.moved()
			break
		}
		if left == 0 {
			break
		}
	}
	var h wire.History
	_, err := e.Insist(ctx, op.Op{Process: e.Record.Process(), Workload: workload, F: "history", Key: key, Node: names[0]}, func(ctx context.Context, c *client.Client, o *op.Op) error {
		h = wire.History{}
		for from := uint64(1); ; {
			page, err := c.History(ctx, ref, from, 1000, 0)
			if err != nil {
				return err
			}
			h.Events, h.Indexed, h.Next = append(h.Events, page.Events...), page.Indexed, page.Next
			o.Index = page.Index
			if page.Next == 0 || len(page.Events) == 0 {
				break
			}
			from = page.Next
		}
		var err error
		o.Answer, err = json.Marshal(h)
		return err
	})
	return &h, err
}

// endings tells when the settling of a workload began and how the runs stood at last, from the history alone.
type endings struct {
	results   map[string]wire.Result
	resultOp  map[string]op.Op
	histories map[string]wire.History
	historyOp map[string]op.Op
	began     map[string]op.Op // the first start of each run that is acknowledged or settled as such
}

func endingsOf(ops []op.Op, workload string) (*endings, error) {
	x := &endings{map[string]wire.Result{}, map[string]op.Op{}, map[string]wire.History{}, map[string]op.Op{}, map[string]op.Op{}}
	for _, o := range ops {
		if o.Workload != workload || o.Outcome != op.OK {
			continue
		}
		var err error
		switch o.F {
		case "start":
			if _, twice := x.began[o.Key]; !twice {
				x.began[o.Key] = o
			}
		case "result":
			var r wire.Result
			err = json.Unmarshal(o.Answer, &r)
			x.results[o.Key], x.resultOp[o.Key] = r, o
		case "history":
			var h wire.History
			err = json.Unmarshal(o.Answer, &h)
			x.histories[o.Key], x.historyOp[o.Key] = h, o
		}
		if err != nil {
			return nil, fmt.Errorf("operation %d: %w", o.ID, err)
		}
	}
	return x, nil
}

// event is an event of a run's history with what checkers look at.
type event struct {
	wire.Event
	ID       uint64          `json:"id"`
	Attempt  uint32          `json:"attempt"`
	Activity string          `json:"activity"`
	Queue    string          `json:"queue"`
	Input    json.RawMessage `json:"input"`
	Result   json.RawMessage `json:"result"`
	Retry    *struct {
		MaxAttempts  uint32   `json:"max_attempts"`
		Backoff      string   `json:"backoff"`
		Factor       float64  `json:"factor"`
		MaxBackoff   string   `json:"max_backoff"`
		NonRetryable []string `json:"non_retryable"`
	} `json:"retry"`
	Heartbeat string          `json:"heartbeat"`
	Timeout   string          `json:"timeout"`
	Worker    string          `json:"worker"`
	Error     *wire.RunError  `json:"error"`
	Before    *wire.RunError  `json:"last_failure"` // of an attempt that began: why the one before ended
	Name      string          `json:"name"`
	Payload   json.RawMessage `json:"payload"`
	Run       string          `json:"run_id"`
	Signal    string          `json:"signal"` // of a timer: it limits the wait for one
}

// eventsOf reads the events of a history, and says what is wrong with their numbers and times.
func eventsOf(h wire.History) (events []event, problem string) {
	for i, raw := range h.Events {
		e := event{Event: raw}
		if len(raw.Data) > 0 {
			if err := json.Unmarshal(raw.Data, &e); err != nil {
				return nil, fmt.Sprintf("event %d, a %s, cannot be read: %v", raw.Seq, raw.Type, err)
			}
		}
		e.Event = raw
		if raw.Seq != uint64(i+1) {
			return nil, fmt.Sprintf("event number %d has seq %d", i+1, raw.Seq)
		}
		if i > 0 && raw.At.Before(h.Events[i-1].At) {
			return nil, fmt.Sprintf("event %d is of %s, before the one before it", raw.Seq, raw.At)
		}
		events = append(events, e)
	}
	return events, ""
}

// closing names the events that end a run.
var closing = map[string]bool{
	"WorkflowCompleted": true, "WorkflowFailed": true, "WorkflowCancelled": true, "WorkflowTerminated": true, "WorkflowTimedOut": true, "WorkflowContinuedAsNew": true,
}
