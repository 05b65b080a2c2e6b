package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"aion.dev/aion/jepsen/report"
	"aion.dev/aion/jepsen/suite"
	"github.com/spf13/cobra"
)

func reportCmd() *cobra.Command {
	var markdown string
	var gate, sim, not string
	cmd := &cobra.Command{
		Use:   "report DIR...",
		Short: "Make RESULTS.md of the runs in folders, of one campaign or several",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, dirs []string) error {
			var all []*suite.Result
			for _, dir := range dirs {
				results, err := suite.LoadAll(dir)
				if err != nil {
					return err
				}
				all = append(all, results...)
			}
			if len(all) == 0 {
				return fmt.Errorf("no folder in %v holds a result.json", dirs)
			}
			x := report.Extra{}
			for flag, part := range map[string]struct { // any order: the files are independent
				path string
				to   *string
			}{"gate": {gate, &x.Gate}, "sim": {sim, &x.Sim}, "not-tested": {not, &x.Not}} {
				b, err := os.ReadFile(part.path)
				if part.path == "" || errors.Is(err, fs.ErrNotExist) && !cmd.Flags().Changed(flag) {
					continue
				}
				if err != nil {
					return err
				}
				*part.to = string(b)
			}
			slices.SortStableFunc(all, func(a, b *suite.Result) int { return a.Started.Compare(b.Started) })
			var md bytes.Buffer
			if err := report.Markdown(&md, all, x); err != nil {
				return err
			}
			if err := os.MkdirAll(filepath.Dir(markdown), 0o755); err != nil {
				return err
			}
			return os.WriteFile(markdown, md.Bytes(), 0o644)
		},
	}
	f := cmd.Flags()
	f.StringVar(&markdown, "markdown", "jepsen/RESULTS.md", "Markdown file to write")
	f.StringVar(&gate, "gate", "jepsen-out/gate/gate.md", "Markdown file that `jepsen gate` wrote; left out if it is not there")
	f.StringVar(&sim, "sim", "jepsen-out/sim.md", "Markdown file that `jepsen sim --out` wrote; left out if it is not there")
	f.StringVar(&not, "not-tested", "jepsen/NOT_TESTED.md", "Markdown file that says what was not tested; empty = none")
	return cmd
}
