package main

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

func countCmd(a *app) *cobra.Command {
	var filter wire.RunFilter
	var by string
	cmd := &cobra.Command{
		Use:   "count",
		Short: "Count runs by type, version and status, or by an attribute",
		Long:  "Count runs by type, version and status, or by the values of an attribute.\n\n" + whereHelp,
		Args:  arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkFound(&filter); err != nil {
				return err
			}
			return exchange(a, cmd, func(ctx context.Context, c *client.Client) (*wire.RunCounts, error) {
				return c.CountsBy(ctx, filter, by, a.readOptions()...)
			}, func(w io.Writer, n *wire.RunCounts) {
				var rows [][]string
				for _, r := range n.Counts {
					rows = append(rows, []string{r.WorkflowType, short(r.Version), r.Status, strconv.FormatUint(r.Count, 10)})
				}
				none := "no runs"
				if len(rows) == 0 {
					none = a.noneOfType(cmd.Context(), none, filter.Type)
				}
				if by != "" {
					for _, v := range n.Values {
						rows = append(rows, []string{printable(string(v.Value)), strconv.FormatUint(v.Count, 10)})
					}
					table(w, none, []string{"VALUE", "RUNS"}, rows)
				} else {
					table(w, none, []string{"TYPE", "VERSION", "STATUS", "RUNS"}, rows)
				}
				if len(rows) > 1 {
					fmt.Fprintf(w, "%d in all\n", n.Total)
				}
			})
		},
	}
	addFilterFlags(cmd, &filter)
	cmd.Flags().StringVar(&by, "by", "", "count the values of attribute `NAME`")
	return cmd
}

// addFilterFlags adds the filters shared by listing and counting.
func addFilterFlags(cmd *cobra.Command, filter *wire.RunFilter) {
	f := cmd.Flags()
	f.StringVar(&filter.Type, "type", "", "only of workflow type `TYPE`")
	f.StringVar(&filter.Status, "status", "", "only with `STATUS` (running, paused, completed, failed, cancelled, terminated, timed_out, continued_as_new)")
	f.StringVar(&filter.Version, "version", "", "only on `VERSION` (a prefix will do)")
	f.StringArrayVar(&filter.Attributes, "attr", nil, "only with attribute `KEY=VALUE`; may be repeated")
	f.StringArrayVar(&filter.Where, "where", nil, "only where `CONDITION` holds; may be repeated: all of them")
}
