package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"aion.dev/aion/jepsen/gate"
	"github.com/spf13/cobra"
)

// gateCmd proves that the suite finds planted bugs.
func gateCmd() *cobra.Command {
	g := gate.Gate{}
	var only []string
	var controls, again bool
	cmd := &cobra.Command{
		Use: "gate", Args: cobra.NoArgs,
		Short: "Prove that the suite finds planted bugs: run builds that have one, until it is caught or its time is spent",
		RunE: func(cmd *cobra.Command, _ []string) error {
			bugs := gate.Bugs()
			for _, name := range only {
				if !slices.ContainsFunc(bugs, func(b gate.Bug) bool { return b.Name == name }) {
					return fmt.Errorf("no bug is called %q", name)
				}
			}
			if len(only) > 0 {
				bugs = slices.DeleteFunc(bugs, func(b gate.Bug) bool { return !slices.Contains(only, b.Name) })
			}
			if err := os.MkdirAll(g.Dir, 0o755); err != nil {
				return err
			}
			if g.Binary == "" || g.Simulator == "" {
				node, simulator, err := gate.Build(cmd.Context(), g.Dir)
				if err != nil {
					return err
				}
				g.Binary, g.Simulator = node, simulator
			}
			if err := settle(&g.Options); err != nil {
				return err
			}
			file := filepath.Join(g.Dir, "gate.json")
			v, err := gate.Read(file)
			if err != nil {
				return err
			}
			v.Commit = g.Commit
			g.Tell = func(s string) { fmt.Fprintln(cmd.OutOrStdout(), s) }
			keep := func(r gate.Row) error {
				v.Put(r)
				if err := v.Save(file); err != nil {
					return err
				}
				md, err := os.Create(filepath.Join(g.Dir, "gate.md"))
				if err != nil {
					return err
				}
				defer md.Close()
				return v.Markdown(md)
			}
			for _, b := range bugs {
				if !again && slices.ContainsFunc(v.Bugs, func(r gate.Row) bool { return r.Bug == b.Name && r.Caught }) {
					continue
				}
				r := g.Hunt(cmd.Context(), b)
				if err := cmd.Context().Err(); err != nil {
					return err
				}
				if err := keep(r); err != nil {
					return err
				}
			}
			for _, t := range gate.Combinations(bugs) {
				if !controls {
					break
				}
				r := g.Control(cmd.Context(), t)
				if err := cmd.Context().Err(); err != nil {
					return err
				}
				if err := keep(r); err != nil {
					return err
				}
			}
			if err := v.Markdown(cmd.OutOrStdout()); err != nil {
				return err
			}
			if !v.Passed() {
				return fmt.Errorf("the gate did not pass; see %s", file)
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.DurationVar(&g.Budget, "budget", 3*time.Minute, "for each bug")
	f.StringSliceVar(&only, "bug", nil, "only these")
	f.BoolVar(&controls, "controls", true, "run the combinations without a bug, too")
	f.BoolVar(&again, "again", false, "look again also for bugs that the gate.json in --out says were caught")
	f.Uint64Var(&g.Seed, "seed", 1, "of the first run of each bug")
	f.StringVar(&g.Binary, "binary", "", "the node built with -tags aionbugs,aionfaults; empty = build it and the simulator")
	f.StringVar(&g.Simulator, "simulator", "", "the jepsen command built with the same tags")
	f.BoolVar(&g.Tagged, "tagged", true, "the node was built with -tags aionfaults")
	f.StringVar(&g.Dir, "out", "jepsen-out/gate", "folder for gate.json, gate.md and the runs")
	f.BoolVar(&g.Keep, "keep", false, "keep data and logs of runs that pass, too")
	return cmd
}
