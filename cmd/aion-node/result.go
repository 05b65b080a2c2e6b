package main

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

func resultCmd(a *app) *cobra.Command {
	var ref wire.RunRef
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "result ID",
		Short: "Wait for a run's end and show its result",
		Long:  "Wait for a run's end and show how it ended. " + endStatuses + "\nAn interrupt ends the waiting, not the run.",
		Args:  arguments("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			wait, err := waitFor(cmd, timeout)
			if err != nil {
				return err
			}
			ref.WorkflowID = args[0]
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			if wait > 0 {
				a.runGoesOn(ref.WorkflowID, lookAt("result", ref.WorkflowID))
			}
			r, err := c.Result(cmd.Context(), ref, wait, a.readOptions()...)
			if err != nil {
				return err
			}
			if err := a.answer(r, func(w io.Writer) { printResult(w, r.Status, r.Result, r.Error) }); err != nil {
				return err
			}
			return endStatus(r.Status)
		},
	}
	cmd.Flags().DurationVar(&timeout, "timeout", 0, "wait at most `DURATION`; 0s tells how the run stands at once (default: as long as it takes)")
	addRunFlag(cmd, &ref)
	return cmd
}

// waitFor is how long a command waits that has the flag --timeout.
func waitFor(cmd *cobra.Command, timeout time.Duration) (time.Duration, error) {
	switch {
	case timeout < 0:
		return 0, usage("--timeout %s is negative", timeout)
	case !cmd.Flags().Changed("timeout"):
		return forever, nil
	}
	return timeout, nil
}

// endStatuses is help about the exit status of commands that wait for a run.
const endStatuses = `The exit status is 0 if the run
completed, 1 if it ended in another way (failed, cancelled, terminated, timed out), and 4 if it is
still open.`

// endStatus returns the exit status for a run's status. The caller has already printed the result.
func endStatus(status string) error {
	switch {
	case status == "completed":
		return nil
	case wire.Open(status):
		return &reported{exitOpen}
	}
	return &reported{exitRefused}
}

func printResult(w io.Writer, status string, result json.RawMessage, failure *wire.RunError) {
	fmt.Fprintln(w, status)
	if len(result) > 0 {
		fmt.Fprintln(w, printable(string(result)))
	}
	if failure != nil {
		printRunError(w, failure)
	}
}

// addRunFlag adds a flag for another run of the workflow id than the latest.
func addRunFlag(cmd *cobra.Command, ref *wire.RunRef) {
	cmd.Flags().StringVar(&ref.RunID, "run-id", "", "another run of the workflow `ID` than the latest")
}
