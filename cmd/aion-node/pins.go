package main

import (
	"fmt"
	"io"
	"time"

	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

func pinsCmd(a *app) *cobra.Command {
	var page wire.Page
	cmd := &cobra.Command{
		Use:   "pins TYPE VERSION",
		Short: "Show what pins a version",
		Args:  arguments("TYPE", "VERSION"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkPage(page); err != nil {
				return err
			}
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			p, err := c.Pins(cmd.Context(), args[0], args[1], page, a.readOptions()...)
			if err != nil {
				return err
			}
			return a.answer(p, func(w io.Writer) {
				fmt.Fprintf(w, "version %s: pinned by %s", short(p.Version), summary(p.Counts))
				if p.RouteActive {
					fmt.Fprint(w, "; a route points at it")
				}
				fmt.Fprintln(w)
				if p.Total == 0 {
					return
				}
				var rows [][]string
				for _, h := range p.Holders {
					by := ""
					if h.RecordedBy != nil {
						by = h.RecordedBy.WorkflowID
					}
					rows = append(rows, []string{h.Kind, h.WorkflowID, h.RunID, h.WorkflowType, by, past(w, h.Since, time.Now())})
				}
				table(w, "no holders on this page", []string{"KIND", "WORKFLOW ID", "RUN ID", "TYPE", "RECORDED BY", "SINCE"}, rows)
				moreOf(w, len(rows), uint64(p.Total), p.NextCursor)
			})
		},
	}
	addPageFlags(cmd, &page)
	return cmd
}

// addPageFlags adds the paging flags to a listing.
func addPageFlags(cmd *cobra.Command, page *wire.Page) {
	cmd.Flags().IntVar(&page.Limit, "limit", 0, fmt.Sprintf("rows on a page, at most %d (default %d)", wire.MaxPage, wire.DefaultPage))
	cmd.Flags().StringVar(&page.Cursor, "cursor", "", "go on at the `CURSOR` that the page before named")
	aboveZero(cmd, "limit")
}

func checkPage(page wire.Page) error {
	if page.Limit < 0 || page.Limit > wire.MaxPage {
		return usage("--limit %d is not within 1 to %d", page.Limit, wire.MaxPage)
	}
	return nil
}

// more prints how to get the next page.
func more(w io.Writer, cursor string) { moreOf(w, 0, 0, cursor) }

// moreOf is more if the total is known; 0 = it is not.
func moreOf(w io.Writer, shown int, total uint64, cursor string) {
	if cursor == "" {
		return
	}
	if total > uint64(shown) {
		fmt.Fprintf(w, "showing %d of %d; ", shown, total)
	}
	fmt.Fprintf(w, "more: --cursor %s\n", cursor)
}
