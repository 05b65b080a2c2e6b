package main

import (
	"fmt"
	"io"

	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

func queryCmd(a *app) *cobra.Command {
	var ref wire.RunRef
	var text string
	cmd := &cobra.Command{
		Use:   "query ID NAME",
		Short: "Query a run's code; nothing changes",
		Args:  arguments("ID", "NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			ref.WorkflowID = args[0]
			value, err := a.jsonFlag("args", text)
			if err != nil {
				return err
			}
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			q, err := c.Query(cmd.Context(), ref, args[1], value, a.readOptions()...)
			if err != nil {
				return err
			}
			return a.answer(q, func(w io.Writer) { fmt.Fprintln(w, printable(string(q.Result))) })
		},
	}
	cmd.Flags().StringVar(&text, "args", "", "what the query handler gets: `JSON`, @FILE, or @- for standard input")
	addRunFlag(cmd, &ref)
	return cmd
}
