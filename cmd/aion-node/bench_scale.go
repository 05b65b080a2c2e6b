package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"aion.dev/aion/cmd/aion-node/bench"
	"github.com/spf13/cobra"
)

func benchScaleCmd(a *app) *cobra.Command {
	s := bench.DefaultScale()
	sizes, closed, folder := []string{"1k", "100k"}, []string{}, ""
	cmd := &cobra.Command{
		Use:   "scale",
		Short: "Measure what becomes of a cluster as it fills",
		Long: `Start a cluster of this machine, fill it to each of --sizes with open runs (one half waits for a signal, the other for a time that is far away) and then to each of --closed with closed ones, and measure it at each size: calls while nothing else
happens, restart, failover, a new node that joins, memory, disk, and what each run cost. At the end retention deletes the closed runs, and the disk is watched.

With --dir FOLDER an interrupted measurement can go on: the same command line continues with the data that it finds there. What is done removes its data.`,
		Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if len(a.addresses) > 0 {
				return usage("scale fills a cluster of its own, --addr names another")
			}
			if s.Open, err = bench.Sizes("sizes", sizes); err == nil {
				if s.Closed, err = bench.Sizes("closed", closed); err == nil {
					err = s.Check()
				}
			}
			if err != nil {
				return asUsage(err)
			}
			ctx, stop := a.untilGone(cmd.Context())
			defer stop()
			return a.benchScale(ctx, s, folder, commandLine(cmd, a.args))
		},
	}
	f := cmd.Flags()
	f.IntVar(&s.Nodes, "nodes", s.Nodes, "of how many nodes the cluster is: 1 or 3")
	f.StringSliceVar(&sizes, "sizes", sizes, "ascending `NUMBERS` of open runs, such as 1k,100k,1m")
	f.StringSliceVar(&closed, "closed", closed, "then ascending `NUMBERS` of closed runs, beside the most open ones")
	f.IntVar(&s.Callers, "callers", s.Callers, "how many fill it at once")
	f.IntVar(&s.Batch, "batch", s.Batch, "how many runs each of their calls starts")
	f.IntVar(&s.Repeats, "repeats", s.Repeats, "how often each start and end of a node is measured")
	f.IntVar(&s.Calls, "calls", s.Calls, "how often each call is measured")
	f.IntVar(&s.LogBytes, "log-bytes", s.LogBytes, "raft.log_bytes of the nodes (default: theirs)")
	f.BoolVar(&s.Retention, "retention", s.Retention, "at the end delete the closed runs, and watch the disk")
	f.DurationVar(&s.Still, "still", s.Still, "how long the disk must not have changed after that for it to be over: nodes look every 30s whether to give space back")
	f.StringVar(&folder, "dir", "", "keep the data in `FOLDER`, and go on with what an interrupted measurement has left there (default: a new folder among the temporary files)")
	return cmd
}

// asUsage makes a mistake in a setting one of the command line.
func asUsage(err error) error {
	var m *bench.Mistake
	if errors.As(err, &m) {
		return usage("%s", m)
	}
	return err
}

// benchScale measures and prints the report. Again is the command line.
func (a *app) benchScale(ctx context.Context, s bench.ScaleSettings, folder, again string) (err error) {
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this binary, for the nodes: %w", err)
	}
	if folder == "" {
		if folder, err = os.MkdirTemp("", "aion-bench-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	} else {
		a.after = afterwards{goesOn: "what was measured, and the data, is in " + folder + "", look: "to go on:\n  " + again}
	}
	if folder, err = filepath.Abs(folder); err != nil {
		return err
	}
	scale := &bench.Scale{Settings: s, Executable: exe, Folder: folder, Version: binaryVersion(), Progress: func(line string) { fmt.Fprintln(a.err, printable(line)) }}
	report, err := scale.Run(ctx)
	if err != nil {
		return asUsage(err)
	}
	return a.answer(report, func(w io.Writer) {
		fmt.Fprintf(w, "%s, version %s\n%s\n", count(report.Settings.Nodes, "node"), report.Version, report.Conditions())
		for _, t := range report.Tables() {
			fmt.Fprintf(w, "\n%s\n\n", t.Title)
			table(w, "", t.Heading, t.Rows)
		}
	})
}
