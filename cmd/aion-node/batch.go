package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

func batchCmd(a *app) *cobra.Command {
	cmd := a.group(&cobra.Command{
		Use:   "batch",
		Short: "Do one operation to many runs",
		Long: `Do one operation to many runs: to those that started before the batch and meet all conditions when it comes to them, from the newest down. The cluster keeps how far it has come, so it goes on
whichever node leads, and does it to each run once.

` + whereHelp,
	})
	for _, op := range []struct {
		name, short string
		reason      bool
	}{
		{"cancel", "Ask many open runs to end", true},
		{"terminate", "Close many open runs at once", true},
		{"pause", "Stop the turns of many open runs", true},
		{"resume", "Let many paused runs go on", false},
		{"reopen", "Open many runs again that failed, timed out, or were cancelled or terminated", true},
	} {
		r := &wire.BatchRequest{Operation: op.name}
		cmd.AddCommand(batchOf(a, r, op.name, op.short, func(c *cobra.Command) {
			if op.reason {
				c.Flags().StringVar(&r.Reason, "reason", "", "why, for the histories: `TEXT`")
			}
		}, arguments(), nil))
	}
	signal, payload := &wire.BatchRequest{Operation: "signal"}, ""
	cmd.AddCommand(batchOf(a, signal, "signal NAME", "Signal many open runs", func(c *cobra.Command) {
		c.Flags().StringVar(&payload, "payload", "", "`JSON` that it carries (default null)")
	}, arguments("NAME"), func(args []string) error {
		if signal.Signal = args[0]; payload == "" {
			return nil
		}
		if signal.Payload = json.RawMessage(payload); !json.Valid(signal.Payload) {
			return usage("--payload is no JSON")
		}
		return nil
	}))
	move := &wire.BatchRequest{Operation: "move"}
	cmd.AddCommand(batchOf(a, move, "move VERSION", "Move many open runs to another version, each after a proof that its history replays there", func(*cobra.Command) {}, arguments("VERSION"), func(args []string) error {
		move.To = args[0]
		return nil
	}))
	reset := &wire.BatchRequest{Operation: "reset", Point: &wire.ResetPoint{}}
	cmd.AddCommand(batchOf(a, reset, "reset", "Start many runs anew from a point of their histories, open and closed ones", func(c *cobra.Command) {
		f := c.Flags()
		f.StringVar(&reset.Point.To, "to", "", "keep the turns up to `TURN`: a number, start, last or failure")
		f.StringVar(&reset.Point.ToVersion, "to-version", "", "keep the turns before the run was moved to `VERSION`, or a prefix")
		f.StringVar(&reset.To, "on", "", "go on with `VERSION`, if the turns that are kept replay on it")
		f.BoolVar(&reset.DropSignals, "drop-signals", false, "do not deliver signals and updates again that came after the point")
		f.StringVar(&reset.Reason, "reason", "", "why, for the histories: `TEXT`")
	}, arguments(), func([]string) error {
		if (reset.Point.To == "") == (reset.Point.ToVersion == "") {
			return usage("batch reset: one of --to and --to-version is needed")
		}
		return nil
	}))
	cmd.AddCommand(batchListCmd(a), batchDescribeCmd(a), batchStopCmd(a))
	return cmd
}

// batchOf is the command of one operation.
func batchOf(a *app, r *wire.BatchRequest, use, short string, flags func(*cobra.Command), args cobra.PositionalArgs, read func(args []string) error) *cobra.Command {
	var wait bool
	cmd := &cobra.Command{
		Use: use, Short: short, Args: args,
		Long: short + `: those that started before and meet all conditions.

With --wait it shows progress until the batch has ended; interrupting it stops nothing. The exit status is 1 then if the operation could not be done to some run.

` + whereHelp,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(r.Where) == 0 {
				return usage("batch: --where is needed, for example --where status=running")
			}
			if err := readConditions(r.Where); err != nil {
				return err
			}
			if read != nil {
				if err := read(args); err != nil {
					return err
				}
			}
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			begun, err := c.StartBatch(cmd.Context(), *r, a.mutationOptions()...)
			if err != nil {
				return err
			}
			if !wait {
				return a.answer(begun, func(w io.Writer) {
					fmt.Fprintf(w, "began batch %s (index %d)\n  see aion-node batch describe %s\n", begun.BatchID, begun.Index, begun.BatchID)
				})
			}
			a.after = afterwards{goesOn: "the batch goes on", look: "aion-node batch describe " + begun.BatchID}
			last, err := a.followBatch(cmd.Context(), c, begun.BatchID)
			if err != nil {
				return err
			}
			if err := a.answer(last, func(w io.Writer) { printBatch(w, last) }); err != nil {
				return err
			}
			if last.Status != "completed" || last.Failed > 0 {
				return &reported{exitRefused}
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&r.Where, "where", nil, "only runs where `CONDITION` holds; may be repeated: all of them")
	f.BoolVar(&r.DryRun, "dry-run", false, "count the runs, and do nothing")
	f.Uint64Var(&r.Rate, "rate", 0, "at most `N` runs a second (default 100)")
	f.BoolVar(&wait, "wait", false, "show progress until it has ended")
	aboveZero(cmd, "rate")
	flags(cmd)
	return cmd
}

// followBatch waits until a batch has ended, and returns it with all failures that are kept.
func (a *app) followBatch(ctx context.Context, c *client.Client, id string) (*wire.BatchAnswer, error) {
	bar := newBacktestBar(a.err)
	defer bar.end()
	var failures []wire.BatchFailure
	for {
		b, err := c.Batch(ctx, id, wire.Page{Limit: wire.MaxPage, Cursor: strconv.Itoa(len(failures))})
		if err != nil {
			return nil, err
		}
		failures = append(failures, b.Failures...)
		bar.draw(b.Found, b.Found, fmt.Sprintf("%d done, %d failed", b.Done, b.Failed))
		if b.Status != "running" && b.NextCursor == "" {
			b.Failures = failures
			return b, nil
		}
		if b.NextCursor != "" {
			continue
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func printBatch(w io.Writer, b *wire.BatchAnswer) {
	what := b.Operation
	switch {
	case b.Signal != "":
		what += " " + b.Signal
	case b.Operation == "reset":
		if what += " to " + b.Point; b.ToVersion != "" {
			what = "reset to before " + short(b.ToVersion)
		}
		if b.To != "" {
			what += " on " + short(b.To)
		}
	case b.To != "":
		what += " to " + short(b.To)
	}
	fmt.Fprintf(w, "batch %s: %s where %s\n", b.BatchID, what, printable(strings.Join(b.Where, " and ")))
	if b.DryRun {
		fmt.Fprintf(w, "%s: %d runs would be dealt with\n", b.Status, b.Found)
	} else {
		fmt.Fprintf(w, "%s: %d found, %d done, %d failed\n", b.Status, b.Found, b.Done, b.Failed)
	}
	var rows [][]string
	for _, f := range b.Failures {
		rows = append(rows, []string{f.WorkflowID, f.RunID, f.Code, printable(f.Detail)})
	}
	if len(rows) > 0 {
		table(w, "", []string{"WORKFLOW ID", "RUN ID", "CODE", "DETAIL"}, rows)
	}
	if b.LeftOff > 0 {
		fmt.Fprintf(w, "%d more are not listed\n", b.LeftOff)
	}
}

func batchListCmd(a *app) *cobra.Command {
	var page wire.Page
	cmd := &cobra.Command{
		Use: "list", Short: "List batches, newest first", Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkPage(page); err != nil {
				return err
			}
			return exchange(a, cmd, func(ctx context.Context, c *client.Client) (*wire.Batches, error) {
				return c.Batches(ctx, page, a.readOptions()...)
			}, func(w io.Writer, l *wire.Batches) {
				var rows [][]string
				for _, b := range l.Batches {
					rows = append(rows, []string{b.BatchID, b.Operation, b.Status, fmt.Sprint(b.Found), fmt.Sprint(b.Done), fmt.Sprint(b.Failed), past(w, b.BeganAt, time.Now()), printable(strings.Join(b.Where, " and "))})
				}
				table(w, "no batches", []string{"BATCH", "OPERATION", "STATUS", "FOUND", "DONE", "FAILED", "BEGAN", "WHERE"}, rows)
				moreOf(w, len(rows), 0, l.NextCursor)
			})
		},
	}
	addPageFlags(cmd, &page)
	return cmd
}

func batchDescribeCmd(a *app) *cobra.Command {
	var page wire.Page
	cmd := &cobra.Command{
		Use: "describe BATCH", Short: "Show how far a batch has come, and what could not be done", Args: arguments("BATCH"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkPage(page); err != nil {
				return err
			}
			return exchange(a, cmd, func(ctx context.Context, c *client.Client) (*wire.BatchAnswer, error) {
				return c.Batch(ctx, args[0], page, a.readOptions()...)
			}, func(w io.Writer, b *wire.BatchAnswer) {
				printBatch(w, b)
				moreOf(w, len(b.Failures), b.Failed-b.LeftOff, b.NextCursor)
			})
		},
	}
	addPageFlags(cmd, &page)
	return cmd
}

func batchStopCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "stop BATCH", Short: "Stop a batch; what was done stays done", Args: arguments("BATCH"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return exchange(a, cmd, func(ctx context.Context, c *client.Client) (*wire.BatchAnswer, error) {
				return c.StopBatch(ctx, args[0], a.mutationOptions()...)
			}, func(w io.Writer, b *wire.BatchAnswer) { printBatch(w, b) })
		},
	}
}
