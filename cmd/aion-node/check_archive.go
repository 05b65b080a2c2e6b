package main

import (
	"aion.dev/aion/cmd/aion-node/vet"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/languages"
	"aion.dev/aion/engine/runtime/wasm"
	"github.com/spf13/cobra"
)

// checkArchiveCmd is the child process in which a node compiles new packages. People do not call
// it.
func checkArchiveCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:    vet.Command + " LIMITS",
		Short:  "Compile the package on standard input",
		Hidden: true,
		Args:   arguments("LIMITS"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return vet.Child(cmd.Context(), args[0], a.in, a.out, func(l vet.Limits) runtime.Compiler {
				return languages.Compiler{Limits: l.Runtime, Room: &wasm.Lazy{Config: wasm.Config{CacheDir: l.Guests}}}
			})
		},
	}
}
