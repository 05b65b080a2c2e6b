package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/suite"
	"github.com/spf13/cobra"
)

func campaignCmd() *cobra.Command {
	c := suite.Campaign{}
	cmd := &cobra.Command{
		Use:   "campaign",
		Short: "Make many runs that fill the matrix of workloads and faults evenly; go on with a campaign that was broken off",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := settle(&c.Options); err != nil {
				return err
			}
			began := time.Now()
			c.Tell = func(done, of int, r *suite.Result) {
				fmt.Fprintf(cmd.OutOrStdout(), "%4d/%d %6.0fs  %s\n", done, of, time.Since(began).Seconds(), tell(r))
			}
			results, err := c.Run(cmd.Context())
			failed := 0
			for _, r := range results {
				if !r.Passed() {
					failed++
				}
			}
			if err == nil && failed > 0 {
				err = fmt.Errorf("%d of %d runs did not pass; see %s", failed, len(results), c.Dir)
			}
			return err
		},
	}
	f := cmd.Flags()
	f.IntVar(&c.Runs, "runs", 300, "runs")
	f.Uint64Var(&c.Seed, "seed", 1, "of the first run; the others count up from it")
	f.StringSliceVar(&c.Workloads, "workload", load.Names(), "workloads")
	f.StringSliceVar(&c.Families, "faults", append([]string{"none"}, suite.EverySet()...), "sets of faults")
	f.IntVar(&c.Parallel, "parallel", 1, "runs at a time")
	f.DurationVar(&c.Least, "least", 8*time.Second, "shortest part under faults")
	f.DurationVar(&c.Most, "most", 20*time.Second, "longest part under faults")
	f.IntVar(&c.Concurrency, "concurrency", 8, "callers of a run")
	f.Float64Var(&c.Rate, "rate", 30, "calls a second of one caller; 0 = as many as it can")
	f.StringSliceVar(&c.Flags, "node-flag", nil, "flags for every node")
	f.BoolVar(&c.Tagged, "tagged", false, "the binary was built with -tags aionfaults; name the families clock and disk in --faults, too")
	optionFlags(f, &c.Options)
	return cmd
}

// settle makes paths absolute and finds out which commit the binary is likely of.
func settle(o *suite.Options) (err error) {
	if o.Dir, err = filepath.Abs(o.Dir); err != nil {
		return err
	}
	if o.Binary, err = filepath.Abs(o.Binary); err != nil {
		return err
	}
	if out, err := exec.Command(o.Binary, "version").Output(); err == nil {
		o.Commit = strings.TrimSpace(strings.SplitN(string(out), "\n", 2)[0])
	}
	return nil
}
