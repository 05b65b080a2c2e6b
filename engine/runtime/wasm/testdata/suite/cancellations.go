package main

import (
	"time"

	"aion.dev/aion/sdk/go/workflow"
)

var cancellations = map[string]run{
	"cancel-waits":          both,
	"cancel-waits-for-both": both,
	"cancel-loses":          both,
	"cancel-fails":          both,
	"cancel-tells": func(ctx context, _ any) (any, error) {
		var kinds list
		for _, name := range []string{"charge", "ship"} {
			_, err := workflow.Activity[any](ctx, name, nil)
			kinds = append(kinds, kind(err))
		}
		return append(kinds, workflow.Cancelled(ctx)), nil
	},
	"cancel-abandons": func(ctx context, _ any) (any, error) {
		return workflow.Activity[any](ctx, "charge", nil, workflow.OnCancelAbandon)
	},
	"cancel-ignores": func(ctx context, _ any) (any, error) {
		if _, err := workflow.Activity[any](ctx, "charge", nil, workflow.OnCancelIgnore); err != nil {
			return nil, err
		}
		return nil, workflow.Sleep(ctx, time.Hour)
	},
	"cancel-shields": func(ctx context, _ any) (any, error) {
		first := workflow.NewTimer(ctx, time.Hour, workflow.OnCancelIgnore)
		second := workflow.StartSignal[any](ctx, "a", workflow.Timeout(2*time.Hour), workflow.OnCancelIgnore)
		third := workflow.StartResult[any](ctx, "x", workflow.OnCancelIgnore)
		last := workflow.NewTimer(ctx, 5*time.Hour)
		if _, err := first.Get(ctx); err != nil {
			return nil, err
		}
		signal, err := second.Get(ctx)
		if err != nil {
			return nil, err
		}
		result, err := third.Get(ctx)
		if err != nil {
			return nil, err
		}
		held, err := workflow.Until(ctx, func() bool { return false }, workflow.OnCancelIgnore, workflow.Timeout(3*time.Hour))
		if err != nil {
			return nil, err
		}
		_, err = last.Get(ctx)
		return list{signal, result, held, kind(err)}, nil
	},
	"cancel-known": func(ctx context, _ any) (any, error) {
		if _, err := workflow.Activity[any](ctx, "charge", nil); err != nil {
			return nil, err
		}
		if !workflow.Cancelled(ctx) {
			return nil, nil
		}
		return workflow.Activity[any](ctx, "refund", nil)
	},
	"cancel-known-ends": func(ctx context, _ any) (any, error) {
		timer, charge := workflow.NewTimer(ctx, time.Hour), workflow.StartActivity[any](ctx, "charge", nil)
		workflow.StartActivity[any](ctx, "ship", nil, workflow.OnCancelAbandon)
		if _, err := workflow.Signal[any](ctx, "a"); err != nil {
			return nil, err
		}
		asked := workflow.Cancelled(ctx)
		_, ended := timer.Get(ctx)
		result, err := charge.Get(ctx)
		return list{asked, kind(ended), result}, err
	},
	"cancel-late-signal": func(ctx context, _ any) (any, error) {
		if _, err := workflow.Activity[any](ctx, "charge", nil); err != nil {
			return nil, err
		}
		payload, err := workflow.Signal[any](ctx, "a")
		if err != nil {
			return kind(err), nil
		}
		return payload, nil
	},
	"cancel-child": func(ctx context, _ any) (any, error) {
		_, err := workflow.Child[any](ctx, "kid", nil)
		return list{err == nil, kind(err)}, nil
	},
	"cancel-child-ends": func(ctx context, _ any) (any, error) { return workflow.Child[any](ctx, "kid", nil) },
	"cancel-child-policies": func(ctx context, _ any) (any, error) {
		return kinds(workflow.Settled(ctx,
			workflow.StartChild[any](ctx, "kid", nil, workflow.OnCancelAbandon),
			workflow.StartChild[any](ctx, "kid", nil, workflow.OnCancelIgnore),
			workflow.StartChild[any](ctx, "kid", nil, workflow.OnParentCloseAbandon),
			workflow.StartChild[any](ctx, "kid", nil, workflow.OnParentCloseAbandon, workflow.OnCancelIgnore),
		)), nil
	},
	"race-asks": func(ctx context, _ any) (any, error) {
		charge := workflow.StartActivity[any](ctx, "charge", nil)
		first := workflow.Race(ctx, workflow.NewTimer(ctx, time.Hour), charge)
		result, err := charge.Get(ctx)
		return list{first, result}, err
	},
	"try-all-asks": func(ctx context, _ any) (any, error) {
		return kinds(workflow.TryAll(ctx, workflow.StartActivity[any](ctx, "charge", nil), workflow.StartActivity[any](ctx, "ship", nil))), nil
	},
	"give-up-asks": func(ctx context, _ any) (any, error) {
		charge := workflow.StartActivity[any](ctx, "charge", nil)
		charge.Cancel()
		charge.Cancel()
		done := charge.Done()
		_, err := charge.Get(ctx)
		return list{done, kind(err), workflow.Cancelled(ctx)}, nil
	},
	"info-whole": func(ctx context, _ any) (any, error) {
		var known list
		for range 2 {
			if _, err := workflow.Signal[any](ctx, "a"); err != nil {
				return nil, err
			}
			i := workflow.Info(ctx)
			known = append(known, list{i.HistoryEvents, i.HistoryBytes, i.ContinueSuggested, i.Parent, i.Root.WorkflowID})
		}
		return known, nil
	},
	"child-options": func(ctx context, _ any) (any, error) {
		return workflow.Child[any](ctx, "kid", nil, workflow.Timeout(time.Hour), workflow.Attributes{"a": 1, "b": []string{"x"}, "c": nil})
	},
}

// both runs activities charge and ship, one after the other.
func both(ctx context, _ any) (any, error) {
	var results list
	for _, name := range []string{"charge", "ship"} {
		result, err := workflow.Activity[any](ctx, name, nil)
		if err != nil {
			return nil, err
		}
		results = append(results, result)
	}
	return results, nil
}
