package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

// forever is the length of a wait without a limit.
const forever = 100 * 365 * 24 * time.Hour

func startCmd(a *app) *cobra.Command {
	var r wire.StartRequest
	var input string
	var attributes []string
	var timeout time.Duration
	var wait bool
	var file string
	var more startFlags
	cmd := &cobra.Command{
		Use:   "start TYPE",
		Short: "Start a run, or one for each line of a file",
		Long: `Start a run on the version that its type is routed to.

With --wait, tell its ids at once (on stderr with --json), then wait for its end. ` + endStatuses + `
An interrupt ends the waiting, not the run.

With --signal, the run receives a signal as it starts. --if-open and --if-closed say what to do if a run of --id is open, or was: nothing else happens in between. With --delay
the run is open at once, and its code begins later.

With --update, the run, the open one if there is one, is asked for something at once, and the answer is told as by update. Under the same request id that has one effect and one answer.

With --batch, start a run for each line of FILE (- is standard input). A line is a JSON object with type (default TYPE), and perhaps input, workflow_id, version, attributes,
timeout, signal, if_open, if_closed, delay, retry, chain_timeout and request_id. Each line is accepted or refused by itself; with --json each is told as a document on a line of its own. The exit status is 1 if any was refused, 3
if what became of any is not known: under the same --request-id the same file starts nothing twice.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if file != "" {
				return arguments("[TYPE]")(cmd, args)
			}
			return arguments("TYPE")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if file != "" {
				return a.startBatch(cmd, file, strings.Join(args, ""))
			}
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
			if err := more.read(a, &r); err != nil {
				return err
			}
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			if r.Update != nil {
				if wait {
					return usage("--wait waits for the run's end, and --update for the update's answer: give one of them")
				}
				return a.startAndUpdate(cmd.Context(), c, r)
			}
			s, err := c.Start(cmd.Context(), r, a.mutationOptions()...)
			if err != nil {
				return err
			}
			return a.reportStart(cmd.Context(), c, r.Type, s, wait)
		},
	}
	f := cmd.Flags()
	f.StringVar(&input, "input", "", "what the workflow gets: `JSON`, @FILE, or @- for standard input")
	f.StringVar(&r.WorkflowID, "id", "", "workflow `ID`; made up when not given")
	f.StringVar(&r.Version, "version", "", "start on this loaded `VERSION` instead of the routed one")
	f.StringArrayVar(&attributes, "attr", nil, "searchable attribute `KEY=VALUE`; may be repeated")
	f.DurationVar(&timeout, "run-timeout", 0, "time out the whole run after `DURATION`; 0 = as the package says")
	f.StringVar(&file, "batch", "", "start a run for each line of `FILE`")
	f.BoolVar(&wait, "wait", false, "wait until the run has ended, and tell its result")
	more.flags(cmd)
	return cmd
}

// reportStart tells of a run that was just started, and with wait of its end.
func (a *app) reportStart(ctx context.Context, c *client.Client, typ string, s *wire.StartAnswer, wait bool) error {
	told := a.out
	if a.json && wait {
		told = a.err
	}
	if !a.json || wait {
		fmt.Fprintf(told, "%s %s: workflow %s, run %s, version %s%s%s%s\n", cmp.Or(s.Outcome, "started"), typ, s.WorkflowID, s.RunID, short(s.Version), broughtNote(s), outcomeNote(s), repeatNote(s.Deduplicated))
	}
	switch {
	case wait:
		return a.awaitEnd(ctx, c, s)
	case a.json:
		return a.document(s)
	}
	return nil
}

// awaitEnd waits until a run that was just started has closed, and prints the result. If the end
// cannot be learned, that says nothing about the run.
func (a *app) awaitEnd(ctx context.Context, c *client.Client, s *wire.StartAnswer) error {
	a.runGoesOn(s.WorkflowID, lookAt("result", s.WorkflowID))
	a.after.facts["run_id"] = s.RunID
	r, err := c.Result(ctx, wire.RunRef{WorkflowID: s.WorkflowID, RunID: s.RunID}, forever)
	if err == nil && r.ContinuedTo != "" { // the result is the one of the chain's last run
		r, err = c.Result(ctx, wire.RunRef{WorkflowID: s.WorkflowID}, forever)
	}
	if err != nil {
		var p *wire.Problem
		if ctx.Err() != nil || !errors.As(err, &p) {
			return err
		}
		q := *p
		q.Outcome, q.Facts = wire.Unknown, a.after.facts
		q.Detail = fmt.Sprintf("the run %s was started; how it ended could not be learned: %s", s.WorkflowID, p.Detail)
		q.Hint = a.after.look
		return &q
	}
	s.Status, s.Result, s.Error = r.Status, r.Result, r.Error
	if err := a.answer(s, func(w io.Writer) { printResult(w, s.Status, s.Result, s.Error) }); err != nil {
		return err
	}
	return endStatus(s.Status)
}
