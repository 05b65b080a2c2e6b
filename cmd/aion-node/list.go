package main

import (
	"context"
	"io"
	"reflect"
	"time"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

func listCmd(a *app) *cobra.Command {
	var filter wire.RunFilter
	var page wire.Page
	when := moments{
		"started-after": &filter.StartedAfter, "started-before": &filter.StartedBefore, "closed-after": &filter.ClosedAfter, "closed-before": &filter.ClosedBefore,
	}
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List runs, newest first or in another order",
		Long:  "List runs, newest first or in another order.\n\n" + whereHelp,
		Args:  arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkPage(page); err != nil {
				return err
			}
			if err := when.read(time.Now()); err != nil {
				return err
			}
			if err := checkFound(&filter); err != nil {
				return err
			}
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			l, err := c.List(cmd.Context(), filter, page, a.readOptions()...)
			if err != nil {
				return err
			}
			return a.answer(l, func(w io.Writer) {
				var rows [][]string
				for _, r := range l.Workflows {
					closed := ""
					if r.ClosedAt != nil {
						closed = past(w, *r.ClosedAt, time.Now())
					}
					rows = append(rows, []string{r.WorkflowID, r.WorkflowType, short(r.Version), r.Status, past(w, r.StartedAt, time.Now()), closed, printable(waits(r.WaitingOn))})
				}
				none := "no runs"
				if len(rows) == 0 {
					none = a.noneOfType(cmd.Context(), none, filter.Type)
				}
				if page.Cursor != "" || l.NextCursor != "" {
					none = "no runs on this page"
				}
				table(w, none, []string{"WORKFLOW ID", "TYPE", "VERSION", "STATUS", "STARTED", "CLOSED", "WAITING ON"}, rows)
				moreOf(w, len(rows), countOf(cmd.Context(), c, filter, l, a.readOptions()), l.NextCursor)
			})
		},
	}
	addFilterFlags(cmd, &filter)
	f := cmd.Flags()
	f.StringVar(&filter.Sort, "sort", "", "by `FIELD`: started, closed or an attribute, with a - before it the greatest first (default -started)")
	f.StringVar(&filter.Parent, "parent", "", "only children of workflow `ID`")
	f.StringVar(&filter.StartedAfter, "started-after", "", "only started at or after `TIME`: "+momentHelp)
	f.StringVar(&filter.StartedBefore, "started-before", "", "only started before `TIME`")
	f.StringVar(&filter.ClosedAfter, "closed-after", "", "only closed at or after `TIME`")
	f.StringVar(&filter.ClosedBefore, "closed-before", "", "only closed before `TIME`")
	addPageFlags(cmd, &page)
	return cmd
}

// countOf returns how many runs a listing has in total, if the cluster counts them: it counts by
// type, status and version. 0 = unknown, or the listing already shows all.
func countOf(ctx context.Context, c *client.Client, f wire.RunFilter, l *wire.Runs, opts []client.Option) uint64 {
	kind := wire.RunFilter{Type: f.Type, Status: f.Status, Version: f.Version}
	if len(f.Attributes)+len(f.Where) == 0 {
		f.Attributes, f.Where = nil, nil
	}
	if l.NextCursor == "" || !reflect.DeepEqual(f, kind) {
		return 0
	}
	counts, err := c.Counts(ctx, kind, opts...)
	if err != nil {
		return 0 // the listing itself succeeded, and is what was asked for
	}
	return counts.Total
}
