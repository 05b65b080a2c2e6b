package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"aion.dev/aion/jepsen/load/all"
	"aion.dev/aion/jepsen/report"
	"aion.dev/aion/jepsen/sim"
	"aion.dev/aion/jepsen/suite"
	"github.com/spf13/cobra"
)

// nightlyCmd runs unused seeds for a fixed time, and appends the results to those of the previous
// nights.
func nightlyCmd() *cobra.Command {
	c := suite.Campaign{}
	var length time.Duration
	var share float64
	cmd := &cobra.Command{
		Use: "nightly", Args: cobra.NoArgs,
		Short: "Run a campaign and the simulation with new seeds for a while; keep the results, and add a row to the table of nights",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if length < time.Minute || share < 0 || share > 1 {
				return fmt.Errorf("for is %s and sim %g; at least 1m, and 0 to 1, are needed", length, share)
			}
			began := time.Now().UTC()
			root := c.Dir
			c.Dir = filepath.Join(root, "nights", began.Format("2006-01-02T150405Z"))
			if err := resolvePaths(&c.Options); err != nil {
				return err
			}
			c.Seed = rand.Uint64() >> 24
			c.Runs = 100_000 // more than the time allows
			c.For = time.Duration(float64(length) * (1 - share))
			c.Workloads, c.Families = all.Names(), suite.EverySet(c.Faulty != "", c.Netns)
			out := cmd.OutOrStdout()
			if err := namespaces(cmd, c.Netns); err != nil {
				return err
			}
			fmt.Fprintf(out, "a night of %s with %s: seeds from %d on; results in %s\n", length, c.Commit, c.Seed, c.Dir)
			progress := &progress{began: time.Now()}
			c.Tell = func(done, _ int, r *suite.Result, fresh bool) { fmt.Fprintln(out, progress.line(done, done, r, fresh)) }
			skipped := skipped{out: out}
			c.Skip = skipped.add
			results, err := c.Run(cmd.Context())
			if err != nil {
				return err
			}
			fmt.Fprintln(out, sum(results))
			skipped.again()
			found, err := simulateNight(cmd.Context(), c.Dir, c.Seed, time.Duration(float64(length)*share))
			if err != nil {
				return err
			}
			n := report.NightOf(results, found, c.Commit, began)
			fmt.Fprintln(out, n.Row())
			return errors.Join(n.Append(filepath.Join(root, "NIGHTS.md")), n.Err())
		},
	}
	f := cmd.Flags()
	f.DurationVar(&length, "for", time.Hour, "how long, all in all; runs that were begun are finished")
	f.Float64Var(&share, "sim", 0.25, "share of the time that the simulation has")
	f.IntVar(&c.Parallel, "parallel", 1, "runs at a time")
	f.DurationVar(&c.Least, "least", 12*time.Second, "shortest part under faults")
	f.DurationVar(&c.Most, "most", 22*time.Second, "longest part under faults, but for every twelfth run, which has 50 s")
	f.IntVar(&c.Concurrency, "concurrency", 24, "callers of a run")
	f.Float64Var(&c.Rate, "rate", 40, "calls a second of one caller")
	f.BoolVar(&c.Netns, "netns", false, "the family netns too: with root and iproute2")
	optionFlags(f, &c.Options)
	return cmd
}

// simulateNight runs the simulation, and leaves its figures and failures beside the night's runs.
func simulateNight(ctx context.Context, dir string, seed uint64, length time.Duration) (sim.Found, error) {
	if length <= 0 {
		return sim.Found{}, nil
	}
	keep := filepath.Join(dir, "sim")
	if err := os.MkdirAll(keep, 0o755); err != nil {
		return sim.Found{}, err
	}
	found, err := sim.Campaign{Seed: seed, For: length, Workers: 2, Most: 3, Shrink: 2 * time.Minute, Out: keep}.Run(ctx)
	if err != nil {
		return found, err
	}
	var b bytes.Buffer
	found.Markdown(&b)
	return found, os.WriteFile(filepath.Join(dir, "sim.md"), b.Bytes(), 0o644)
}
