package main

import (
	"encoding/json"
	"slices"
	"time"

	"aion.dev/aion/sdk/go/workflow"
)

type told struct {
	Told    []any  `json:"told"`
	Release string `json:"release"`
}

type future = *workflow.Future[json.RawMessage]

func waits(ctx workflow.Context, _ workflow.None) (told, error) {
	out := told{Release: release}
	names := []string{"timer", "a", "b", "work"}
	futures := []future{
		workflow.NewTimer(ctx, time.Hour).Raw(), workflow.StartSignal[any](ctx, "a").Raw(),
		workflow.StartSignal[any](ctx, "b", workflow.Timeout(2*time.Hour)).Raw(), work(ctx, 1),
	}
	for range 4 {
		i := workflow.Any(ctx, waitables(futures)...)
		_, err := futures[i].Get(ctx)
		out.Told = append(out.Told, []any{names[i], kind(err)})
		names, futures = slices.Delete(names, i, i+1), slices.Delete(futures, i, i+1)
	}

	race := []future{work(ctx, -1), workflow.NewTimer(ctx, 3*time.Hour).Raw()}
	first := workflow.Race(ctx, waitables(race)...)
	_, err := race[first].Get(ctx)
	out.Told = append(out.Told, []any{first, kind(err)})
	kinds := []*string{}
	for _, o := range workflow.TryAll(ctx, workflow.NewTimer(ctx, time.Hour).Raw(), work(ctx, -2), workflow.StartSignal[any](ctx, "c").Raw()) {
		kinds = append(kinds, kind(o.Err))
	}
	out.Told = append(out.Told, kinds)

	late, early := workflow.NewTimer(ctx, 5*time.Hour), workflow.NewTimer(ctx, time.Hour)
	late.Cancel()
	out.Told = append(out.Told, []any{late.Done(), early.Done()})
	_, err = early.Get(ctx)
	return out, err
}

func work(ctx workflow.Context, n int, options ...workflow.ActivityOption) future {
	return workflow.StartActivity[any](ctx, "work", number{n}, options...).Raw()
}

func waitables(futures []future) (list []workflow.Waitable) {
	for _, f := range futures {
		list = append(list, f)
	}
	return list
}
