package main

import (
	"fmt"
	"os"

	"aion.dev/aion/cmd/aion-node/bench"
	"github.com/spf13/cobra"
)

func benchReportCmd(a *app) *cobra.Command {
	into := ""
	cmd := &cobra.Command{
		Use:   "report FILE...",
		Short: "Write measurements as Markdown",
		Long: `Write what bench --json, bench failover --json, or bench scale --json has printed into FILE as a page in Markdown, one section for each file, with build and machine. With --into it replaces the part of a page that it has written before, as
docs/PERFORMANCE.md and docs/SCALE.md have one.`,
		Args: arguments("FILE..."),
		RunE: func(_ *cobra.Command, files []string) error {
			part, err := bench.Markdown(files)
			if err != nil {
				return err
			}
			if into == "" {
				if a.json {
					return a.document(map[string]string{"markdown": part})
				}
				_, err := fmt.Fprint(a.out, part)
				return err
			}
			page, err := os.ReadFile(into)
			if err != nil {
				return err
			}
			text, err := bench.WriteInto(string(page), part)
			if err != nil {
				return fmt.Errorf("%s: %w", into, err)
			}
			if err := os.WriteFile(into, []byte(text), 0o666); err != nil {
				return err
			}
			if a.json {
				return a.document(map[string]string{"page": into})
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&into, "into", "", "put it into `PAGE`, between its two lines for it")
	return cmd
}
