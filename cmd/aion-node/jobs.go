package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

func jobsCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "jobs",
		Short: "List what is left to do of commands that were too large for one entry, such as closing a tree of many runs or pausing those of what is stopped",
		Args:  arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return exchange(a, cmd, func(ctx context.Context, c *client.Client) (*wire.Jobs, error) {
				return c.Jobs(ctx, a.readOptions()...)
			}, func(w io.Writer, r *wire.Jobs) {
				var rows [][]string
				for _, j := range r.Jobs {
					rows = append(rows, []string{fmt.Sprint(j.ID), j.Kind, j.WorkflowID + j.WorkflowType + short(j.Version), past(w, j.Since, time.Now()), fmt.Sprint(j.RunsClosed + j.RunsChanged), fmt.Sprint(j.RunsWaiting)})
				}
				table(w, "no jobs: nothing is left to do", []string{"ID", "KIND", "OF", "SINCE", "RUNS DONE", "RUNS WAITING"}, rows)
			})
		},
	}
}
