package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"time"

	"aion.dev/aion/jepsen/sim"
	"github.com/spf13/cobra"
)

// simCmd runs the state machine under seeded histories, without processes.
func simCmd() *cobra.Command {
	c := sim.Campaign{}
	var out, profile string
	cmd := &cobra.Command{
		Use: "sim", Args: cobra.NoArgs,
		Short: "Simulate the state machine over an abstract log, as many steps a second as the machine gives",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if c.Steps < 0 || c.Workers < 1 || c.Most < 1 {
				return fmt.Errorf("steps %d must not be negative, workers %d and failures %d at least 1", c.Steps, c.Workers, c.Most)
			}
			debug.SetGCPercent(1000) // worlds are small and short-lived
			debug.SetMemoryLimit(2 << 30)
			c.Progress = os.Stderr
			if profile != "" {
				f, err := os.Create(profile)
				if err != nil {
					return fmt.Errorf("write the profile: %w", err)
				}
				defer f.Close()
				if err := pprof.StartCPUProfile(f); err != nil {
					return fmt.Errorf("write the profile: %w", err)
				}
				defer pprof.StopCPUProfile()
			}
			found, err := c.Run(cmd.Context())
			if err != nil {
				return err
			}
			var b bytes.Buffer
			found.Markdown(&b)
			os.Stdout.Write(b.Bytes())
			if out != "" {
				if err := os.WriteFile(out, b.Bytes(), 0o644); err != nil {
					return fmt.Errorf("write the report: %w", err)
				}
			}
			if n := len(found.Failures); n > 0 {
				return fmt.Errorf("%d worlds failed; the first is kept in %s", n, found.Failures[0].File)
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.Uint64Var(&c.Seed, "seed", 1, "seed of the first world; the next ones count on from it")
	f.IntVar(&c.Steps, "steps", 0, "steps of one world; 0 = 1,000 mostly, 5,000 now and then")
	f.DurationVar(&c.For, "for", 0, "how long to go on; 0 = one world for each worker")
	f.IntVar(&c.Workers, "workers", runtime.NumCPU(), "worlds at a time, each on one goroutine")
	f.DurationVar(&c.Shrink, "shrink", 2*time.Minute, "time to spend on making a failure smaller")
	f.IntVar(&c.Most, "failures", 3, "failed worlds after which to stop")
	f.StringVar(&profile, "cpuprofile", "", "write a profile of the processor's time to this file")
	f.StringVar(&c.Out, "keep", "jepsen/regress", "folder for schedules that fail")
	f.StringVar(&out, "out", "", "write the figures, as Markdown, to this file: for jepsen report --sim")
	return cmd
}
