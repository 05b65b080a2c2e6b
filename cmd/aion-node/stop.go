package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

const stopHelp = `

TYPE is a workflow type, VERSION a version with all types that it carries. What is written with 6 to 64 hex digits, a decimal one among them,
is taken for a version; --type says that it is a type nevertheless.`

func stopCmd(a *app) *cobra.Command {
	var reason string
	var isType bool
	cmd := &cobra.Command{
		Use:   "stop TYPE|VERSION",
		Short: "Let nothing of a workflow type or a version start, and pause its runs",
		Long: `Stop a workflow type or a version. Nothing of it starts any more, not as a child either, whoever asks for it; what schedules fire counts as failed. No turn of a run of it is recorded from then on,
and its runs are paused by a job, see aion-node jobs. Routes and what is loaded stay as they are. aion-node unstop is the reverse.` + stopHelp,
		Args: arguments("TYPE|VERSION"),
		RunE: func(cmd *cobra.Command, args []string) error {
			typ, version := typeOrVersion(args[0], isType)
			return exchange(a, cmd, func(ctx context.Context, c *client.Client) (*wire.StopAnswer, error) {
				return c.Stop(ctx, wire.StopRequest{Type: typ, Version: version, Reason: reason}, a.mutationOptions()...)
			}, func(w io.Writer, r *wire.StopAnswer) {
				if !r.Changed {
					fmt.Fprintf(w, "%s was stopped before, %s\n", stopName(&r.Stop), past(w, r.StoppedAt, time.Now()))
					return
				}
				fmt.Fprintf(w, "stopped %s (index %d): nothing of it starts, %d runs are being paused\n  aion-node unstop %s lets it run again; with --resume its runs go on\n", stopName(&r.Stop), r.Index, r.RunsOpen, oneLine(args[0]))
			})
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why, for those whose starts are refused and for the histories: `TEXT`")
	cmd.Flags().BoolVar(&isType, "type", false, "what is given is a type, although it looks like a version")
	return cmd
}

func unstopCmd(a *app) *cobra.Command {
	var resume, isType bool
	cmd := &cobra.Command{
		Use:   "unstop TYPE|VERSION",
		Short: "Let a workflow type or a version run again that was stopped",
		Long:  `Let a workflow type or a version run again that was stopped. Its runs stay paused; with --resume those go on that the stop has paused, as far as no other stop holds them, also if the stop was lifted before.` + stopHelp,
		Args:  arguments("TYPE|VERSION"),
		RunE: func(cmd *cobra.Command, args []string) error {
			typ, version := typeOrVersion(args[0], isType)
			return exchange(a, cmd, func(ctx context.Context, c *client.Client) (*wire.StopAnswer, error) {
				return c.Unstop(ctx, typ, version, resume, a.mutationOptions()...)
			}, func(w io.Writer, r *wire.StopAnswer) {
				verb := "is not stopped any more"
				if !r.Changed {
					verb = "was not stopped"
				}
				fmt.Fprintf(w, "%s %s (index %d)\n", stopName(&r.Stop), verb, r.Index)
				if r.JobID != 0 {
					fmt.Fprintf(w, "  its runs are being resumed: job %d\n", r.JobID)
				}
			})
		},
	}
	cmd.Flags().BoolVar(&resume, "resume", false, "let the runs go on that the stop has paused")
	cmd.Flags().BoolVar(&isType, "type", false, "what is given is a type, although it looks like a version")
	return cmd
}

func stopsCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "stops",
		Short: "List the workflow types and versions that are stopped",
		Args:  arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return exchange(a, cmd, func(ctx context.Context, c *client.Client) (*wire.Stops, error) {
				return c.Stops(ctx, a.readOptions()...)
			}, func(w io.Writer, r *wire.Stops) {
				var rows [][]string
				for i := range r.Stops {
					s := &r.Stops[i]
					rows = append(rows, []string{stopName(s), past(w, s.StoppedAt, time.Now()), s.StoppedBy, s.Reason})
				}
				table(w, "nothing is stopped", []string{"STOPPED", "SINCE", "BY", "REASON"}, rows)
			})
		},
	}
}

// typeOrVersion reads what is to be stopped.
func typeOrVersion(text string, isType bool) (typ, version string) {
	if isType || len(text) < 6 || len(text) > 64 || strings.Trim(text, "0123456789abcdef") != "" || !strings.ContainsAny(text, "0123456789") {
		return text, ""
	}
	return "", text
}

func stopName(s *wire.Stop) string {
	if s.WorkflowType != "" {
		return oneLine(s.WorkflowType)
	}
	name := "version " + short(s.Version)
	if len(s.WorkflowTypes) > 0 {
		name += " of " + oneLine(strings.Join(s.WorkflowTypes, ", "))
	}
	return name
}
