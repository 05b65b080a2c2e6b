package main

import (
	"time"

	"aion.dev/aion/sdk/go/workflow"
)

type post struct {
	Got     []any  `json:"got"`
	Release string `json:"release"`
}

func mail(ctx workflow.Context, in struct{ Letters int }) (*post, error) {
	out := &post{[]any{}, release}
	workflow.OnSignal(ctx, "letter", func(ctx workflow.Context, n int) error {
		low := workflow.Random(ctx) < 0.5
		if err := workflow.Sleep(ctx, time.Duration(n)*time.Minute); err != nil {
			return err
		}
		done, err := workflow.Activity[number](ctx, "work", number{n})
		if err != nil {
			return err
		}
		out.Got = append(out.Got, []any{n, done.N, low})
		return nil
	})
	workflow.OnQuery(ctx, "got", func(workflow.None) (int, error) { return len(out.Got), nil })
	_, err := workflow.Until(ctx, func() bool { return len(out.Got) >= in.Letters })
	return out, err
}
