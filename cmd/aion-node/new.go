package main

import (
	"fmt"
	"io"
	"path/filepath"

	"aion.dev/aion/catalog/project"
	"github.com/spf13/cobra"
)

func newCmd(a *app) *cobra.Command {
	var dir, language string
	cmd := &cobra.Command{
		Use:   "new NAME",
		Short: "Write a project to start from",
		Long:  "Write a project with a workflow called NAME into a new folder NAME: workflow.toml, the code, and a README that shows how to run it.",
		Args:  arguments("NAME"),
		RunE: func(_ *cobra.Command, args []string) error {
			name := args[0]
			if dir == "" {
				dir = name
			}
			if err := project.New(dir, name, language); err != nil {
				return err
			}
			return a.answer(map[string]string{"name": name, "path": dir}, func(w io.Writer) {
				fmt.Fprintf(w, "wrote %s; begin with %s, or at once:\n\n", dir, filepath.Join(dir, "README.md"))
				fmt.Fprintf(w, "  aion-node dev %s        a node of its own that deploys it on every save\n", quoted(dir))
				fmt.Fprintf(w, "  aion-node deploy %s     into the cluster that --addr names\n", quoted(dir))
			})
		},
	}
	cmd.Flags().StringVar(&language, "language", "starlark", "write workflow code in `LANGUAGE`: starlark, go or typescript")
	cmd.Flags().StringVar(&dir, "dir", "", "write into `FOLDER` instead; it must be empty or absent")
	return cmd
}
