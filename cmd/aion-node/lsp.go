package main

import (
	"io"

	"aion.dev/aion/cmd/aion-node/lsp"
	"aion.dev/aion/engine/runtime/starlark/surface"
	"github.com/spf13/cobra"
)

func lspCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "lsp",
		Short: "Serve editors: completion, hover, definitions and mistakes of workflow code",
		Long: `Speak the Language Server Protocol on standard input and output: completion, hover, going to a definition, and what check finds, while code is written. An editor
starts it; docs/EDITORS.md has the settings for VS Code, Neovim and Helix. It runs no code, asks no node and writes no files.`,
		Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if a.json {
				return usage("lsp speaks JSON-RPC, and takes no --json")
			}
			if err := lsp.Serve(cmd.Context(), a.in, a.out, binaryVersion()); err != nil {
				if cmd.Context().Err() != nil {
					return cmd.Context().Err()
				}
				return local("interrupted", "The editor went away", "the editor closed the stream without asking to shut down: "+err.Error(), "")
			}
			return nil
		},
	}
}

func stubsCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "stubs",
		Short: "Print Python stubs of ctx, t and what they return",
		Long: `Print what workflow code and its tests can call as a file of Python stubs (.pyi), for editors and checkers that read those:

    aion-node stubs > aion.pyi`,
		Args: arguments(),
		RunE: func(*cobra.Command, []string) error {
			return a.answer(map[string]string{"stubs": surface.Stubs}, func(w io.Writer) { io.WriteString(w, surface.Stubs) })
		},
	}
}
