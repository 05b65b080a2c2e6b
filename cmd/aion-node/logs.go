package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

func logsCmd(a *app) *cobra.Command {
	var ref wire.RunRef
	var from uint64
	var limit int
	var follow bool
	cmd := &cobra.Command{
		Use:   "logs ID",
		Short: "Show what a run's code logged",
		Long: `Show what a run's code logged with ctx.log: the newest lines, as many as limits.log_bytes keeps of
each run, for as long as the run is kept. With --follow, go on as lines come, until the run has
ended; with --json each line is then a document on a line of its own.`,
		Args: arguments("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if limit < 0 {
				return usage("--limit %d is negative", limit)
			}
			ref.WorkflowID = args[0]
			c, err := a.connect()
			if err != nil {
				return err
			}
			defer c.Close()
			if follow {
				return a.following(cmd.Context(), func(ctx context.Context) error {
					return a.followLogs(ctx, c, ref, from, limit)
				})
			}
			l, err := wholeLog(cmd.Context(), c, ref, from, limit, a.readOptions())
			if err != nil {
				return err
			}
			return a.answer(l, func(w io.Writer) { printLog(w, l, from, limit) })
		},
	}
	f := cmd.Flags()
	f.BoolVarP(&follow, "follow", "f", false, "go on as lines come, until the run has ended")
	f.Uint64Var(&from, "from", 1, "begin with line `SEQ`")
	f.IntVar(&limit, "limit", 0, "stop after `N` lines; 0 = all")
	addRunFlag(cmd, &ref)
	return cmd
}

func printLog(w io.Writer, l *wire.RunLog, from uint64, limit int) {
	if len(l.Lines) == 0 {
		switch {
		case l.Logged == 0:
			fmt.Fprintln(w, "it has logged nothing (yet)")
		default:
			fmt.Fprintf(w, "it has logged %d lines, and none of them is kept from line %d on\n", l.Logged, from)
		}
		return
	}
	if first := l.Lines[0].Seq; first > max(from, 1) {
		fmt.Fprintf(w, "(lines %d to %d are no longer kept)\n", max(from, 1), first-1)
	}
	for _, line := range l.Lines {
		printLogLine(w, line)
	}
	if limit > 0 && len(l.Lines) == limit && l.Next > 0 && l.Next <= l.Logged {
		fmt.Fprintf(w, "more: --from %d\n", l.Next)
	}
}

func printLogLine(w io.Writer, l wire.LogLine) {
	fmt.Fprintf(w, "%s  %s\n", exact(l.At), oneLine(l.Text))
}

// followLogs prints lines as they appear.
func (a *app) followLogs(ctx context.Context, c *client.Client, ref wire.RunRef, from uint64, limit int) error {
	n := 0
	look := func(from uint64) {
		a.runGoesOn(ref.WorkflowID, lookAt("logs", ref.WorkflowID, "--follow", "--from", fmt.Sprint(from)))
	}
	look(max(from, 1))
	for l, err := range c.FollowLogs(ctx, ref, from, a.readOptions()...) {
		if err != nil {
			return err
		}
		look(l.Seq + 1)
		if a.json {
			if err := a.document(l); err != nil {
				return err
			}
		} else {
			printLogLine(a.out, l)
		}
		if n++; n == limit {
			return nil
		}
	}
	return nil
}

// wholeLog collects pages up to the end, or up to limit lines. Next is the last page's.
func wholeLog(ctx context.Context, c *client.Client, ref wire.RunRef, from uint64, limit int, opts []client.Option) (*wire.RunLog, error) {
	whole := &wire.RunLog{Lines: []wire.LogLine{}}
	for {
		page := wire.MaxPage
		if limit > 0 {
			page = min(page, limit-len(whole.Lines))
		}
		l, err := c.Logs(ctx, ref, from, page, time.Duration(0), opts...)
		if err != nil {
			return nil, err
		}
		whole.Lines = append(whole.Lines, l.Lines...)
		whole.Next, whole.Logged, whole.Index = l.Next, l.Logged, l.Index
		if len(l.Lines) == 0 || l.Next == 0 || l.Next > l.Logged || len(whole.Lines) == limit {
			return whole, nil
		}
		from = l.Next
	}
}
