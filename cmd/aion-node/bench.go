package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"aion.dev/aion/cmd/aion-node/bench"
	"aion.dev/aion/transport/client"
	"github.com/spf13/cobra"
)

func benchCmd(a *app) *cobra.Command {
	s := bench.Default()
	nodes, dir, profiled := 0, "", false
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure how fast a cluster is, and what that costs",
		Long: `Measure runs, activities, signals, reads, deploys and failover through the Go client and its workers, which run in this process, and print throughput, percentiles, and what a run costs: CPU and memory of each node,
CPU of the callers and workers, entries, bytes and writes of the log.

With --nodes it starts a cluster of its own on this machine, and removes it at the end. Otherwise it measures the cluster that --addr or AION_ADDR names: it adds load, routes nothing that was there, and unloads what it has loaded; its closed
runs stay until retention removes them. Every row is measured with each number of --callers, in --rounds rounds of all rows; medians of the rounds are reported.

` + rowList(),
		Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := benchMistake(cmd, s, nodes, len(a.addresses) > 0); err != nil {
				return err
			}
			ctx, stop := a.untilGone(cmd.Context())
			defer stop()
			return a.bench(ctx, s, nodes, dir, profiled)
		},
	}
	f := cmd.Flags()
	f.StringSliceVar(&s.Rows, "only", nil, "measure only these `ROWS`, separated by commas")
	f.IntSliceVar(&s.Callers, "callers", s.Callers, "how many call at once, one measurement for each")
	f.DurationVar(&s.Duration, "duration", s.Duration, "how long each measurement takes")
	f.IntVar(&s.Rounds, "rounds", s.Rounds, "how often all rows are measured")
	f.IntVar(&s.Workers, "workers", s.Workers, "how many workers carry out activities")
	f.IntVar(&s.Kills, "kills", s.Kills, "how many leaders the row failover kills in a round")
	f.StringVar((*string)(&s.Face), "face", "", "call only the `FACE` http, or hot for all that it has (default: as programs do, hot where nodes have it)")
	f.IntVar(&nodes, "nodes", 0, "start a cluster of 1 or 3 nodes for it")
	f.StringVar(&dir, "dir", "", "with --nodes: keep their data in a new folder in `FOLDER` while it lasts (default: the folder for temporary files)")
	f.BoolVar(&profiled, "profile", false, "with --nodes: say where the CPU of nodes went, from a profile of each row")
	_ = cmd.RegisterFlagCompletionFunc("only", words(bench.Names()...))
	_ = cmd.RegisterFlagCompletionFunc("face", words(string(client.FaceHTTP), string(client.FaceHot)))
	cmd.AddCommand(benchFailoverCmd(a), benchReportCmd(a), benchScaleCmd(a))
	return cmd
}

// rowList says what --only takes.
func rowList() string {
	var b strings.Builder
	b.WriteString("Rows:")
	for _, r := range bench.Describe() {
		fmt.Fprintf(&b, "\n  %-17s %s", r.Row, r.Does)
	}
	return b.String()
}

// benchMistake checks the command line.
func benchMistake(cmd *cobra.Command, s bench.Settings, nodes int, addressed bool) error {
	own := cmd.Flags().Changed("nodes")
	switch {
	case own && nodes == 0:
		return usage("--nodes 0 is neither 1 nor 3")
	case own && addressed:
		return usage("--nodes starts a cluster, --addr names another: give one or the other")
	case !own && cmd.Flags().Changed("dir"):
		return usage("--dir is for the data of --nodes")
	case !own && cmd.Flags().Changed("profile"):
		return usage("--profile is for clusters of its own: give --nodes, too")
	}
	for i := range s.Rows {
		s.Rows[i] = strings.TrimSpace(s.Rows[i])
	}
	err := s.Check(nodes)
	var m *bench.Mistake
	if errors.As(err, &m) {
		return usage("%s%s", m, nearRow(m, s.Rows))
	}
	return err
}

// nearRow names rows that are similar to one that there is not.
func nearRow(m *bench.Mistake, rows []string) string {
	if m.Flag != "only" {
		return ""
	}
	for _, name := range rows {
		if !slices.Contains(bench.Names(), name) {
			return didYouMean(nearest(name, bench.Names()))
		}
	}
	return ""
}

// untilGone ends a context also when the terminal is closed, or nobody reads what is said
// meanwhile any more: by default those end the process, which then could not tidy up.
func (a *app) untilGone(ctx context.Context) (context.Context, func()) {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGHUP)
	// A socket to a node that was killed breaks with SIGPIPE, too, so the signal does not tell who
	// is gone: a write to a pipe that nobody reads does.
	signal.Ignore(syscall.SIGPIPE)
	said := a.err
	a.err = &untilBroken{said, stop}
	return ctx, func() {
		a.err = said
		signal.Reset(syscall.SIGPIPE)
		stop()
	}
}

// untilBroken calls gone when nobody reads any more.
type untilBroken struct {
	io.Writer
	gone func()
}

// Write implements io.Writer.
func (u *untilBroken) Write(b []byte) (int, error) {
	n, err := u.Writer.Write(b)
	if errors.Is(err, syscall.EPIPE) {
		u.gone()
	}
	return n, err
}

// bench measures, prints the report, and ends with an error if something could not be measured.
func (a *app) bench(ctx context.Context, s bench.Settings, nodes int, dir string, profiled bool) (err error) {
	b := &bench.Bench{Settings: s, Version: binaryVersion(), Progress: func(line string) { fmt.Fprintln(a.err, printable(line)) }}
	b.Connect = func([]string) (*client.Client, error) { return a.connectOver(s.Face, a.patience) }
	if nodes > 0 {
		exe, err := os.Executable()
		if err != nil {
			return fmt.Errorf("find this binary, for the nodes: %w", err)
		}
		b.Progress(fmt.Sprintf("starting %s", count(nodes, "node")))
		b.Own, err = bench.Start(ctx, exe, nodes, dir, profiled)
		if b.Own != nil {
			defer func() { err = errors.Join(err, b.Own.End()) }()
		}
		if err != nil {
			return err
		}
		b.Connect = func(addresses []string) (*client.Client, error) {
			return client.New(client.Config{Addresses: addresses, Actor: actor(a.environ), Patience: a.patience, Face: s.Face})
		}
	} else if b.HTTP, err = a.scraper(); err != nil {
		return err
	}
	report, err := b.Run(ctx)
	for _, left := range report.Left {
		a.after.goesOn = "what it has loaded is not all removed"
		fmt.Fprintf(a.err, "left in the cluster: %s\n", printable(left))
	}
	if err != nil {
		return err
	}
	err = a.answer(report, func(w io.Writer) { printBench(w, report) })
	if err == nil && (len(report.Left) > 0 || slices.ContainsFunc(report.NotMeasured, func(n bench.NotDone) bool { return n.Callers > 0 })) {
		err = &reported{exitRefused}
	}
	return err
}

// scraper makes the client for /metrics, which needs no token.
func (a *app) scraper() (*http.Client, error) {
	roots, err := a.authorities()
	if err != nil {
		return nil, err
	}
	t := http.DefaultTransport.(*http.Transport).Clone()
	if t.TLSClientConfig = nil; roots != nil {
		t.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	}
	return &http.Client{Transport: t, Timeout: 10 * time.Second}, nil
}

func printBench(w io.Writer, r *bench.Report) {
	of := "cluster"
	if r.Cluster.Own {
		of = "cluster of its own on this machine"
	}
	var versions []string
	for _, n := range r.Cluster.Nodes {
		if !slices.Contains(versions, n.Version) {
			versions = append(versions, n.Version)
		}
	}
	fmt.Fprintf(w, "%s, %s, version %s; callers ask %s first\n", of, count(len(r.Cluster.Nodes), "node"), strings.Join(versions, ", "), r.Cluster.Asked)
	fmt.Fprintf(w, "client: %s\n", r.Machine)
	fmt.Fprintf(w, "%s of %s for each number, %s\n\n", count(r.Settings.Rounds, "round"), r.Settings.Duration, count(r.Settings.Workers, "worker"))
	speed, cost := r.Speed(), r.Cost()
	table(w, "nothing was measured", speed.Heading, speed.Rows)
	if len(cost.Rows) > 0 {
		fmt.Fprintln(w)
		table(w, "", cost.Heading, cost.Rows)
	}
	if profile := r.Profile(); len(profile.Rows) > 0 {
		fmt.Fprintln(w, "\nwhere the CPU of nodes went:")
		table(w, "", profile.Heading, profile.Rows)
	}
	if r.AnyClientBound() {
		fmt.Fprintln(w, "\n* callers and workers took more CPU than all nodes together: with them on another machine, or in a cheaper client, a node would do more")
	}
	if typical, most := r.Disturbed(); most > 0 {
		fmt.Fprintf(w, "\nothers took %.0f %% of this machine's CPU in the median row, %.0f %% in the worst\n", 100*typical, 100*most)
	}
	for _, n := range r.NotMeasured {
		fmt.Fprintf(w, "not measured: %s: %s\n", n.Row, printable(n.Why))
	}
}
