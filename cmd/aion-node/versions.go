package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

func versionsCmd(a *app) *cobra.Command {
	var typ string
	cmd := &cobra.Command{
		Use:   "versions",
		Short: "List what is loaded, where the routes point, and what pins each version",
		Args:  arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
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
	return cmd
}

func printVersions(w io.Writer, none string, versions []wire.Version) {
	var rows [][]string
	for _, v := range versions {
		route := ""
		if v.RouteActive {
			route = "active"
		}
		pins := ""
		if v.Pins.Total() > 0 {
			pins = fmt.Sprintf("%d (%s)", v.Pins.Total(), summary(v.Pins))
		}
		rows = append(rows, []string{v.WorkflowType, short(v.Version), route, pins, strings.Join(v.ReadyNodes, ","), past(w, v.LoadedAt, time.Now())})
	}
	table(w, none, []string{"TYPE", "VERSION", "ROUTE", "PINS OF PACKAGE", "READY ON", "LOADED"}, rows)
}
