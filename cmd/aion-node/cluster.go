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
	cmd := group(&cobra.Command{Use: "cluster", Short: "Look at the cluster's nodes and change them"})
	cmd.AddCommand(clusterStatusCmd(a), clusterMembersCmd(a), clusterTransferCmd(a), clusterRemoveCmd(a), clusterDrainCmd(a))
	return cmd
}

func clusterStatusCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Say how the node addressed sees the cluster",
		Args:  arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.cluster(cmd.Context(), func(w io.Writer, c *wire.Cluster) {
				leader := c.Leader
				if leader == "" {
					leader = "none known"
				}
				card(w,
					[2]string{"cluster", c.ClusterID}, [2]string{"node", c.Node}, [2]string{"leader", leader}, [2]string{"term", strconv.FormatUint(c.Term, 10)},
					[2]string{"log time", c.LogTime.Local().Format("2006-01-02 15:04:05.000")}, [2]string{"committed", strconv.FormatUint(c.CommitIndex, 10)},
					[2]string{"applied", strconv.FormatUint(c.AppliedIndex, 10)}, [2]string{"digest", c.Digest})
				fmt.Fprintln(w)
				tellMembers(w, c.Members)
			})
		},
	}
}

func clusterMembersCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "members",
		Short: "List the nodes",
		Args:  arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.cluster(cmd.Context(), func(w io.Writer, c *wire.Cluster) { tellMembers(w, c.Members) })
		},
	}
}

func (a *app) cluster(ctx context.Context, people func(io.Writer, *wire.Cluster)) error {
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

func tellMembers(w io.Writer, members []wire.Member) {
	var rows [][]string
	for _, m := range members {
		role := m.Role
		if m.Leader {
			role = "leader"
		}
		rows = append(rows, []string{m.ID, role, m.Status, m.HTTPAddress, m.RaftAddress, strconv.FormatUint(m.AppliedIndex, 10), strconv.Itoa(m.MissingBlobs), m.Version})
	}
	table(w, "no members", []string{"NODE", "ROLE", "STATUS", "HTTP", "RAFT", "APPLIED", "MISSING BLOBS", "VERSION"}, rows)
}

func clusterTransferCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "transfer [NODE]",
		Short: "Hand leadership to a node, or to whichever is most up to date",
		Args:  arguments("[NODE]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			done := "leadership handed to"
			if len(args) == 0 {
				done = "leadership handed on"
			}
			return a.operate(cmd.Context(), done, func(ctx context.Context, c *client.Client) (*wire.NodeAnswer, error) {
				return c.Transfer(ctx, first(args))
			})
		},
	}
}

func clusterRemoveCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "remove NODE",
		Short: "Take a node out of the cluster for good",
		Args:  arguments("NODE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.operate(cmd.Context(), "removed", func(ctx context.Context, c *client.Client) (*wire.NodeAnswer, error) {
				return c.Remove(ctx, args[0])
			})
		},
	}
}

func clusterDrainCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "drain [NODE]",
		Short: "Make a node refuse new deploys and hand leadership on, before it is stopped",
		Long:  "Make a node refuse new deploys and hand leadership on: the node addressed, or NODE, at the address that the cluster knows of it.",
		Args:  arguments("[NODE]"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.operate(cmd.Context(), "draining", func(ctx context.Context, c *client.Client) (*wire.NodeAnswer, error) {
				if len(args) == 0 {
					return c.Drain(ctx)
				}
				direct, err := a.connectTo(ctx, c, args[0])
				if err != nil {
					return nil, err
				}
				defer direct.Close()
				return direct.Drain(ctx)
			})
		},
	}
}

// connectTo makes a client that calls one node only, at the address that the cluster knows.
func (a *app) connectTo(ctx context.Context, c *client.Client, node string) (*client.Client, error) {
	s, err := c.Cluster(ctx)
	if err != nil {
		return nil, err
	}
	for _, m := range s.Members {
		if m.ID != node {
			continue
		}
		b := *a
		b.addresses = []string{m.HTTPAddress}
		return b.connect()
	}
	return nil, wire.New("not_found", fmt.Sprintf("the cluster has no node %q", node))
}

func (a *app) operate(ctx context.Context, done string, do func(context.Context, *client.Client) (*wire.NodeAnswer, error)) error {
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

func first(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}
