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

func clusterClockCmd(a *app) *cobra.Command {
	cmd := a.group(&cobra.Command{Use: "clock", Short: "Look at the nodes' clocks and confirm what time it is"})
	cmd.AddCommand(clockShowCmd(a), clockConfirmCmd(a))
	return cmd
}

func clockShowCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "show",
		Short: "Show log time, and how far the nodes' clocks differ",
		Args:  arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.showCluster(cmd.Context(), func(w io.Writer, c *wire.Cluster) {
				card(w, [2]string{"log time", exact(c.LogTime)}, [2]string{"held back by", orDash(c.LogTimeHeld)},
					[2]string{"clock of " + c.Node, c.Clocks})
				fmt.Fprintln(w)
				var rows [][]string
				for _, m := range c.Members {
					rows = append(rows, []string{m.ID, m.Role, orDash(m.ClockAhead), clockOf(m)})
				}
				table(w, "no members", []string{"NODE", "ROLE", "AHEAD", "CLOCK"}, rows)
			})
		},
	}
}

// clockOf describes a member's clock in one word.
func clockOf(m wire.Member) string {
	switch {
	case m.ClockWrong:
		return "wrong"
	case m.ClockAhead == "":
		return "not heard"
	}
	return "ok"
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func clockConfirmCmd(a *app) *cobra.Command {
	var at string
	cmd := &cobra.Command{
		Use:   "confirm",
		Short: "Confirm what time it is, so that log time makes a step that it holds back",
		Long: "Confirm what time it is, by the clock of this machine or with --at. Log time then moves to the clock of the leader, which has to show the same time. " +
			"It never goes back: be sure.",
		Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			said := time.Now()
			if at != "" {
				var err error
				if said, err = time.Parse(time.RFC3339, at); err != nil {
					return usage("confirm: --at %q is not a time such as 2026-11-28T12:00:00Z", at)
				}
			}
			return exchange(a, cmd, func(ctx context.Context, c *client.Client) (*wire.TimeAnswer, error) {
				return c.ConfirmTime(ctx, said, a.mutationOptions()...)
			}, func(w io.Writer, r *wire.TimeAnswer) {
				fmt.Fprintf(w, "log time is %s (index %d)%s\n", exact(r.LogTime), r.Index, repeatNote(r.Deduplicated))
			})
		},
	}
	cmd.Flags().StringVar(&at, "at", "", "what time it is, RFC 3339; default: what this machine's clock shows")
	return cmd
}
