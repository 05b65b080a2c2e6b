package main

import (
	"fmt"
	"path/filepath"

	"aion.dev/aion/jepsen/load/all"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/jepsen/suite"
	"github.com/spf13/cobra"
)

func checkCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "check DIR...",
		Short: "Judge the saved histories of runs again",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, dirs []string) error {
			failed := 0
			for _, dir := range dirs {
				r, err := suite.Load(dir)
				if err != nil {
					return err
				}
				w, err := all.New(r.Workload)
				if err != nil {
					return err
				}
				ops, err := op.Read(filepath.Join(dir, "history.jsonl"))
				if err != nil {
					return err
				}
				r.Violations = w.Check(ops)
				fmt.Fprintln(cmd.OutOrStdout(), describeResult(r))
				if !r.Passed() {
					failed++
				}
			}
			if failed > 0 {
				return fmt.Errorf("%d of %d histories break a promise", failed, len(dirs))
			}
			return nil
		},
	}
}
