package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

func namespaceCmd(a *app) *cobra.Command {
	cmd := a.group(&cobra.Command{Use: "namespace", Short: "Create, list, change and delete namespaces"})
	cmd.AddCommand(namespaceCreateCmd(a), namespaceListCmd(a), namespaceDescribeCmd(a), namespaceSetCmd(a), namespaceDeleteCmd(a))
	return cmd
}

// quotaNames are those of --quota.
const quotaNames = "open_runs, starts_per_second, state_bytes"

// quotas reads --quota NAME=NUMBER.
func quotas(texts []string) (c wire.NamespaceChange, err error) {
	for _, text := range texts {
		name, number, ok := strings.Cut(text, "=")
		n, bad := strconv.ParseUint(number, 10, 64)
		if !ok || bad != nil {
			return c, usage("--quota %q is not NAME=NUMBER, such as open_runs=1000; 0 is no bound", text)
		}
		switch name {
		case "open_runs":
			c.OpenRuns = &n
		case "starts_per_second":
			c.StartsPerSecond = &n
		case "state_bytes":
			c.StateBytes = &n
		default:
			return c, usage("--quota %q: there are %s", text, quotaNames)
		}
	}
	return c, nil
}

// quotasFlag adds --quota and --retention.
func quotasFlag(cmd *cobra.Command, texts *[]string, retention *string) {
	cmd.Flags().StringArrayVar(texts, "quota", nil, "bound, as `NAME=NUMBER`: "+quotaNames+"; 0 is none; may repeat")
	cmd.Flags().StringVar(retention, "retention", "", "keep closed runs of types without a rule of their own for `AGE` (720h, 30d, forever)")
}

// keptFor reads --retention.
func keptFor(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	if text == "forever" {
		return "0s", nil
	}
	age, err := days(text)
	if err != nil || age < 0 {
		return "", usage("--retention %q is neither a duration such as 720h or 30d nor forever", text)
	}
	return age.String(), nil
}

func quotasOf(q wire.NamespaceQuotas) string {
	var all []string
	for _, one := range []struct {
		name  string
		bound uint64
	}{{"open_runs", q.OpenRuns}, {"starts_per_second", q.StartsPerSecond}, {"state_bytes", q.StateBytes}} {
		if one.bound > 0 {
			all = append(all, fmt.Sprintf("%s=%d", one.name, one.bound))
		}
	}
	return strings.Join(all, " ")
}

func namespaceCreateCmd(a *app) *cobra.Command {
	var spec wire.NamespaceSpec
	var texts []string
	cmd := &cobra.Command{
		Use:     "create NAME",
		Short:   "Create a namespace: 1 to 63 of a-z 0-9 -",
		Example: `  aion-node namespace create acme --quota open_runs=10000 --quota starts_per_second=200 --retention 30d`,
		Args:    arguments("NAME"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			spec.Name = args[0]
			q, err := quotas(texts)
			if err != nil {
				return err
			}
			spec.Quotas = new(wire.NamespaceQuotas)
			for _, one := range []struct{ to, from *uint64 }{{&spec.Quotas.OpenRuns, q.OpenRuns}, {&spec.Quotas.StartsPerSecond, q.StartsPerSecond}, {&spec.Quotas.StateBytes, q.StateBytes}} {
				if one.from != nil {
					*one.to = *one.from
				}
			}
			if spec.Retention, err = keptFor(spec.Retention); err != nil {
				return err
			}
			return exchange(a, cmd, func(ctx context.Context, c *client.Client) (*wire.NamespaceAnswer, error) {
				return c.CreateNamespace(ctx, spec, a.mutationOptions()...)
			}, func(w io.Writer, n *wire.NamespaceAnswer) {
				fmt.Fprintf(w, "created namespace %s (index %d)%s\n", n.Name, n.Index, repeatNote(n.Deduplicated))
			})
		},
	}
	cmd.Flags().StringVar(&spec.Description, "description", "", "`TEXT` for people")
	quotasFlag(cmd, &texts, &spec.Retention)
	return cmd
}

func namespaceListCmd(a *app) *cobra.Command {
	var page wire.Page
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the namespaces that the token reaches",
		Args:  arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return exchange(a, cmd, func(ctx context.Context, c *client.Client) (*wire.Namespaces, error) {
				return c.Namespaces(ctx, page, a.readOptions()...)
			}, func(w io.Writer, l *wire.Namespaces) {
				var rows [][]string
				for _, n := range l.Namespaces {
					created := ""
					if n.CreatedAt != nil {
						created = n.CreatedAt.UTC().Format(time.RFC3339)
					}
					rows = append(rows, []string{n.Name, quotasOf(n.Quotas), created, n.Description})
				}
				table(w, "no namespace is within reach of the token", []string{"NAME", "QUOTAS", "CREATED", "DESCRIPTION"}, rows)
				more(w, l.NextCursor)
			})
		},
	}
	addPageFlags(cmd, &page)
	return cmd
}

func namespaceDescribeCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "describe NAME",
		Short: "Show a namespace, its quotas and what it has",
		Args:  arguments("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return exchange(a, cmd, func(ctx context.Context, c *client.Client) (*wire.NamespaceShown, error) {
				return c.Namespace(ctx, args[0], a.readOptions()...)
			}, func(w io.Writer, n *wire.NamespaceShown) {
				fmt.Fprintf(w, "namespace    %s\n", n.Name)
				if n.Description != "" {
					fmt.Fprintf(w, "description  %s\n", n.Description)
				}
				if n.CreatedAt != nil {
					fmt.Fprintf(w, "created      %s by %s (index %d)\n", n.CreatedAt.UTC().Format(time.RFC3339), n.CreatedBy, n.CreatedIndex)
				}
				if n.Use == nil {
					fmt.Fprintln(w, "             it is always there, and has no quotas")
					return
				}
				fmt.Fprintf(w, "open runs    %s\n", ofQuota(n.Use.OpenRuns, n.Quotas.OpenRuns))
				fmt.Fprintf(w, "state bytes  %s\n", ofQuota(n.Use.StateBytes, n.Quotas.StateBytes))
				fmt.Fprintf(w, "runs kept    %d\n", n.Use.Runs)
				if n.Quotas.StartsPerSecond > 0 {
					fmt.Fprintf(w, "starts       at most %d a second\n", n.Quotas.StartsPerSecond)
				}
			})
		},
	}
}

func ofQuota(has, bound uint64) string {
	if bound == 0 {
		return fmt.Sprint(has)
	}
	return fmt.Sprintf("%d of %d", has, bound)
}

func namespaceSetCmd(a *app) *cobra.Command {
	var texts []string
	var description, retention string
	cmd := &cobra.Command{
		Use:   "set NAME",
		Short: "Change the description, quotas or retention of a namespace; what is not named stays",
		Args:  arguments("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			to, err := quotas(texts)
			if err != nil {
				return err
			}
			if cmd.Flags().Changed("description") {
				to.Description = &description
			}
			if to.Retention, err = keptFor(retention); err != nil {
				return err
			}
			if len(texts) == 0 && to.Description == nil && to.Retention == "" {
				return usage("set: name what to change: --quota, --description or --retention")
			}
			return exchange(a, cmd, func(ctx context.Context, c *client.Client) (*wire.NamespaceAnswer, error) {
				return c.SetNamespace(ctx, args[0], to, a.mutationOptions()...)
			}, func(w io.Writer, n *wire.NamespaceAnswer) {
				fmt.Fprintf(w, "namespace %s: %s (index %d)%s\n", n.Name, quotasOrNone(quotasOf(n.Quotas)), n.Index, repeatNote(n.Deduplicated))
			})
		},
	}
	cmd.Flags().StringVar(&description, "description", "", "`TEXT` for people; empty takes it away")
	quotasFlag(cmd, &texts, &retention)
	return cmd
}

func quotasOrNone(quotas string) string {
	if quotas == "" {
		return "no quotas"
	}
	return quotas
}

func namespaceDeleteCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "delete NAME",
		Short: "Delete a namespace that holds no runs, versions, schedules and queues",
		Args:  arguments("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return exchange(a, cmd, func(ctx context.Context, c *client.Client) (*wire.NamespaceAnswer, error) {
				return c.DeleteNamespace(ctx, args[0], a.mutationOptions()...)
			}, func(w io.Writer, n *wire.NamespaceAnswer) {
				fmt.Fprintf(w, "deleted namespace %s (index %d)%s\n", n.Name, n.Index, repeatNote(n.Deduplicated))
			})
		},
	}
}
