package main

import (
	"io"
	"strings"
	"time"

	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

func listCmd(a *app) *cobra.Command {
	var filter wire.RunFilter
	var page wire.Page
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List runs, newest first",
		Args:  arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkPage(page); err != nil {
				return err
			}
			for _, attr := range filter.Attributes {
				if key, _, ok := strings.Cut(attr, "="); !ok || key == "" {
					return usage("--attr %q is not KEY=VALUE", attr)
				}
			}
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			l, err := c.List(cmd.Context(), filter, page, a.read()...)
			if err != nil {
				return err
			}
			return a.answer(l, func(w io.Writer) {
				var rows [][]string
				for _, r := range l.Workflows {
					closed := ""
					if r.ClosedAt != nil {
						closed = ago(*r.ClosedAt, time.Now())
					}
					rows = append(rows, []string{r.WorkflowID, r.WorkflowType, short(r.Version), r.Status, ago(r.StartedAt, time.Now()), closed, printable(waits(r.WaitingOn))})
				}
				none := "no runs"
				if page.Cursor != "" || l.NextCursor != "" {
					none = "no runs on this page"
				}
				table(w, none, []string{"WORKFLOW ID", "TYPE", "VERSION", "STATUS", "STARTED", "CLOSED", "WAITING ON"}, rows)
				more(w, l.NextCursor)
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&filter.Type, "type", "", "only of workflow type `TYPE`")
	f.StringVar(&filter.Status, "status", "", "only with `STATUS` (running, paused, completed, failed, cancelled, terminated, timed_out, continued_as_new)")
	f.StringVar(&filter.Version, "version", "", "only on `VERSION` (a prefix will do)")
	f.StringArrayVar(&filter.Attributes, "attr", nil, "only with attribute `KEY=VALUE`; may be repeated")
	addPageFlags(cmd, &page)
	return cmd
}
