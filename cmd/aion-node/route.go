package main

import (
	"context"
	"fmt"
	"io"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

func routeCmd(a *app) *cobra.Command {
	var r wire.RouteRequest
	cmd := &cobra.Command{
		Use:   "route TYPE VERSION",
		Short: "Start new runs of a type on another loaded version",
		Args:  arguments("TYPE", "VERSION"),
		RunE: func(cmd *cobra.Command, args []string) error {
			r.Version = args[1]
			return a.changeRoute(cmd, func(ctx context.Context, c *client.Client) (*wire.RouteAnswer, error) {
				return c.Route(ctx, args[0], r, a.mutationOptions()...)
			})
		},
	}
	cmd.Flags().StringVar(&r.Expect, "expect-route", "", "refuse unless the route is at `VERSION` now, or \"none\"")
	cmd.Flags().StringVar(&r.Message, "message", "", "`TEXT` for the deploy history")
	return cmd
}

func unrouteCmd(a *app) *cobra.Command {
	var r wire.RouteChange
	cmd := &cobra.Command{
		Use:   "unroute TYPE",
		Short: "Remove a type's route: nothing new of it starts",
		Args:  arguments("TYPE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.changeRoute(cmd, func(ctx context.Context, c *client.Client) (*wire.RouteAnswer, error) {
				return c.Unroute(ctx, args[0], r, a.mutationOptions()...)
			})
		},
	}
	addRouteFlags(cmd, &r)
	return cmd
}

func rollbackCmd(a *app) *cobra.Command {
	var r wire.RouteChange
	cmd := &cobra.Command{
		Use:   "rollback TYPE",
		Short: "Route a type to the version that was routed before; twice goes back",
		Args:  arguments("TYPE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.changeRoute(cmd, func(ctx context.Context, c *client.Client) (*wire.RouteAnswer, error) {
				return c.Rollback(ctx, args[0], r, a.mutationOptions()...)
			})
		},
	}
	addRouteFlags(cmd, &r)
	return cmd
}

func addRouteFlags(cmd *cobra.Command, r *wire.RouteChange) {
	cmd.Flags().StringVar(&r.Expect, "expect-route", "", "refuse unless the route is at `VERSION` now")
	cmd.Flags().StringVar(&r.Message, "message", "", "`TEXT` for the deploy history")
}

// changeRoute changes a route and prints the new one.
func (a *app) changeRoute(cmd *cobra.Command, change func(context.Context, *client.Client) (*wire.RouteAnswer, error)) error {
	c, err := a.connect()
	if err != nil {
		return err
	}
	defer c.Close()
	r, err := change(cmd.Context(), c)
	if err != nil {
		return err
	}
	return a.answer(r, func(w io.Writer) {
		switch {
		case r.Version == "":
			fmt.Fprintf(w, "%s: no route any more, was %s (index %d)%s\n", r.WorkflowType, short(r.Previous), r.Index, repeatNote(r.Deduplicated))
		case !r.RouteChanged:
			fmt.Fprintf(w, "%s: routed to %s already (index %d)%s\n", r.WorkflowType, short(r.Version), r.Index, repeatNote(r.Deduplicated))
		case r.Previous == "":
			fmt.Fprintf(w, "%s: routed to %s (index %d)%s\n", r.WorkflowType, short(r.Version), r.Index, repeatNote(r.Deduplicated))
		default:
			fmt.Fprintf(w, "%s: routed to %s, was %s (index %d)%s\n", r.WorkflowType, short(r.Version), short(r.Previous), r.Index, repeatNote(r.Deduplicated))
		}
	})
}
