package main

import (
	"fmt"

	"aion.dev/aion/jepsen/fault"
	"aion.dev/aion/jepsen/netns"
	"github.com/spf13/cobra"
)

// namespaces refuses what this machine cannot do at all when namespaces are wanted, and says what
// it cannot do of it.
func namespaces(cmd *cobra.Command, wanted bool) error {
	if !wanted {
		return nil
	}
	if err := netns.Check(); err != nil {
		return fmt.Errorf("--netns: %w", err)
	}
	for _, err := range fault.Lacking() {
		fmt.Fprintln(cmd.ErrOrStderr(), "left out:", err)
	}
	return nil
}
