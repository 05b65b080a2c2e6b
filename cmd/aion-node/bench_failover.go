package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"aion.dev/aion/cmd/aion-node/bench"
	"github.com/spf13/cobra"
)

func benchFailoverCmd(a *app) *cobra.Command {
	s, dir := bench.DefaultFailover(), ""
	cmd := &cobra.Command{
		Use:   "failover",
		Short: "Measure how long nobody can write when the leader is killed",
		Long: `Start a cluster of three nodes with default settings on this machine, let callers write all the time, and measure: the time from kill -9 of the leader to the next acknowledged
write, --kills times; whether anybody stands for election while every processor is burnt for --busy; and which calls fail, though they are repeated under their request id, while
each node is restarted in order, --restarts times. 0 leaves a part out.`,
		Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if len(a.addresses) > 0 {
				return usage("bench failover kills nodes of a cluster of its own, --addr names another")
			}
			if err := s.Check(); err != nil {
				return asUsage(err)
			}
			ctx, stop := a.untilGone(cmd.Context())
			defer stop()
			return a.benchFailover(ctx, s, dir)
		},
	}
	f := cmd.Flags()
	f.IntVar(&s.Kills, "kills", s.Kills, "how many leaders are killed")
	f.DurationVar(&s.Busy, "busy", s.Busy, "how long every processor is burnt")
	f.IntVar(&s.Restarts, "restarts", s.Restarts, "how often each node is restarted in order")
	f.IntVar(&s.Callers, "callers", s.Callers, "how many write meanwhile")
	f.StringVar(&dir, "dir", "", "keep the nodes' data in a new folder in `FOLDER` while it lasts (default: the folder for temporary files)")
	return cmd
}

// benchFailover measures and prints the report.
func (a *app) benchFailover(ctx context.Context, s bench.FailoverSettings, dir string) (err error) {
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this binary, for the nodes: %w", err)
	}
	f := &bench.Failover{Settings: s, Version: binaryVersion(), Progress: func(line string) { fmt.Fprintln(a.err, printable(line)) }}
	f.Progress("starting 3 nodes")
	f.Own, err = bench.Start(ctx, exe, 3, dir, false)
	if f.Own != nil {
		defer func() { err = errors.Join(err, f.Own.End()) }()
	}
	if err != nil {
		return err
	}
	report, err := f.Run(ctx)
	if err != nil {
		return err
	}
	return a.answer(report, func(w io.Writer) {
		fmt.Fprintf(w, "3 nodes, version %s, on %s\n\n", report.Version, report.Machine)
		t := report.Table()
		table(w, "", t.Heading, t.Rows)
		fmt.Fprintln(w)
		for _, n := range report.Notes() {
			fmt.Fprintln(w, n)
		}
	})
}
