package main

import (
	"fmt"
	"io"

	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

func signalCmd(a *app) *cobra.Command {
	var ref wire.RunRef
	var payload string
	cmd := &cobra.Command{
		Use:   "signal ID NAME",
		Short: "Send a message to an open run",
		Args:  arguments("ID", "NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			ref.WorkflowID = args[0]
			value, err := a.jsonFlag("payload", payload)
			if err != nil {
				return err
			}
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			r, err := c.Signal(cmd.Context(), ref, args[1], value, a.mutationOptions()...)
			if err != nil {
				return err
			}
			return a.answer(r, func(w io.Writer) {
				fmt.Fprintf(w, "signalled %s (index %d)%s\n", r.WorkflowID, r.Index, repeatNote(r.Deduplicated))
			})
		},
	}
	cmd.Flags().StringVar(&payload, "payload", "", "what the signal carries: `JSON`, @FILE, or @- for standard input (default null)")
	addRunFlag(cmd, &ref)
	return cmd
}
