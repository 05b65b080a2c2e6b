package main

import (
	"fmt"

	"aion.dev/aion/jepsen/fault"
	"aion.dev/aion/jepsen/netns"
	"github.com/spf13/cobra"
)

// namespaces returns an error if namespaces are wanted and this machine has none at all, and prints
// which of their faults it cannot make.
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
