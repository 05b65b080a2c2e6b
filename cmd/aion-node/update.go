package main

import (
	"fmt"
	"io"
	"time"

	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

func updateCmd(a *app) *cobra.Command {
	var ref wire.RunRef
	var text string
	var r wire.UpdateRequest
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "update ID NAME",
		Short: "Ask an open run for something, and show its answer",
		Long: `Ask an open run for something, and wait for its answer. The run's code takes updates with
ctx.on_update; a validator may reject them, and then nothing has happened. The same --update-id has
one effect and one answer: repeat the command to wait on. The exit status is 0 if the run answered,
1 if the update was rejected or failed, and 4 if there is no answer yet.
An interrupt ends the waiting, not the update.`,
		Args: arguments("ID", "NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			wait, err := waitFor(cmd, timeout)
			if err != nil {
				return err
			}
			ref.WorkflowID = args[0]
			if r.Args, err = a.jsonFlag("args", text); err != nil {
				return err
			}
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			u, err := c.Update(cmd.Context(), ref, args[1], r, wait, a.mutationOptions()...)
			if err != nil {
				return err
			}
			if err := a.answer(u, func(w io.Writer) { printUpdate(w, u) }); err != nil {
				return err
			}
			return updateStatus(u)
		},
	}
	cmd.Flags().StringVar(&text, "args", "", "what the handler gets: `JSON`, @FILE, or @- for standard input (default null)")
	cmd.Flags().StringVar(&r.UpdateID, "update-id", "", "`ID` under which the update has one effect and one answer (default: a new one)")
	cmd.Flags().DurationVar(&timeout, "timeout", 0, "wait at most `DURATION` for the answer; 0s only asks (default: as long as it takes)")
	addRunFlag(cmd, &ref)
	return cmd
}

// updateStatus is the exit status that says where an update stands.
func updateStatus(u *wire.UpdateAnswer) error {
	switch {
	case u.Status == "completed" && u.Error == nil:
		return nil
	case u.Status == "accepted" && u.Error == nil:
		return &reported{exitOpen}
	}
	return &reported{exitRefused}
}

func printUpdate(w io.Writer, u *wire.UpdateAnswer) {
	switch {
	case u.Status == "completed" && u.Error != nil:
		fmt.Fprintln(w, "failed")
	case u.Status == "accepted":
		fmt.Fprintf(w, "accepted as %s\n", printable(u.UpdateID))
	default:
		fmt.Fprintln(w, u.Status)
	}
	if len(u.Result) > 0 {
		fmt.Fprintln(w, printable(string(u.Result)))
	}
	if u.Error != nil {
		printRunError(w, u.Error)
	}
}
