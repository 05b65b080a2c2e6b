package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

func activityCmd(a *app) *cobra.Command {
	cmd := a.group(&cobra.Command{
		Use:   "activity",
		Short: "End an activity by its ids, or say that it goes on",
		Long: `Report on an activity by the id of its run and its number there, as the worker would that holds it: one whose worker has answered that its outcome comes later, or
any other that has no outcome. aion-node describe lists them. Once it has its outcome, nothing else counts.`,
	})
	cmd.AddCommand(activityCompleteCmd(a), activityFailCmd(a), activityBeatCmd(a))
	return cmd
}

// activityArgs reads RUN and ACTIVITY_ID.
func activityArgs(args []string) (run string, id uint64, err error) {
	if id, err = strconv.ParseUint(args[1], 10, 64); err != nil || id == 0 {
		return "", 0, usage("ACTIVITY_ID %q is no number above 0: aion-node describe lists activity_id", args[1])
	}
	return args[0], id, nil
}

func addAttemptFlag(cmd *cobra.Command, attempt *uint32) {
	cmd.Flags().Uint32Var(attempt, "attempt", 0, "only if `N` is its newest attempt, and under way")
}

func (a *app) toldOf(cmd *cobra.Command, call func(context.Context, *client.Client) (*wire.ActivityAnswer, error), what string) error {
	return exchange(a, cmd, call, func(w io.Writer, r *wire.ActivityAnswer) {
		said := what
		if what == "failed" && !r.Ended {
			said = "failed, and will be tried again,"
		}
		fmt.Fprintf(w, "%s activity %d of workflow %s%s\n", said, r.ActivityID, printable(r.WorkflowID), repeatNote(r.Deduplicated))
		if r.CancelRequested {
			fmt.Fprintln(w, "it is asked to end")
		}
	})
}

func activityCompleteCmd(a *app) *cobra.Command {
	var r wire.ActivityCompletion
	var output string
	cmd := &cobra.Command{
		Use:   "complete RUN_ID ACTIVITY_ID",
		Short: "Give an activity its output",
		Args:  arguments("RUN_ID", "ACTIVITY_ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			run, id, err := activityArgs(args)
			if err != nil {
				return err
			}
			if r.Output, err = a.jsonFlag("output", output); err != nil {
				return err
			}
			return a.toldOf(cmd, func(ctx context.Context, c *client.Client) (*wire.ActivityAnswer, error) {
				return c.CompleteActivity(ctx, run, id, r, a.mutationOptions()...)
			}, "completed")
		},
	}
	cmd.Flags().StringVar(&output, "output", "", "what the workflow gets: `JSON`, @FILE, or @- for standard input (default null)")
	addAttemptFlag(cmd, &r.Attempt)
	return cmd
}

func activityFailCmd(a *app) *cobra.Command {
	var r wire.ActivityFailure
	var details string
	cmd := &cobra.Command{
		Use:   "fail RUN_ID ACTIVITY_ID",
		Short: "Let an activity fail",
		Args:  arguments("RUN_ID", "ACTIVITY_ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			run, id, err := activityArgs(args)
			if err != nil {
				return err
			}
			if r.Details, err = a.jsonFlag("details", details); err != nil {
				return err
			}
			return a.toldOf(cmd, func(ctx context.Context, c *client.Client) (*wire.ActivityAnswer, error) {
				return c.FailActivity(ctx, run, id, r, a.mutationOptions()...)
			}, "failed")
		},
	}
	cmd.Flags().StringVar(&r.Message, "message", "", "`TEXT` for people")
	cmd.Flags().StringVar(&r.Kind, "kind", "", "`KIND` by which workflows tell failures apart (default failed)")
	cmd.Flags().BoolVar(&r.Retryable, "retryable", false, "let its retry policy try again")
	cmd.Flags().StringVar(&details, "details", "", "`JSON` for the workflow, @FILE, or @- for standard input")
	addAttemptFlag(cmd, &r.Attempt)
	return cmd
}

func activityBeatCmd(a *app) *cobra.Command {
	var r wire.ActivityBeat
	var details string
	cmd := &cobra.Command{
		Use:   "heartbeat RUN_ID ACTIVITY_ID",
		Short: "Say that an activity goes on",
		Args:  arguments("RUN_ID", "ACTIVITY_ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			run, id, err := activityArgs(args)
			if err != nil {
				return err
			}
			var value json.RawMessage
			if value, err = a.jsonFlag("details", details); err != nil {
				return err
			}
			r.Details = value
			return a.toldOf(cmd, func(ctx context.Context, c *client.Client) (*wire.ActivityAnswer, error) {
				return c.HeartbeatActivity(ctx, run, id, r, a.mutationOptions()...)
			}, "goes on:")
		},
	}
	cmd.Flags().StringVar(&details, "details", "", "`JSON` for the next attempt if this one fails, @FILE, or @- for standard input")
	addAttemptFlag(cmd, &r.Attempt)
	return cmd
}
