package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

func clusterCmd(a *app) *cobra.Command {
	cmd := a.group(&cobra.Command{Use: "cluster", Short: "Look at the cluster's nodes and change them"})
	cmd.AddCommand(clusterStatusCmd(a), clusterMembersCmd(a), clusterTransferCmd(a), clusterClockCmd(a), clusterRemoveCmd(a), clusterPromoteCmd(a), clusterDemoteCmd(a), clusterReplaceCmd(a), clusterJoinTokenCmd(a), clusterJoinTokensCmd(a), clusterDrainCmd(a), clusterUndrainCmd(a))
	return cmd
}

func clusterStatusCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Show the cluster as the addressed node sees it",
		Args:  arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.showCluster(cmd.Context(), func(w io.Writer, c *wire.Cluster) {
				leader := c.Leader
				if leader == "" {
					leader = "none known"
				}
				card(w,
					[2]string{"cluster", c.ClusterID}, [2]string{"node", c.Node}, [2]string{"leader", leader}, [2]string{"term", strconv.FormatUint(c.Term, 10)}, [2]string{"level", strconv.FormatUint(c.Level, 10)},
					[2]string{"log time", exact(c.LogTime)}, [2]string{"committed", strconv.FormatUint(c.CommitIndex, 10)},
					[2]string{"applied", strconv.FormatUint(c.AppliedIndex, 10)}, [2]string{"digest", c.Digest}, [2]string{"deploys", c.DeployChain}, [2]string{"disk", diskOf(c.Disk)})
				fmt.Fprintln(w)
				printMembers(w, c.Members)
				fmt.Fprintln(w)
				printFindings(w, c)
			})
		},
	}
}

// printFindings says in words how the cluster is, and what to do next.
func printFindings(w io.Writer, c *wire.Cluster) {
	if c.Healthy {
		fmt.Fprintln(w, "The cluster is healthy.")
	}
	for _, f := range c.Findings {
		fmt.Fprintf(w, "%s: %s\n", f.Severity, oneLine(f.Text))
		if f.Do != "" {
			fmt.Fprintf(w, "    %s\n", oneLine(f.Do))
		}
	}
}

func clusterMembersCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "members",
		Short: "List the nodes",
		Args:  arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.showCluster(cmd.Context(), func(w io.Writer, c *wire.Cluster) { printMembers(w, c.Members) })
		},
	}
}

func (a *app) showCluster(ctx context.Context, people func(io.Writer, *wire.Cluster)) error {
	c, err := a.connect()
	if err != nil {
		return err
	}
	defer c.Close()
	s, err := c.Cluster(ctx)
	if err != nil {
		return err
	}
	return a.answer(s, func(w io.Writer) { people(w, s) })
}

func printMembers(w io.Writer, members []wire.Member) {
	var rows [][]string
	for _, m := range members {
		role := m.Role
		switch {
		case m.Leader:
			role = "leader"
		case m.Demoted:
			role += ", demoted"
		}
		status := m.Status
		if m.Draining {
			status += ", draining"
		}
		rows = append(rows, []string{m.ID, role, status, m.HTTPAddress, m.RaftAddress, strconv.FormatUint(m.AppliedIndex, 10), strconv.Itoa(m.MissingBlobs), clockOf(m), diskOf(m.Disk), m.Version})
	}
	table(w, "no members", []string{"NODE", "ROLE", "STATUS", "HTTP", "RAFT", "APPLIED", "MISSING BLOBS", "CLOCK", "DISK", "VERSION"}, rows)
}

// diskOf describes the free space of a node in a few words.
func diskOf(d *wire.Disk) string {
	if d == nil {
		return ""
	}
	return fmt.Sprintf("%s, %.1f GiB free", d.Level, float64(d.FreeBytes)/(1<<30))
}

func clusterTransferCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "transfer [NODE]",
		Short: "Transfer leadership to a node, or to the most up-to-date one",
		Args:  arguments("[NODE]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			done := "leadership handed to"
			if len(args) == 0 {
				done = "leadership handed on"
			}
			return a.operateOnNode(cmd.Context(), done, func(ctx context.Context, c *client.Client) (*wire.NodeAnswer, error) {
				return c.Transfer(ctx, firstArg(args), a.mutationOptions()...)
			})
		},
	}
}

func clusterRemoveCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "remove NODE",
		Short: "Remove a node from the cluster for good",
		Args:  arguments("NODE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.operateOnNode(cmd.Context(), "removed", func(ctx context.Context, c *client.Client) (*wire.NodeAnswer, error) {
				return c.Remove(ctx, args[0], a.mutationOptions()...)
			})
		},
	}
}

func clusterDrainCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "drain [NODE]",
		Short: "Make a node refuse new deploys and give up leadership, before it is stopped",
		Long: `Make a node, NODE or the one addressed, refuse new deploys, hand leadership on and stand aside in elections. It goes on serving what other nodes pass on,
says so to load balancers (/health/ready is 503), and leads only while nobody else can. A restart or cluster undrain takes that back.`,
		Args: arguments("[NODE]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.operateOnNode(cmd.Context(), "draining", func(ctx context.Context, c *client.Client) (*wire.NodeAnswer, error) {
				return c.Drain(ctx, firstArg(args), a.mutationOptions()...)
			})
		},
	}
}

func clusterUndrainCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "undrain [NODE]",
		Short: "Reverse a drain",
		Args:  arguments("[NODE]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.operateOnNode(cmd.Context(), "no longer draining", func(ctx context.Context, c *client.Client) (*wire.NodeAnswer, error) {
				return c.Undrain(ctx, firstArg(args), a.mutationOptions()...)
			})
		},
	}
}

func (a *app) operateOnNode(ctx context.Context, done string, do func(context.Context, *client.Client) (*wire.NodeAnswer, error)) error {
	c, err := a.connect()
	if err != nil {
		return err
	}
	defer c.Close()
	n, err := do(ctx, c)
	if err != nil {
		return err
	}
	return a.answer(n, func(w io.Writer) { fmt.Fprintln(w, strings.TrimSpace(done+" "+n.Node)) })
}

func firstArg(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}
