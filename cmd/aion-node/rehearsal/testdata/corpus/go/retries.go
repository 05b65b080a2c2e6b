package main

import (
	"errors"
	"time"

	"aion.dev/aion/sdk/go/workflow"
)

type tries struct {
	Told    []any  `json:"told"`
	Out     number `json:"out"`
	Release string `json:"release"`
}

func retries(ctx workflow.Context, _ workflow.None) (tries, error) {
	out := tries{Release: release}
	for n, retry := range []workflow.Retry{{MaxAttempts: 3, Backoff: time.Minute, Factor: 3}, {MaxAttempts: 2, NonRetryable: []string{"broken"}}} {
		_, err := workflow.Activity[number](ctx, "flaky", number{n}, workflow.Queue("other"), retry, workflow.Timeout(5*time.Minute), workflow.Heartbeat(time.Minute),
			workflow.ScheduleTimeout(time.Hour), workflow.TotalTimeout(2*time.Hour))
		var failed []any
		if e := (*workflow.Error)(nil); errors.As(err, &e) {
			failed = []any{e.Kind, e.Message, e.Details}
		}
		out.Told = append(out.Told, []any{err == nil, failed})
	}
	workflow.SetAttributes(ctx, workflow.Attributes{"tried": len(out.Told)})
	var err error
	out.Out, err = workflow.Activity[number](ctx, "flaky", number{7}, workflow.Retry{MaxAttempts: 1})
	return out, err
}
