package main

import (
	"io"
	"strconv"
	"time"

	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

func deploysCmd(a *app) *cobra.Command {
	var typ string
	var page wire.Page
	cmd := &cobra.Command{
		Use:   "deploys",
		Short: "Show the deploy history, newest first, including refusals",
		Args:  arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkPage(page); err != nil {
				return err
			}
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			d, err := c.Deploys(cmd.Context(), typ, page, a.readOptions()...)
			if err != nil {
				return err
			}
			return a.answer(d, func(w io.Writer) {
				var rows [][]string
				for _, r := range d.Deploys {
					rows = append(rows, []string{
						strconv.FormatUint(r.Index, 10), past(w, r.At, time.Now()), r.Operation, r.WorkflowType, short(r.Version), short(r.Previous),
						r.Outcome, r.Actor, r.Message,
					})
				}
				table(w, "nothing has been deployed yet", []string{"INDEX", "WHEN", "OPERATION", "TYPE", "VERSION", "PREVIOUS", "OUTCOME", "ACTOR", "MESSAGE"}, rows)
				more(w, d.NextCursor)
			})
		},
	}
	cmd.Flags().StringVar(&typ, "type", "", "only those of workflow type `TYPE`")
	addPageFlags(cmd, &page)
	return cmd
}
