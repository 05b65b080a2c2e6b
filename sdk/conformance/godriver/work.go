package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"aion.dev/aion/transport/worker"
)

// running is a worker that a step has started.
type running struct {
	worker *worker.Worker
	stop   context.CancelFunc
	over   chan error
}

// startWorker starts a worker whose handlers do what the step says.
func (d *driver) startWorker(w with) error {
	var scripts map[string][][]map[string]json.RawMessage
	if err := json.Unmarshal(w.Activities, &scripts); err != nil {
		return err
	}
	cfg := worker.Config{Client: d.client, Queue: w.Queue, ID: w.Name, Concurrency: w.Concurrency, Lease: time.Duration(w.Lease), Drain: time.Duration(w.Drain), Wait: 2 * time.Second}
	r := &running{worker: worker.New(cfg), over: make(chan error, 1)}
	for name, attempts := range scripts {
		r.worker.Handle(name, func(ctx context.Context, t worker.Task) (any, error) {
			return d.script.play(ctx, t, attempts[min(int(t.Attempt), len(attempts))-1])
		})
	}
	ctx, stop := context.WithCancel(context.Background())
	r.stop = stop
	d.workers[w.Name] = r
	go func() { r.over <- r.worker.Run(ctx) }()
	return nil
}

// stopWorker asks a worker to end, waits until it has, and tells what it has done.
func (d *driver) stopWorker(name string) (any, error) {
	r := d.workers[name]
	if r == nil {
		return nil, fmt.Errorf("there is no worker %q", name)
	}
	r.stop()
	if err := <-r.over; err != nil {
		return nil, err
	}
	s := r.worker.Stats()
	return map[string]any{"completed": s.Completed, "failed": s.Failed, "released": s.Released, "lost": s.Lost, "cancelled": s.Cancelled, "deferred": s.Deferred}, nil
}

// script has what the handlers of all workers have seen, and the gates that hold them up.
type script struct {
	mu       sync.Mutex
	attempts []*attempt
	gates    map[string]chan struct{}
	changed  chan struct{}
}

// attempt is what a handler saw.
type attempt struct {
	Activity string          `json:"activity"`
	Attempt  uint32          `json:"attempt"`
	Input    json.RawMessage `json:"input"`
	Details  json.RawMessage `json:"details"`
	Key      string          `json:"key"`
	Run      string          `json:"run"`
	ID       uint64          `json:"activity_id"`
	Token    string          `json:"token"`
	Ended    string          `json:"ended,omitempty"` // how; empty = it goes on
}

func newScript() *script {
	return &script{gates: map[string]chan struct{}{}, changed: make(chan struct{})}
}

// open lets handlers pass a gate, now and later.
func (s *script) open(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.gate(name):
	default:
		close(s.gate(name))
	}
}

func (s *script) gate(name string) chan struct{} {
	if s.gates[name] == nil {
		s.gates[name] = make(chan struct{})
	}
	return s.gates[name]
}

// await waits until as many attempts as asked are as enough says, and returns those.
func (s *script) await(ctx context.Context, enough func(*attempt) bool, w with) (any, error) {
	for {
		s.mu.Lock()
		found := []attempt{}
		for _, a := range s.attempts {
			if enough(a) {
				found = append(found, *a)
			}
		}
		changed := s.changed
		s.mu.Unlock()
		if len(found) >= w.Count {
			slices.SortStableFunc(found, func(a, b attempt) int { return int(a.Attempt) - int(b.Attempt) })
			return map[string]any{"attempts": found}, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (s *script) change(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
	close(s.changed)
	s.changed = make(chan struct{})
}

// play is a handler: it does one thing of the script after the other, and records how it ended.
func (s *script) play(ctx context.Context, t worker.Task, acts []map[string]json.RawMessage) (out any, err error) {
	a := &attempt{Activity: t.Activity, Attempt: t.Attempt, Input: t.RawInput(), Details: json.RawMessage("null"), Key: t.Key(), Run: t.RunID, ID: t.ActivityID, Token: t.Token}
	if _, err := t.Details(&a.Details); err != nil {
		return nil, err
	}
	s.change(func() { s.attempts = append(s.attempts, a) })
	defer func() {
		how := "returned"
		switch cause := context.Cause(ctx); {
		case err == nil:
		case errors.Is(err, worker.ErrLater):
			how = "later"
		case errors.Is(cause, worker.ErrCancelled):
			how = "cancelled"
		case errors.Is(cause, worker.ErrLeaseLost):
			how = "lease_lost"
		case errors.Is(cause, worker.ErrStopped):
			how = "stopped"
		case errors.Is(cause, context.DeadlineExceeded):
			how = "timeout"
		default:
			how = "failed"
		}
		s.change(func() { a.Ended = how })
	}()
	for _, act := range acts {
		for name, value := range act {
			out, over, err := s.act(ctx, t, a, name, value)
			if over || err != nil {
				return out, err
			}
		}
	}
	return nil, nil
}

// act does one thing; over means that the handler returns out.
func (s *script) act(ctx context.Context, t worker.Task, a *attempt, name string, value json.RawMessage) (out any, over bool, err error) {
	switch name {
	case "return":
		return value, true, nil
	case "return_input":
		return t.RawInput(), true, nil
	case "return_details":
		return a.Details, true, nil
	case "fail":
		var f struct {
			Message, Kind string
			Retryable     bool
			Details       json.RawMessage
		}
		if err := json.Unmarshal(value, &f); err != nil {
			return nil, false, err
		}
		failed := &worker.Failure{Kind: f.Kind, Message: f.Message, NonRetryable: !f.Retryable}
		if f.Details != nil {
			failed.Details = f.Details
		}
		return nil, false, failed
	case "raise":
		var text string
		if err := json.Unmarshal(value, &text); err != nil {
			return nil, false, err
		}
		return nil, false, errors.New(text)
	case "later":
		return nil, false, worker.ErrLater
	case "heartbeat":
		return nil, false, t.Heartbeat(value)
	case "gate":
		var gate string
		if err := json.Unmarshal(value, &gate); err != nil {
			return nil, false, err
		}
		s.mu.Lock()
		opened := s.gate(gate)
		s.mu.Unlock()
		select {
		case <-opened:
			return nil, false, nil
		case <-ctx.Done():
			return nil, false, ctx.Err()
		}
	case "until_over":
		<-ctx.Done()
		return nil, false, ctx.Err()
	}
	return nil, false, fmt.Errorf("there is no act %q", name)
}
