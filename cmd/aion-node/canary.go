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

func canaryCmd(a *app) *cobra.Command {
	cmd := a.group(&cobra.Command{Use: "canary", Short: "Show, change and end canaries: versions that get a share of new starts"})
	cmd.AddCommand(canaryStatusCmd(a), canarySetCmd(a), canaryEndCmd(a, true), canaryEndCmd(a, false))
	return cmd
}

func canaryStatusCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "status [TYPE]",
		Short: "Show the canary of TYPE, or list all",
		Args:  arguments("[TYPE]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return exchange(a, cmd, func(ctx context.Context, c *client.Client) (*wire.CanaryRead, error) {
					return c.Canary(ctx, args[0], a.readOptions()...)
				}, func(w io.Writer, r *wire.CanaryRead) { printCanary(w, &r.Canary) })
			}
			return exchange(a, cmd, func(ctx context.Context, c *client.Client) (*wire.Canaries, error) {
				return c.Canaries(ctx, a.readOptions()...)
			}, func(w io.Writer, r *wire.Canaries) {
				var rows [][]string
				for _, c := range r.Canaries {
					rows = append(rows, []string{c.WorkflowType, short(c.Version), c.Share, runsOf(c.Counts.Canary), short(c.Routed), runsOf(c.Counts.Routed)})
				}
				table(w, "no canaries; aion-node deploy FILE --canary 10% begins one", []string{"TYPE", "CANARY", "SHARE", "STARTED/COMPLETED/FAILED", "ROUTED", "STARTED/COMPLETED/FAILED"}, rows)
			})
		},
	}
}

func runsOf(n wire.CanaryRuns) string {
	return fmt.Sprintf("%d/%d/%d", n.Started, n.Completed, n.Failed)
}

func printCanary(w io.Writer, c *wire.Canary) {
	drawn := "workflow id"
	if c.Key != "" {
		drawn = "attribute " + c.Key
	}
	until := ""
	if c.Until != nil {
		until = moment(*c.Until)
	}
	threshold := func(n uint64, what string) string {
		if n == 0 {
			return ""
		}
		return strconv.FormatUint(n, 10) + what
	}
	card(w,
		[2]string{"type", c.WorkflowType}, [2]string{"canary", c.Version}, [2]string{"routed", c.Routed}, [2]string{"share", c.Share + " of new starts, by " + drawn},
		[2]string{"began", moment(c.BeganAt) + fmt.Sprintf(", index %d", c.BeganIndex)}, [2]string{"by", c.Actor},
		[2]string{"aborted after", threshold(c.AbortFailures, " failed")}, [2]string{"promoted after", threshold(c.PromoteAfter, " completed")}, [2]string{"promoted at", until},
		[2]string{"ended", c.Ended},
	)
	fmt.Fprintln(w)
	var rows [][]string
	for _, of := range []struct {
		name string
		n    wire.CanaryRuns
	}{{"canary", c.Counts.Canary}, {"routed", c.Counts.Routed}} {
		rows = append(rows, []string{of.name, strconv.FormatUint(of.n.Started, 10), strconv.FormatUint(of.n.Completed, 10), strconv.FormatUint(of.n.Failed, 10)})
	}
	table(w, "", []string{"RUNS OF", "STARTED", "COMPLETED", "FAILED"}, rows)
}

// canaryFlags are those by which a canary is begun or changed.
type canaryFlags struct {
	request wire.CanaryRequest
	lasts   string
}

func (f *canaryFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.Uint64Var(&f.request.AbortFailures, "abort-failures", 0, "abort it after `N` failed runs of it; 0 = never")
	flags.Uint64Var(&f.request.PromoteAfter, "promote-after", 0, "promote it after `N` completed runs of it; 0 = never")
	flags.StringVar(&f.lasts, "for", "", "promote it after `DURATION` from now")
	flags.StringVar(&f.request.Key, "key", "", "draw for the value of `ATTRIBUTE` instead of the workflow id")
}

func (f *canaryFlags) read() error {
	if f.lasts == "" {
		return nil
	}
	d, err := days(f.lasts)
	if err != nil || d <= 0 {
		return usage("--for %q is no duration such as 2h or 1d", f.lasts)
	}
	f.request.For = d.String()
	return nil
}

func canarySetCmd(a *app) *cobra.Command {
	var f canaryFlags
	cmd := &cobra.Command{
		Use:   "set TYPE",
		Short: "Change the canary of TYPE, or begin one with --version",
		Long: `Change the canary of TYPE, or begin one with --version, which is loaded already. What is not given stays as it is; --for counts from now, and a canary
whose time is not given again has none.`,
		Args: arguments("TYPE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.read(); err != nil {
				return err
			}
			return exchange(a, cmd, func(ctx context.Context, c *client.Client) (*wire.CanaryAnswer, error) {
				r := f.request
				if r.Version == "" { // what is not given stays
					now, err := c.Canary(ctx, args[0])
					if err != nil {
						return nil, err
					}
					flags := cmd.Flags()
					if !flags.Changed("share") {
						r.Share = now.Share
					}
					if !flags.Changed("abort-failures") {
						r.AbortFailures = now.AbortFailures
					}
					if !flags.Changed("promote-after") {
						r.PromoteAfter = now.PromoteAfter
					}
					r.Version = now.Version
				} else if r.Share == "" {
					return nil, usage("set: --share is missing, such as 10%%")
				}
				return c.SetCanary(ctx, args[0], r, a.mutationOptions()...)
			}, func(w io.Writer, r *wire.CanaryAnswer) {
				fmt.Fprintf(w, "%s of new starts of %s go to version %s (index %d)%s\n", r.Share, r.WorkflowType, short(r.Version), r.Index, repeatNote(r.Deduplicated))
			})
		},
	}
	cmd.Flags().StringVar(&f.request.Version, "version", "", "begin one with `VERSION`")
	cmd.Flags().StringVar(&f.request.Share, "share", "", "`SHARE` of new starts, such as 10% or 0.25%")
	cmd.Flags().StringVar(&f.request.Message, "message", "", "`TEXT` for the deploy history")
	f.add(cmd)
	return cmd
}

func canaryEndCmd(a *app, promote bool) *cobra.Command {
	var message string
	cmd := &cobra.Command{Use: "abort TYPE", Short: "End the canary of TYPE: all new starts go to the routed version", Args: arguments("TYPE")}
	if promote {
		cmd.Use, cmd.Short = "promote TYPE", "End the canary of TYPE: all new starts go to it"
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return exchange(a, cmd, func(ctx context.Context, c *client.Client) (*wire.CanaryAnswer, error) {
			if promote {
				return c.PromoteCanary(ctx, args[0], message, a.mutationOptions()...)
			}
			return c.AbortCanary(ctx, args[0], message, a.mutationOptions()...)
		}, func(w io.Writer, r *wire.CanaryAnswer) {
			fmt.Fprintf(w, "%s the canary of %s: new starts go to version %s (index %d)%s\n", r.Ended, r.WorkflowType, short(r.Routed), r.Index, repeatNote(r.Deduplicated))
			fmt.Fprintf(w, "canary %s, routed %s (started/completed/failed)\n", runsOf(r.Counts.Canary), runsOf(r.Counts.Routed))
		})
	}
	cmd.Flags().StringVar(&message, "message", "", "`TEXT` for the deploy history")
	return cmd
}
