package main

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"aion.dev/aion/sdk/go/workflow"
)

var cases = map[string]run{
	"echo":    func(ctx context, input any) (any, error) { return input, nil },
	"nothing": func(ctx context, _ any) (any, error) { return nil, nil },
	"sleep": func(ctx context, _ any) (any, error) {
		start := workflow.Now(ctx)
		if err := workflow.Sleep(ctx, 10*time.Second); err != nil {
			return nil, err
		}
		if err := workflow.Sleep(ctx, time.Minute); err != nil {
			return nil, err
		}
		return int(workflow.Now(ctx).Sub(start).Seconds()), nil
	},
	"signals": func(ctx context, _ any) (any, error) {
		a, err := workflow.Signal[any](ctx, "a", workflow.Timeout(time.Hour))
		if err != nil {
			return nil, err
		}
		all := list{a}
		for range 2 {
			a, err := workflow.Signal[any](ctx, "a")
			if err != nil {
				return nil, err
			}
			all = append(all, a)
		}
		return all, nil
	},
	"late": func(ctx context, _ any) (any, error) {
		_, err := workflow.Signal[any](ctx, "a", workflow.Timeout(time.Hour))
		second := workflow.StartSignal[any](ctx, "a", workflow.Timeout(time.Second)).Outcome(ctx)
		return list{errors.Is(err, workflow.ErrTimeout), kind(second.Err)}, nil
	},
	"first-come": func(ctx context, _ any) (any, error) {
		a, b := workflow.StartSignal[any](ctx, "a"), workflow.StartSignal[any](ctx, "a")
		second, err := b.Get(ctx)
		if err != nil {
			return nil, err
		}
		first, err := a.Get(ctx)
		return list{first, second}, err
	},
	"children": func(ctx context, _ any) (any, error) {
		return workflow.All(ctx,
			workflow.StartChild[int](ctx, "one", 1),
			workflow.StartChild[int](ctx, "two", 2, workflow.ID("two-2"), workflow.VersionRouted, workflow.OnParentCloseCancel),
			workflow.StartChild[int](ctx, "three", 3),
		)
	},
	"child-fails": func(ctx context, _ any) (any, error) {
		var all []*workflow.Future[any]
		for i := range 3 {
			all = append(all, workflow.StartChild[any](ctx, "c", i))
		}
		return workflow.All(ctx, all...)
	},
	"child-tried": func(ctx context, _ any) (any, error) {
		_, err := workflow.Child[any](ctx, "c", nil)
		value, second := workflow.Child[any](ctx, "c", nil)
		return list{err == nil, kind(err), message(err), value}, second
	},
	"race": func(ctx context, _ any) (any, error) {
		timer, signal, child := workflow.NewTimer(ctx, time.Hour), workflow.StartSignal[any](ctx, "a"), workflow.StartChild[any](ctx, "c", nil)
		first := workflow.Race(ctx, timer, signal, child)
		value, err := []*workflow.Future[json.RawMessage]{timer.Raw(), signal.Raw(), child.Raw()}[first].Get(ctx)
		return list{first, value}, err
	},
	"settled": func(ctx context, _ any) (any, error) {
		return kinds(workflow.Settled(ctx,
			workflow.NewTimer(ctx, time.Second).Raw(),
			workflow.StartChild[any](ctx, "c", nil).Raw(),
			workflow.StartSignal[any](ctx, "a", workflow.Timeout(time.Second)).Raw(),
		)), nil
	},
	"give-up": func(ctx context, _ any) (any, error) {
		timer := workflow.NewTimer(ctx, time.Hour)
		signal := workflow.StartSignal[any](ctx, "a", workflow.Timeout(time.Hour))
		child := workflow.StartChild[any](ctx, "c", nil)
		before := timer.Done()
		for _, f := range []workflow.Waitable{child, signal, timer} {
			f.Cancel()
			f.Cancel()
		}
		return list{before, timer.Done(), kind(timer.Outcome(ctx).Err)}, nil
	},
	"cancelled": func(ctx context, _ any) (any, error) {
		workflow.NewTimer(ctx, time.Hour)
		workflow.StartChild[any](ctx, "c", nil)
		return "not reached", workflow.Sleep(ctx, 2*time.Hour)
	},
	"cancelled-caught": func(ctx context, _ any) (any, error) {
		before := workflow.Cancelled(ctx)
		_, err := workflow.NewTimer(ctx, time.Hour).Get(ctx)
		if err := workflow.Sleep(ctx, time.Second); err != nil {
			return nil, err
		}
		return list{kind(err), before, workflow.Cancelled(ctx)}, nil
	},
	"cancelled-first":    func(ctx context, _ any) (any, error) { return nil, workflow.Sleep(ctx, time.Hour) },
	"cancelled-too-late": func(ctx context, _ any) (any, error) { return 1, workflow.Sleep(ctx, time.Hour) },
	"cancelled-in-time":  func(ctx context, _ any) (any, error) { return 1, workflow.Sleep(ctx, time.Hour) },
	"cancelled-but-for-a-child": func(ctx context, _ any) (any, error) {
		return workflow.All(ctx, workflow.StartChild[any](ctx, "kid", nil, workflow.OnParentCloseAbandon), workflow.StartChild[any](ctx, "kid", nil))
	},
	"cancelled-before-it-began": func(ctx context, _ any) (any, error) { return workflow.Signal[any](ctx, "a") },
	"continue":                  continues,
	"continue-cancelled":        continues,
	"continue-same": func(ctx context, _ any) (any, error) {
		return nil, workflow.ContinueAsNew(ctx, nil, workflow.SameVersion)
	},
	"tell": func(ctx context, _ any) (any, error) {
		workflow.SignalWorkflow(ctx, "x", "s", 1)
		workflow.SetAttributes(ctx, workflow.Attributes{"b": 2.50, "a": []string{"x"}, "c": nil})
		return nil, nil
	},
	"activities": func(ctx context, _ any) (any, error) {
		a, err := workflow.Activity[int](ctx, "charge", 1, workflow.Queue("q"), workflow.Timeout(5*time.Minute), workflow.Retry{MaxAttempts: 3, Backoff: time.Second})
		if err != nil {
			return nil, err
		}
		_, err = workflow.Activity[any](ctx, "ship", nil)
		return list{a, kind(err)}, nil
	},
	"undeclared": func(ctx context, _ any) (any, error) { return workflow.Activity[any](ctx, "charge", nil) },
	"random": func(ctx context, _ any) (any, error) {
		return list{workflow.Random(ctx), workflow.Random(ctx), workflow.UUID(ctx)}, nil
	},
	"info": func(ctx context, _ any) (any, error) {
		i := workflow.Info(ctx)
		return list{i.WorkflowID, i.RunID, i.WorkflowType, i.Attempt}, nil
	},
	"fails": func(ctx context, _ any) (any, error) { return nil, errors.New("no stock") },
	"queries": func(ctx context, _ any) (any, error) {
		stage := "a"
		workflow.OnQuery(ctx, "stage", func(none) (string, error) { return stage, nil })
		workflow.OnQuery(ctx, "add", func(n int) (int, error) { return n + 1, nil })
		workflow.OnQuery(ctx, "bad", func(none) (any, error) { return nil, workflow.Sleep(ctx, time.Second) })
		workflow.OnQuery(ctx, "unlucky", func(none) (float64, error) { return workflow.Random(ctx), nil })
		workflow.OnQuery(ctx, "waiting", func(none) (any, error) { return workflow.Signal[any](ctx, "x") })
		if _, err := workflow.Signal[any](ctx, "go"); err != nil {
			return nil, err
		}
		stage = "b"
		_, err := workflow.Signal[any](ctx, "done")
		return nil, err
	},
	"endless": func(ctx context, _ any) (any, error) {
		if err := workflow.Sleep(ctx, time.Second); err != nil {
			return nil, err
		}
		for {
		}
	},
	"large-result": func(ctx context, _ any) (any, error) { return strings.Repeat("x", 10_000), nil },
	"many-timers": func(ctx context, _ any) (any, error) {
		for {
			workflow.NewTimer(ctx, time.Second)
		}
	},
	"chatty": func(ctx context, _ any) (any, error) {
		for range 20 {
			workflow.Log(ctx, strings.Repeat("x", 100))
		}
		return 1, nil
	},
	"asks-to-end": func(ctx context, _ any) (any, error) {
		workflow.CancelWorkflow(ctx, "x", "enough")
		workflow.CancelWorkflow(ctx, "y", "")
		return "x", nil
	},
	"awaits": func(ctx context, _ any) (any, error) {
		x, y := workflow.StartResult[any](ctx, "x"), workflow.StartResult[any](ctx, "y")
		a, err := x.Get(ctx)
		if err != nil {
			return nil, err
		}
		_, err = y.Get(ctx)
		return list{a, kind(err)}, nil
	},
	"awaits-and-fails":      awaits,
	"awaits-before-rules-5": awaits,
	"awaits-races": func(ctx context, _ any) (any, error) {
		both := []*workflow.Future[any]{workflow.StartResult[any](ctx, "x"), workflow.StartResult[any](ctx, "y")}
		at := workflow.Race(ctx, both[0], both[1])
		v, err := both[at].Get(ctx)
		return list{at, v}, err
	},
	"awaits-cancelled": func(ctx context, _ any) (any, error) {
		_, err := workflow.Result[any](ctx, "x")
		return kind(err), nil
	},
	"awaits-too-many": func(ctx context, _ any) (any, error) {
		for {
			workflow.StartResult[any](ctx, "x")
		}
	},
	"bad-arguments": func(ctx context, _ any) (any, error) { return nil, workflow.Sleep(ctx, -time.Second) },
}

func continues(ctx context, _ any) (any, error) {
	input, err := workflow.Signal[any](ctx, "a")
	if err != nil {
		return nil, err
	}
	return nil, workflow.ContinueAsNew(ctx, input)
}

func awaits(ctx context, _ any) (any, error) { return workflow.Result[any](ctx, "x") }
