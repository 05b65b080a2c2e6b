package main

import (
	"errors"
	"time"

	"aion.dev/aion/sdk/go/workflow"
)

func cleanup(ctx workflow.Context, _ workflow.None) (told, error) {
	out := told{Release: release}
	for _, f := range []future{
		work(ctx, 1, workflow.OnCancelAbandon), work(ctx, 2), work(ctx, 3, workflow.OnCancelIgnore),
		workflow.StartChild[any](ctx, "kid", number{6}, workflow.OnCancelAbandon).Raw(), workflow.NewTimer(ctx, time.Hour).Raw(),
	} {
		_, err := f.Get(ctx)
		out.Told = append(out.Told, []any{err == nil, kind(err)})
	}
	if workflow.Cancelled(ctx) {
		if _, err := workflow.Activity[number](ctx, "work", number{9}); err != nil {
			return out, err
		}
		return out, errors.New("cleaned up")
	}
	return out, nil
}
