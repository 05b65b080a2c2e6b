package main

import (
	"fmt"
	"time"

	"aion.dev/aion/sdk/go/workflow"
)

type drawn struct {
	Out     []any  `json:"out"`
	Release string `json:"release"`
}

func draws(ctx workflow.Context, _ workflow.None) (drawn, error) {
	out := drawn{Release: release}
	for i := range 3 {
		workflow.Logf(ctx, "round %d", i)
		info := workflow.Info(ctx)
		out.Out = append(out.Out, []any{workflow.Random(ctx), workflow.UUID(ctx), time.Now().Unix(), info.Attempt, info.RunID, info.Root.WorkflowID})
		workflow.SetAttributes(ctx, workflow.Attributes{"round": i, "tags": []string{"x", fmt.Sprint(i)}})
		if err := workflow.Sleep(ctx, time.Duration(i+1)*time.Minute); err != nil {
			return out, err
		}
	}
	workflow.SetAttributes(ctx, workflow.Attributes{"round": nil})
	return out, nil
}
