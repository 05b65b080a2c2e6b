package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"aion.dev/aion/jepsen/gate"
	"github.com/spf13/cobra"
)

// gateCmd proves that the suite finds planted bugs.
func gateCmd() *cobra.Command {
	g := gate.Gate{}
	var only []string
	var controls, again bool
	var parallel, plain int
	cmd := &cobra.Command{
		Use: "gate", Args: cobra.NoArgs,
		Short: "Prove that the suite finds planted bugs: run builds that have one, until it is caught or its time is spent",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if parallel < 1 || g.Budget <= 0 {
				return fmt.Errorf("parallel is %d and budget %s; at least 1 and more than nothing are needed", parallel, g.Budget)
			}
			bugs := gate.Bugs()
			for _, name := range only {
				if !slices.ContainsFunc(bugs, func(b gate.Bug) bool { return b.Name == name }) {
					return fmt.Errorf("no bug is called %q", name)
				}
			}
			if len(only) > 0 {
				bugs = slices.DeleteFunc(bugs, func(b gate.Bug) bool { return !slices.Contains(only, b.Name) })
			}
			if missing := gate.Missing(bugs); len(missing) > 0 {
				return fmt.Errorf("the gate names what nobody has: %v", missing)
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
			if err := resolvePaths(&g.Options); err != nil {
				return err
			}
			file := filepath.Join(g.Dir, "gate.json")
			v, err := gate.Read(file)
			if err != nil {
				return err
			}
			if v.Commit != g.Commit { // the results of another build say nothing about this one
				v = gate.Verdict{Commit: g.Commit}
			}
			g.Tell = func(s string) { fmt.Fprintln(cmd.OutOrStdout(), s) }
			save := func() error {
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
			if plain > 0 {
				if err := runPlain(cmd.Context(), &g, bugs, &v, plain, again, save); err != nil {
					return err
				}
				return v.Markdown(cmd.OutOrStdout())
			}
			keep := func(r gate.Row) error {
				v.Put(r)
				return save()
			}
			hunted := bugs
			if !again {
				hunted = slices.DeleteFunc(slices.Clone(bugs), func(b gate.Bug) bool {
					return slices.ContainsFunc(v.Bugs, func(r gate.Row) bool { return r.Bug == b.Name && r.Found() && (r.Caught || len(b.Tries) == 0) })
				})
			}
			var hunts []func() gate.Row
			for _, b := range hunted {
				hunts = append(hunts, func() gate.Row { return g.Hunt(cmd.Context(), b) })
			}
			if err := abreast(cmd.Context(), parallel, hunts, keep); err != nil {
				return err
			}
			if controls {
				v.Controls = nil
				hunts = []func() gate.Row{func() gate.Row { return g.ControlSimulation(cmd.Context()) }}
				for _, t := range gate.Controls(bugs, v.Bugs) {
					hunts = append(hunts, func() gate.Row { return g.Control(cmd.Context(), t) })
				}
				if err := abreast(cmd.Context(), parallel, hunts, keep); err != nil {
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
	f.BoolVar(&controls, "controls", true, "run the combinations that caught something without a bug, too")
	f.BoolVar(&again, "again", false, "look again also for bugs that the gate.json in --out says were caught")
	f.IntVar(&plain, "plain", 0, "do not hunt, but make so many runs of a campaign that knows of no bug with each bug on, and count those that catch it: about 20 s a run")
	f.IntVar(&parallel, "parallel", 1, "hunts at a time; more than one makes runs slower and what they show less certain")
	f.Uint64Var(&g.Seed, "seed", 1, "of the first run of each bug")
	f.StringVar(&g.Binary, "binary", "", "the node built with the planted bugs and -tags aionfaults; empty = build it and the simulator")
	f.StringVar(&g.Simulator, "simulator", "", "the jepsen command built with the planted bugs")
	f.BoolVar(&g.Tagged, "tagged", true, "the node was built with -tags aionfaults")
	f.StringVar(&g.Dir, "out", "jepsen-out/gate", "folder for gate.json, gate.md and the runs")
	f.BoolVar(&g.Keep, "keep", false, "keep data and logs of runs that pass, too")
	return cmd
}

// runPlain makes the plain campaign's draws for each bug, and continues where it was interrupted.
func runPlain(ctx context.Context, g *gate.Gate, bugs []gate.Bug, v *gate.Verdict, n int, again bool, save func() error) error {
	draws, err := g.Draws(n)
	if err != nil {
		return err
	}
	for _, b := range bugs {
		if !again && slices.ContainsFunc(v.Plain, func(o gate.Odds) bool { return o.Bug == b.Name && o.Draws+o.Errors >= n }) {
			continue
		}
		odds := g.Plain(ctx, b.Name, draws)
		if err := ctx.Err(); err != nil {
			return err
		}
		v.PutOdds(odds)
		if err := save(); err != nil {
			return err
		}
	}
	return nil
}

// abreast runs all hunts, several at a time, and calls keep with each result as soon as it exists,
// one after another. It drops the result of a hunt that ctx interrupted.
func abreast(ctx context.Context, parallel int, hunts []func() gate.Row, keep func(gate.Row) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan func() gate.Row)
	var mu sync.Mutex
	var all sync.WaitGroup
	for range parallel {
		all.Go(func() {
			for hunt := range next {
				r := hunt()
				mu.Lock()
				if ctx.Err() == nil {
					if err := keep(r); err != nil {
						cancel(err)
					}
				}
				mu.Unlock()
			}
		})
	}
	for _, hunt := range hunts {
		if ctx.Err() != nil {
			break
		}
		next <- hunt
	}
	close(next)
	all.Wait()
	return context.Cause(ctx)
}
