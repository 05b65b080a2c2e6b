package main

import (
	"context"
	"fmt"
	"io"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

func retentionVersionsCmd(a *app) *cobra.Command {
	var r wire.VersionRetentionRequest
	var age string
	var keep int64
	cmd := &cobra.Command{
		Use:   "versions",
		Short: "Show, set or remove the rule by which drained versions are unloaded",
		Long: `Show the rule, or set it with --keep or --min-age, or remove it with --off. By the rule a version is unloaded that has been drained for AGE and is not among the newest N
loaded versions of any of its types. A version that is routed, a canary, pinned, never routed, or the one that a rollback goes to stays.`,
		Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			set := cmd.Flags().Changed("keep") || cmd.Flags().Changed("min-age")
			switch {
			case set && r.Off:
				return usage("--off removes the rule; --keep and --min-age set one")
			case !set && !r.Off:
				return exchange(a, cmd, func(ctx context.Context, c *client.Client) (*wire.VersionRetentionRead, error) {
					return c.VersionRetention(ctx, a.readOptions()...)
				}, func(w io.Writer, v *wire.VersionRetentionRead) { printVersionRule(w, v.VersionRetention, "") })
			}
			if age != "" {
				d, err := days(age)
				if err != nil || d < 0 {
					return usage("versions: --min-age %q is no duration such as 168h or 7d", age)
				}
				r.MinAge = d.String()
			}
			if keep < 0 {
				return usage("versions: --keep %d is negative", keep)
			}
			if cmd.Flags().Changed("keep") {
				r.Keep = &keep
			}
			return exchange(a, cmd, func(ctx context.Context, c *client.Client) (*wire.VersionRetentionAnswer, error) {
				return c.SetVersionRetention(ctx, r, a.mutationOptions()...)
			}, func(w io.Writer, v *wire.VersionRetentionAnswer) {
				printVersionRule(w, v.VersionRetention, fmt.Sprintf(" (index %d)%s", v.Index, repeatNote(v.Deduplicated)))
			})
		},
	}
	cmd.Flags().Int64Var(&keep, "keep", 0, "the newest `N` loaded versions of each type stay")
	cmd.Flags().StringVar(&age, "min-age", "", "a version stays for `AGE` (168h, 7d) after it was drained")
	cmd.Flags().BoolVar(&r.Off, "off", false, "remove the rule: drained versions stay")
	return cmd
}

func printVersionRule(w io.Writer, r wire.VersionRetention, more string) {
	if !r.Active {
		fmt.Fprintf(w, "no rule: drained versions stay%s\n", more)
		return
	}
	when := "as soon as they are drained"
	if r.MinAge != "0s" {
		when = "once they have been drained " + ageOf(r.MinAge)
	}
	fmt.Fprintf(w, "versions go %s, but for the newest %d of each type%s\n", when, r.Keep, more)
}
