package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

func versionsCmd(a *app) *cobra.Command {
	var typ, at string
	cmd := &cobra.Command{
		Use:   "versions",
		Short: "List what is loaded, where the routes point, and what pins each version",
		Long: `List what is loaded, where the routes point, and what pins each version. With --at, list what was loaded and routed at a log index or a
time, as the deploy history tells it.`,
		Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if at != "" {
				return a.versionsAt(cmd, typ, at)
			}
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			v, err := c.Versions(cmd.Context(), typ, a.readOptions()...)
			if err != nil {
				return err
			}
			return a.answer(v, func(w io.Writer) {
				none := "nothing is loaded; aion-node deploy FILE loads a package"
				if typ != "" && len(v.Versions) == 0 {
					none = fmt.Sprintf("nothing that is loaded carries %s; aion-node versions lists all", printable(typ))
					none = a.noneOfType(cmd.Context(), none, typ)
				}
				printVersions(w, none, v.Versions)
			})
		},
	}
	cmd.AddCommand(versionsShowCmd(a), versionsFetchCmd(a), versionsDiffCmd(a))
	cmd.Flags().StringVar(&typ, "type", "", "only those that carry workflow type `TYPE`")
	cmd.Flags().StringVar(&at, "at", "", "what was loaded and routed then: a log index, or `WHEN`, "+momentHelp)
	return cmd
}

// versionsAt lists what was loaded and routed at another moment.
func (a *app) versionsAt(cmd *cobra.Command, typ, at string) error {
	if _, err := strconv.ParseUint(at, 10, 64); err != nil {
		if err := (moments{"at": &at}).read(time.Now()); err != nil {
			return err
		}
	}
	return exchange(a, cmd, func(ctx context.Context, c *client.Client) (*wire.Versions, error) {
		return c.VersionsAt(ctx, typ, at, a.readOptions()...)
	}, func(w io.Writer, v *wire.Versions) {
		var rows [][]string
		for _, v := range v.Versions {
			route, unloaded := "", ""
			if v.RouteActive {
				route = "active"
			}
			if v.UnloadedAt != nil {
				unloaded = past(w, *v.UnloadedAt, time.Now())
			}
			rows = append(rows, []string{v.WorkflowType, short(v.Version), route, past(w, v.LoadedAt, time.Now()), unloaded})
		}
		table(w, "nothing was loaded then", []string{"TYPE", "VERSION", "ROUTE", "LOADED", "UNLOADED SINCE"}, rows)
	})
}

func printVersions(w io.Writer, none string, versions []wire.Version) {
	var rows [][]string
	for _, v := range versions {
		state := v.State
		switch {
		case state == "" && v.RouteActive: // of a cluster at level 0
			state = "routed"
		case v.UnloadWhenDrained != nil:
			state += ", then unloaded"
		case v.Ephemeral:
			state = "ephemeral"
		}
		if v.Stopped != nil {
			state += ", stopped"
		}
		pins := ""
		if v.Pins.Total() > 0 {
			pins = fmt.Sprintf("%d (%s)", v.Pins.Total(), summary(*v.Pins))
		}
		rows = append(rows, []string{v.WorkflowType, short(v.Version), state, pins, strings.Join(v.ReadyNodes, ","), past(w, v.LoadedAt, time.Now())})
	}
	table(w, none, []string{"TYPE", "VERSION", "STATE", "PINS OF PACKAGE", "READY ON", "LOADED"}, rows)
}
