package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"aion.dev/aion/jepsen/suite"
	"github.com/spf13/cobra"
)

func shrinkCmd() *cobra.Command {
	var o suite.Options
	var tries int
	cmd := &cobra.Command{
		Use:   "shrink DIR",
		Short: "Look for a smaller schedule of faults under which a failing run still fails",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := resolvePaths(&o); err != nil {
				return err
			}
			r, err := suite.Load(args[0])
			if err != nil {
				return err
			}
			if r.Passed() {
				return fmt.Errorf("the run in %s passed", args[0])
			}
			best, err := suite.Shrink(cmd.Context(), o, r, tries, func(s string) { fmt.Fprintln(cmd.OutOrStdout(), s) })
			if err != nil {
				return err
			}
			b, err := json.MarshalIndent(best, "", " ")
			if err != nil {
				return err
			}
			path := filepath.Join(args[0], "shrunk.json")
			if err := os.WriteFile(path, b, 0o644); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s\n%d of %d faults are left; `jepsen replay %s` makes the run again\n", describeResult(best), len(best.Schedule), len(r.Schedule), path)
			return nil
		},
	}
	cmd.Flags().IntVar(&tries, "tries", 3, "of each smaller schedule")
	optionFlags(cmd.Flags(), &o)
	return cmd
}

func replayCmd() *cobra.Command {
	var o suite.Options
	cmd := &cobra.Command{
		Use:   "replay RESULT.json",
		Short: "Make a run again, with the schedule that it had",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := resolvePaths(&o); err != nil {
				return err
			}
			b, err := os.ReadFile(args[0])
			if err != nil {
				return err
			}
			var s suite.Spec
			if err := json.Unmarshal(b, &s); err != nil {
				return err
			}
			r := suite.Run(cmd.Context(), o, s)
			fmt.Fprintln(cmd.OutOrStdout(), describeResult(r))
			if !r.Passed() {
				return fmt.Errorf("the run did not pass; see %s", r.Dir)
			}
			return nil
		},
	}
	optionFlags(cmd.Flags(), &o)
	return cmd
}
