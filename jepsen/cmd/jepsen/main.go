// Command jepsen tries to break a cluster, and reports what it found.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := &cobra.Command{
		Use: "jepsen", Short: "Run real aion-node processes under faults, and check what clients were told",
		SilenceUsage: true, SilenceErrors: true,
	}
	root.AddCommand(runCmd(), campaignCmd(), reportCmd(), checkCmd(), shrinkCmd(), replayCmd())
	root.AddCommand(simCmd(), gateCmd(), nightlyCmd())
	if err := root.ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "jepsen:", err)
		os.Exit(1)
	}
}
