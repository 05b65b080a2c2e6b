package main

import (
	"context"
	"fmt"
	"io"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

// command is a change of one run with at most a reason.
type command func(c *client.Client, ctx context.Context, ref wire.RunRef, reason string, opts ...client.Option) (*wire.RunAnswer, error)

func cancelCmd(a *app) *cobra.Command {
	return a.runChangeCmd("cancel ID", "Ask a run's code to end; it may still clean up", "asked %s to end", (*client.Client).Cancel)
}

func terminateCmd(a *app) *cobra.Command {
	return a.runChangeCmd("terminate ID", "Close a run at once; its code sees nothing", "terminated %s", (*client.Client).Terminate)
}

func pauseCmd(a *app) *cobra.Command {
	return a.runChangeCmd("pause ID", "Stop a run's turns; signals and timers are still recorded", "paused %s", (*client.Client).Pause)
}

func resumeCmd(a *app) *cobra.Command {
	resume := func(c *client.Client, ctx context.Context, ref wire.RunRef, _ string, opts ...client.Option) (*wire.RunAnswer, error) {
		return c.Resume(ctx, ref, opts...)
	}
	return a.runChangeCmd("resume ID", "Let a paused run go on, a quarantined one too", "resumed %s", resume)
}

func reopenCmd(a *app) *cobra.Command {
	return a.runChangeCmd("reopen ID", "Open a closed run again: steps that had failed run again, finished ones keep their outcome", "reopened %s", (*client.Client).Reopen)
}

func (a *app) runChangeCmd(use, what, done string, do command) *cobra.Command {
	var ref wire.RunRef
	var reason, on string
	cmd := &cobra.Command{
		Use:   use,
		Short: what,
		Args:  arguments("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			ref.WorkflowID = args[0]
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			opts := a.mutationOptions()
			if on != "" {
				opts = append(opts, client.On(on))
			}
			r, err := do(c, cmd.Context(), ref, reason, opts...)
			if err != nil {
				return err
			}
			return a.answer(r, func(w io.Writer) {
				if r.AlreadyRequested {
					fmt.Fprintf(w, "%s was asked to end before; this request changes nothing (index %d)\nhint: aion-node terminate %[1]s closes it at once\n", r.WorkflowID, r.Index)
					return
				}
				fmt.Fprintf(w, done+" (index %d)%s\n", r.WorkflowID, r.Index, repeatNote(r.Deduplicated))
			})
		},
	}
	if use != "resume ID" {
		cmd.Flags().StringVar(&reason, "reason", "", "`TEXT` for the history")
	}
	if use == "resume ID" || use == "reopen ID" {
		cmd.Flags().StringVar(&on, "on", "", "go on with `VERSION`, if the run's history replays on it")
	}
	addRunFlag(cmd, &ref)
	return cmd
}
