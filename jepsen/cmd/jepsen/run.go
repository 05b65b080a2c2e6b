package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"aion.dev/aion/jepsen/load/all"
	"aion.dev/aion/jepsen/suite"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func runCmd() *cobra.Command {
	var workloads, faults []string
	var seed uint64
	var runs int
	spec := suite.Spec{}
	var o suite.Options
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Make runs: each workload under each set of faults, again and again",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if seed == 0 {
				seed = rand.Uint64() >> 32
			}
			if err := resolvePaths(&o); err != nil {
				return err
			}
			if err := namespaces(cmd, spec.Netns); err != nil {
				return err
			}
			if slices.Equal(workloads, []string{"all"}) {
				workloads = all.Names()
			}
			if runs < 1 {
				return fmt.Errorf("runs is %d; at least 1 is needed", runs)
			}
			for _, w := range workloads { // before any run starts
				s := spec
				s.Workload = w
				if err := s.Check(); err != nil {
					return err
				}
			}
			failed := 0
			for round := range runs {
				for _, w := range workloads {
					for _, f := range faults {
						s := spec
						s.Workload, s.Faults, s.Seed = w, f, seed+uint64(round)
						s.Tagged, s.Mixed, s.Certified = spec.Tagged || suite.NeedsTags(f), suite.NeedsOther(f), suite.NeedsCertificates(f)
						if err := s.Plan(); err != nil {
							return err
						}
						r := suite.Run(cmd.Context(), o, s)
						fmt.Fprintln(cmd.OutOrStdout(), describeResult(r))
						if !r.Passed() {
							failed++
						}
						if err := cmd.Context().Err(); err != nil {
							return err
						}
					}
				}
			}
			if failed > 0 {
				return fmt.Errorf("%d runs did not pass; see %s", failed, o.Dir)
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringSliceVar(&workloads, "workload", []string{"all"}, "workloads, or all: "+strings.Join(all.Names(), ", "))
	f.StringSliceVar(&faults, "faults", []string{"any"}, "sets of faults: a fault, a family, any, pairs or none")
	f.Uint64Var(&seed, "seed", 0, "of the first round; 0 = made up")
	f.IntVar(&runs, "runs", 1, "rounds")
	f.IntVar(&spec.Nodes, "nodes", 3, "3 to 5")
	f.DurationVar(&spec.Length, "length", 20*time.Second, "of the part under faults")
	f.IntVar(&spec.Concurrency, "concurrency", 8, "callers")
	f.Float64Var(&spec.Rate, "rate", 0, "calls a second of one caller; 0 = as many as it can")
	f.StringVar(&spec.Face, "face", "", "of nodes, which callers and workers call: hot, both or http (default: the seed decides)")
	f.StringSliceVar(&spec.Flags, "node-flag", nil, "flags for every node")
	f.BoolVar(&spec.Tagged, "tagged", false, "with faults of clock, disk and snapshots among any and pairs: the binary was built with -tags aionfaults")
	f.BoolVar(&spec.Netns, "netns", false, "every node in a network namespace of its own, without proxies between them: with root and iproute2")
	optionFlags(f, &o)
	return cmd
}

func optionFlags(f *pflag.FlagSet, o *suite.Options) {
	f.StringVar(&o.Binary, "binary", "bin/aion-node", "the node")
	f.StringVar(&o.Faulty, "tagged-binary", "", "the node built with -tags aionfaults, for runs that need it; empty = a campaign does without such runs, and others take --binary for it")
	f.StringVar(&o.Other, "other-binary", "", "a node of another commit, for faults of the family upgrade: nodes are replaced by it, one at a time, and back")
	f.StringVar(&o.Dir, "out", "jepsen-out", "folder for results")
	f.BoolVar(&o.Keep, "keep", false, "keep data and logs of runs that pass, too")
}

// describeResult describes a run in one line, and its findings in further lines.
func describeResult(r *suite.Result) string {
	verdict := "ok  "
	if !r.Passed() {
		verdict = "FAIL"
	}
	line := fmt.Sprintf("%s %-12s %-16s seed %-12d %6d ops (%d ok, %d refused, %d failed, %d unknown), %d faults, longest gap %.1fs, %.0fs", verdict, r.Workload, r.Faults, r.Seed,
		r.Ops, r.Counts["ok"], r.Counts["refused"], r.Counts["failed"], r.Counts["unknown"], r.Struck(), r.Longest.Seconds(), r.Took.Seconds())
	if r.Error != "" {
		line += "\n     could not be made: " + r.Error
	}
	for i, v := range r.Violations {
		if i == 5 {
			line += fmt.Sprintf("\n     and %d more", len(r.Violations)-i)
			break
		}
		line += "\n     " + v.Checker + ": " + v.What
	}
	return line
}
