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

func clusterPromoteCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "promote NODE",
		Short: "Make a non-voter a voter at once, and take a demotion back",
		Args:  arguments("NODE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.operateOnNode(cmd.Context(), "promoted", func(ctx context.Context, c *client.Client) (*wire.NodeAnswer, error) {
				return c.Promote(ctx, args[0], a.mutationOptions()...)
			})
		},
	}
}

func clusterDemoteCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "demote NODE",
		Short: "Make a voter a non-voter, until it is promoted again",
		Long: `Make a voter a non-voter: it goes on storing everything, and no majority needs it. It stays one, whoever leads and however often it is started, until cluster promote.
Refused if the other voters would have no majority that answers now. A leader hands leadership on first.`,
		Args: arguments("NODE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.operateOnNode(cmd.Context(), "demoted", func(ctx context.Context, c *client.Client) (*wire.NodeAnswer, error) {
				return c.Demote(ctx, args[0], a.mutationOptions()...)
			})
		},
	}
}

func clusterReplaceCmd(a *app) *cobra.Command {
	var patience time.Duration
	cmd := &cobra.Command{
		Use:   "replace OLD NEW",
		Short: "Put a new node in the place of a dead one",
		Long: `Wait until the node NEW has joined and has everything, make it a voter, and remove OLD, which must be dead. Start NEW before or meanwhile, with an empty data folder.
The cluster keeps a majority that answers all the time: NEW votes before OLD goes. If the command is interrupted, run it again: it goes on where it stood.`,
		Args: arguments("OLD", "NEW"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if patience <= 0 {
				return usage("replace: --timeout %s is not above 0", patience)
			}
			return exchange(a, cmd, func(ctx context.Context, c *client.Client) (*wire.Replacement, error) {
				return a.replace(ctx, c, args[0], args[1], patience)
			}, func(w io.Writer, r *wire.Replacement) {
				fmt.Fprintf(w, "node %s votes, and node %s is removed\n", r.New, r.Old)
			})
		},
	}
	cmd.Flags().DurationVar(&patience, "timeout", time.Hour, "give up after so long; what was done stays done")
	return cmd
}

// replace repeats the call until the replacement is done, and tells what it waits for.
func (a *app) replace(ctx context.Context, c *client.Client, old, next string, patience time.Duration) (*wire.Replacement, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for said := ""; ; {
		r, err := c.Replace(ctx, old, next, a.mutationOptions()...)
		if err != nil || r.Done {
			return r, err
		}
		if r.Waits != said {
			said = r.Waits
			fmt.Fprintln(a.err, "waiting:", said)
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return nil, fmt.Errorf("not replaced yet: %s", said)
		}
	}
}

func clusterJoinTokenCmd(a *app) *cobra.Command {
	var expires string
	cmd := &cobra.Command{
		Use:   "join-token",
		Short: "Make a token that lets nodes join which no certificate names",
		Long: `Make a token that lets nodes join, and print it, once. Put it into cluster.join_token of the nodes that join (or AION_CLUSTER_JOIN_TOKEN): they need it if the cluster has TLS or tokens, and
their certificates do not name them. The cluster keeps only a hash of it.`,
		Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			life := ""
			if expires != "" {
				d, err := days(expires)
				if err != nil || d < 0 {
					return usage("join-token: --expires %q is no duration such as 1h or 7d", expires)
				}
				life = d.String()
			}
			return exchange(a, cmd, func(ctx context.Context, c *client.Client) (*wire.JoinTokenMade, error) {
				j, err := c.IssueJoinToken(ctx, life, a.mutationOptions()...)
				if err == nil && j.Token == "" && !a.json {
					return nil, fmt.Errorf("join token %s was made before under this request id, and is shown once: revoke it, and make another one", j.ID)
				}
				return j, err
			}, func(w io.Writer, j *wire.JoinTokenMade) { fmt.Fprintln(w, j.Token) })
		},
	}
	cmd.Flags().StringVar(&expires, "expires", "", "let nodes in for `DURATION` (1h, 7d; 0s: for ever; default 24h)")
	return cmd
}

func clusterJoinTokensCmd(a *app) *cobra.Command {
	cmd := a.group(&cobra.Command{Use: "join-tokens", Short: "List and revoke the tokens that let nodes join"})
	cmd.AddCommand(&cobra.Command{
		Use:   "list",
		Short: "List the join tokens that have not expired",
		Args:  arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return exchange(a, cmd, func(ctx context.Context, c *client.Client) (*wire.JoinTokens, error) {
				return c.JoinTokens(ctx, a.readOptions()...)
			}, printJoinTokens)
		},
	}, &cobra.Command{
		Use:   "revoke ID",
		Short: "Make a join token useless; nodes that joined with it stay",
		Args:  arguments("ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return exchange(a, cmd, func(ctx context.Context, c *client.Client) (*wire.JoinTokenRevoked, error) {
				return c.RevokeJoinToken(ctx, args[0], a.mutationOptions()...)
			}, func(w io.Writer, j *wire.JoinTokenRevoked) { fmt.Fprintln(w, "revoked", j.ID) })
		},
	})
	return cmd
}

func printJoinTokens(w io.Writer, all *wire.JoinTokens) {
	var rows [][]string
	for _, j := range all.JoinTokens {
		until := "for ever"
		if j.ExpiresAt != nil {
			until = exact(*j.ExpiresAt)
		}
		rows = append(rows, []string{j.ID, j.By, exact(j.CreatedAt), until})
	}
	table(w, "no join tokens", []string{"ID", "BY", "CREATED", "EXPIRES"}, rows)
}
