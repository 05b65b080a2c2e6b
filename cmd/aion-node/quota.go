package main

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

func quotaCmd(a *app) *cobra.Command {
	cmd := a.group(&cobra.Command{Use: "quota", Short: "Show and set how many runs may be open, and how deep trees of children may be"})
	cmd.AddCommand(quotaListCmd(a), quotaSetCmd(a), quotaUnsetCmd(a))
	return cmd
}

// wholeNamespace stands for the quota of all types together.
const wholeNamespace = "(all together)"

func bound(n uint64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatUint(n, 10)
}

func quotaListCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the quotas, with how many runs are open",
		Args:  arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return exchange(a, cmd, func(ctx context.Context, c *client.Client) (*wire.RunQuotas, error) {
				return c.RunQuotas(ctx, a.readOptions()...)
			}, func(w io.Writer, r *wire.RunQuotas) {
				var rows [][]string
				for _, q := range r.Quotas {
					rows = append(rows, []string{typeOr(q.WorkflowType, wholeNamespace), strconv.FormatUint(q.Open, 10), bound(q.OpenRuns), bound(q.Depth)})
				}
				table(w, "no quotas: any number of runs may be open", []string{"TYPE", "OPEN", "MAY BE OPEN", "DEPTH"}, rows)
			})
		},
	}
}

func quotaSetCmd(a *app) *cobra.Command {
	var r wire.RunQuotaRequest
	cmd := &cobra.Command{
		Use:   "set [TYPE]",
		Short: "Bound the open runs of TYPE, or of all types together, and how deep below the root of its tree one may be",
		Args:  arguments("[TYPE]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if r.OpenRuns+r.Depth == 0 {
				return usage("set: --open-runs or --depth is needed; aion-node quota unset removes both")
			}
			return a.setQuota(cmd, args, r)
		},
	}
	cmd.Flags().Uint64Var(&r.OpenRuns, "open-runs", 0, "at most `N` runs may be open; 0 = no bound")
	cmd.Flags().Uint64Var(&r.Depth, "depth", 0, "at most `N` levels of children below a run that nobody's code has started; 0 = no bound")
	return cmd
}

func quotaUnsetCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "unset [TYPE]",
		Short: "Remove the quota of TYPE, or that of all types together",
		Args:  arguments("[TYPE]"),
		RunE:  func(cmd *cobra.Command, args []string) error { return a.setQuota(cmd, args, wire.RunQuotaRequest{}) },
	}
}

func (a *app) setQuota(cmd *cobra.Command, args []string, r wire.RunQuotaRequest) error {
	typ := ""
	if len(args) > 0 {
		typ = args[0]
	}
	return exchange(a, cmd, func(ctx context.Context, c *client.Client) (*wire.RunQuotaAnswer, error) {
		return c.SetRunQuota(ctx, typ, r, a.mutationOptions()...)
	}, func(w io.Writer, q *wire.RunQuotaAnswer) {
		says := ""
		if q.OpenRuns > 0 {
			says = fmt.Sprintf(", at most %d open", q.OpenRuns)
		}
		if q.Depth > 0 {
			says += fmt.Sprintf(", at most %d deep", q.Depth)
		}
		if says == "" {
			says = ", no bound"
		}
		fmt.Fprintf(w, "runs of %s: %s (index %d)%s\n", typeOr(typ, "all types together"), says[2:], q.Index, repeatNote(q.Deduplicated))
	})
}
