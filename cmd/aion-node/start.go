package main

import (
	"fmt"
	"io"
	"time"

	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

// forever is how long a wait without a limit lasts.
const forever = 100 * 365 * 24 * time.Hour

func startCmd(a *app) *cobra.Command {
	var r wire.StartRequest
	var input string
	var attributes []string
	var timeout time.Duration
	var wait bool
	cmd := &cobra.Command{
		Use:   "start TYPE",
		Short: "Start a run",
		Long:  `Start a run on the version that its type is routed to. With --wait, wait for its end; the exit status is 0 however it ended: the status is in the answer.`,
		Args:  arguments("TYPE"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			r.Type = args[0]
			if r.Input, err = a.jsonFlag("input", input); err != nil {
				return err
			}
			if r.Attributes, err = pairs("attr", attributes); err != nil {
				return err
			}
			switch {
			case timeout < 0:
				return usage("--run-timeout %s is negative", timeout)
			case timeout > 0:
				r.Timeout = timeout.String()
			}
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			var s *wire.StartAnswer
			if wait {
				s, err = c.StartAndWait(cmd.Context(), r, forever, a.change()...)
			} else {
				s, err = c.Start(cmd.Context(), r, a.change()...)
			}
			if err != nil {
				return err
			}
			return a.answer(s, func(w io.Writer) {
				fmt.Fprintf(w, "started %s: workflow %s, run %s, version %s%s\n", r.Type, s.WorkflowID, s.RunID, short(s.Version), again(s.Deduplicated))
				if wait {
					tellResult(w, s.Status, s.Result, s.Error)
				}
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&input, "input", "", "what the workflow gets: `JSON`, @FILE, or @- for standard input")
	f.StringVar(&r.WorkflowID, "id", "", "workflow `ID`; made up when not given")
	f.StringVar(&r.Version, "version", "", "start on this loaded `VERSION` instead of the routed one")
	f.StringArrayVar(&attributes, "attr", nil, "searchable attribute `KEY=VALUE`; may be repeated")
	f.DurationVar(&timeout, "run-timeout", 0, "time out the whole run after `DURATION`; 0 = as the package says")
	f.BoolVar(&wait, "wait", false, "wait until the run has ended, and tell its result")
	return cmd
}
