package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

func retentionCmd(a *app) *cobra.Command {
	cmd := a.group(&cobra.Command{Use: "retention", Short: "Show and set how long closed runs are kept, and which drained versions"})
	cmd.AddCommand(retentionListCmd(a), retentionSetCmd(a), retentionUnsetCmd(a), retentionVersionsCmd(a))
	return cmd
}

// otherTypes stands for the default rule.
const otherTypes = "(all others)"

func retentionListCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the rules by type; without one, closed runs are kept for ever",
		Args:  arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return exchange(a, cmd, func(ctx context.Context, c *client.Client) (*wire.RetentionRules, error) {
				return c.Retention(ctx, a.readOptions()...)
			}, func(w io.Writer, r *wire.RetentionRules) {
				var rows [][]string
				for _, rule := range r.Rules {
					rows = append(rows, []string{typeOr(rule.WorkflowType, otherTypes), ageOf(rule.Age)})
				}
				table(w, "no rules: closed runs are kept for ever", []string{"TYPE", "KEPT"}, rows)
			})
		},
	}
}

func retentionSetCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "set [TYPE] AGE",
		Short: "Keep closed runs for AGE (720h, 30d, forever) after they closed: of TYPE, or of all types without a rule of their own",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return arguments("TYPE", "AGE")(cmd, args)
			}
			return arguments("AGE")(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			typ, text := "", args[len(args)-1]
			if len(args) > 1 {
				typ = args[0]
			}
			if text == "forever" {
				text = "0s"
			}
			age, err := days(text)
			if err != nil || age < 0 {
				return usage("set: AGE %q is neither a duration such as 720h or 30d nor forever", args[len(args)-1])
			}
			return exchange(a, cmd, func(ctx context.Context, c *client.Client) (*wire.RetentionAnswer, error) {
				return c.SetRetention(ctx, typ, age.String(), a.mutationOptions()...)
			}, func(w io.Writer, r *wire.RetentionAnswer) {
				fmt.Fprintf(w, "closed runs of %s are kept %s (index %d)%s\n", typeOr(typ, "types without a rule"), ageOf(r.Age), r.Index, repeatNote(r.Deduplicated))
			})
		},
	}
}

func retentionUnsetCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "unset [TYPE]",
		Short: "Remove the rule of TYPE, or the one of all types without a rule of their own",
		Args:  arguments("[TYPE]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			typ := ""
			if len(args) > 0 {
				typ = args[0]
			}
			return exchange(a, cmd, func(ctx context.Context, c *client.Client) (*wire.RetentionAnswer, error) {
				return c.RemoveRetention(ctx, typ, a.mutationOptions()...)
			}, func(w io.Writer, r *wire.RetentionAnswer) {
				fmt.Fprintf(w, "there is no rule for %s any more (index %d)%s\n", typeOr(typ, "types without one of their own"), r.Index, repeatNote(r.Deduplicated))
			})
		},
	}
}

func typeOr(typ, other string) string {
	if typ == "" {
		return other
	}
	return typ
}

// ageOf formats an age for people, in whole days if possible.
func ageOf(text string) string {
	const day = 24 * time.Hour
	switch d, err := time.ParseDuration(text); {
	case err != nil:
		return text
	case d == 0:
		return "for ever"
	case d%day == 0:
		return fmt.Sprintf("for %s", count(int(d/day), "day"))
	default:
		return "for " + span(d)
	}
}
