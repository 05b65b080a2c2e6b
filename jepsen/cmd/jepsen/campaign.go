package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"aion.dev/aion/jepsen/load/all"
	"aion.dev/aion/jepsen/report"
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
			if err := resolvePaths(&c.Options); err != nil {
				return err
			}
			if len(c.Families) == 0 {
				c.Families = suite.EverySet(c.Faulty != "", c.Netns)
				if c.Other != "" {
					c.Families = append(c.Families, "upgrade")
				}
			}
			out := cmd.OutOrStdout()
			if err := namespaces(cmd, c.Netns); err != nil {
				return err
			}
			fmt.Fprintf(out, "%d runs of %s; workloads %s; faults %s; %d at a time\n", c.Runs, c.Commit, strings.Join(c.Workloads, " "), strings.Join(c.Families, " "), c.Parallel)
			progress := &progress{began: time.Now()}
			c.Tell = func(done, of int, r *suite.Result, fresh bool) { fmt.Fprintln(out, progress.line(done, of, r, fresh)) }
			skipped := skipped{out: out}
			c.Skip = skipped.add
			results, err := c.Run(cmd.Context())
			failed := 0
			for _, r := range results {
				if !r.Passed() {
					failed++
				}
			}
			fmt.Fprintln(out, sum(results))
			skipped.again()
			if err == nil && failed > 0 {
				err = fmt.Errorf("%d of %d runs did not pass; see %s", failed, len(results), c.Dir)
			}
			return err
		},
	}
	f := cmd.Flags()
	f.IntVar(&c.Runs, "runs", 400, "runs: the matrix of workloads and sets has about 360 cells")
	f.Uint64Var(&c.Seed, "seed", 1, "of the first run; the others count up from it")
	f.StringSliceVar(&c.Workloads, "workload", all.Names(), "workloads")
	f.StringSliceVar(&c.Families, "faults", nil, "sets of faults; empty = none, every family that the binaries can meet, and pairs")
	f.IntVar(&c.Parallel, "parallel", 1, "runs at a time")
	f.DurationVar(&c.Least, "least", 12*time.Second, "shortest part under faults")
	f.DurationVar(&c.Most, "most", 22*time.Second, "longest part under faults, but for every twelfth run, which has 50 s")
	f.IntVar(&c.Concurrency, "concurrency", 24, "callers of a run: under faults most of them wait")
	f.Float64Var(&c.Rate, "rate", 40, "calls a second of one caller, of a workload that is not thinned out; 0 = as many as it can")
	f.StringSliceVar(&c.Flags, "node-flag", nil, "flags for every node")
	f.BoolVar(&c.Netns, "netns", false, "runs of the family netns, and every third of pairs, have nodes in network namespaces: with root and iproute2")
	optionFlags(f, &c.Options)
	return cmd
}

// progress describes how far a campaign is.
type progress struct {
	began  time.Time
	fresh  int // runs made now, as opposed to found on disk
	failed int
}

func (p *progress) line(done, of int, r *suite.Result, fresh bool) string {
	if !r.Passed() {
		p.failed++
	}
	took, left := time.Since(p.began), "?"
	if fresh {
		p.fresh++
	}
	if p.fresh > 0 {
		left = (took / time.Duration(p.fresh) * time.Duration(of-done)).Round(time.Second).String()
	}
	return fmt.Sprintf("%4d/%d, %d failed, %s, %s left  %s", done, of, p.failed, took.Round(time.Second), left, describeResult(r))
}

// skipped tells which workloads a campaign does not run: when it begins, and again at its end,
// where it is read.
type skipped struct {
	out   io.Writer
	lines []string
}

func (s *skipped) add(workload string, why error) {
	s.lines = append(s.lines, fmt.Sprintf("SKIPPED: no run of the workload %s is made: %v", workload, why))
	fmt.Fprintln(s.out, s.lines[len(s.lines)-1])
}

func (s *skipped) again() {
	for _, line := range s.lines {
		fmt.Fprintln(s.out, line)
	}
}

// sum summarizes the results of all runs.
func sum(results []*suite.Result) string {
	s := report.Summarise(results)
	return fmt.Sprintf("%d runs: %d passed, %d failed, %d could not be made; %d operations (%d under faults): %d ok, %d refused, %d failed, %d unknown; %d faults",
		s.Runs, s.Passed, s.Failed, s.NotMade, s.Ops, s.Load, s.Outcomes["ok"], s.Outcomes["refused"], s.Outcomes["failed"], s.Outcomes["unknown"], s.Faults)
}

// resolvePaths makes paths absolute and finds out the commit of the binary.
func resolvePaths(o *suite.Options) (err error) {
	for _, path := range []*string{&o.Dir, &o.Binary, &o.Faulty, &o.Other} {
		if *path == "" {
			continue
		}
		if *path, err = filepath.Abs(*path); err != nil {
			return err
		}
	}
	if o.Commit, err = commitOf(o.Binary); err != nil {
		return err
	}
	if o.Faulty != "" {
		faulty, err := commitOf(o.Faulty)
		if err != nil {
			return err
		}
		if known := !strings.HasPrefix(faulty, unknownCommit); known && faulty != o.Commit {
			return fmt.Errorf("%s is %s, and %s is %s", o.Binary, o.Commit, o.Faulty, faulty)
		}
	}
	return nil
}

// commitOf asks a node for its build. Neither -ldflags, as `make build` uses, nor Go itself may
// have recorded one (GOFLAGS=-buildvcs=false prevents that); then a hash of the binary names it.
func commitOf(binary string) (string, error) {
	out, err := exec.Command(binary, "version", "--json").Output()
	if err != nil {
		return "", fmt.Errorf("ask %s for its version: %w", binary, err)
	}
	var v struct {
		Version string `json:"version"`
	}
	if err := json.Unmarshal(out, &v); err != nil {
		return "", fmt.Errorf("ask %s for its version: %w", binary, err)
	}
	if v.Version != "devel" {
		return v.Version, nil
	}
	b, err := os.ReadFile(binary)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s (sha256 %.6x)", unknownCommit, sha256.Sum256(b)), nil
}

const unknownCommit = "an unknown commit"
