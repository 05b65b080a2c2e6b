package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"aion.dev/aion/cmd/aion-node/config"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

func authCmd(a *app) *cobra.Command {
	cmd := a.group(&cobra.Command{Use: "auth", Short: "Make the first token of a cluster"})
	cmd.AddCommand(authBootstrapCmd(a))
	return cmd
}

// secretPlace is where the secret of a new token goes. The command makes it, so that it is known
// even if the answer of the node is lost; nodes get its hash.
type secretPlace struct {
	file   string
	secret string
}

func (p *secretPlace) flag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&p.file, "out", "", "write the secret to `FILE`, which must not exist and only its owner may read, and not on stdout")
}

// hash makes the secret and returns its hash. The secret is in the file before anything is sent.
func (p *secretPlace) hash() (string, error) {
	p.secret = wire.NewSecret()
	if p.file == "" {
		return wire.HashOfSecret(p.secret), nil
	}
	f, err := os.OpenFile(p.file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", usage("--out: %v", err)
	}
	_, err = f.WriteString(p.secret + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", fmt.Errorf("--out: %w", err)
	}
	return wire.HashOfSecret(p.secret), nil
}

// undo removes the file of a secret that is that of no token. After an unknown outcome it stays.
func (p *secretPlace) undo(err error) {
	var problem *wire.Problem
	if p.file != "" && errors.As(err, &problem) && problem.Outcome != wire.Unknown {
		os.Remove(p.file)
	}
}

// make makes a token by a call, and prints it.
func (p *secretPlace) make(a *app, cmd *cobra.Command, call func(context.Context, *client.Client, string) (*wire.TokenAnswer, error)) error {
	c, err := a.connect()
	if err != nil {
		return err
	}
	defer c.Close()
	hash, err := p.hash()
	if err != nil {
		return err
	}
	t, err := call(cmd.Context(), c, hash)
	if err != nil {
		p.undo(err)
		if problem, ok := errors.AsType[*wire.Problem](err); p.file == "" && ok && problem.Outcome == wire.Unknown {
			fmt.Fprintf(a.err, "if the token was made, its secret is %s\n", p.secret)
		}
		return err
	}
	if p.file == "" && !t.Deduplicated { // a repeated request made its token with the secret that it had then
		t.Secret = p.secret
	}
	return a.answer(t, func(w io.Writer) {
		fmt.Fprintf(w, "made token %s: %s%s (index %d)%s\n", t.Token.Name, strings.Join(t.Token.Grants, " "), untilOf(&t.Token), t.Index, repeatNote(t.Deduplicated))
		switch {
		case t.Secret != "":
			fmt.Fprintf(w, "%s\n", t.Secret)
			fmt.Fprintln(a.err, "This secret is shown once: no node knows it.")
		case p.file != "" && !t.Deduplicated:
			fmt.Fprintf(w, "its secret is in %s\n", p.file)
		}
	})
}

func untilOf(t *wire.Token) string {
	if t.ExpiresAt == nil {
		return ""
	}
	return ", until " + t.ExpiresAt.UTC().Format(time.RFC3339)
}

func authBootstrapCmd(a *app) *cobra.Command {
	var spec wire.BootstrapSpec
	var place secretPlace
	cmd := &cobra.Command{
		Use:   "bootstrap",
		Short: "Make the first token, which may do everything; from then on every call needs one",
		Long: `Make the first token of the cluster, with the grant admin. It works once, on the machine of a node (over loopback) or with a token of a node's file that may do everything. From then on
every call of every node needs a token, and calls without one that are waiting end.`,
		Args: arguments(),
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if spec.Expires, err = expires(spec.Expires); err != nil {
				return err
			}
			return place.make(a, cmd, func(ctx context.Context, c *client.Client, hash string) (*wire.TokenAnswer, error) {
				spec.SecretSHA256 = hash
				return c.Bootstrap(ctx, spec, a.mutationOptions()...)
			})
		},
	}
	cmd.Flags().StringVar(&spec.Name, "name", "", "`NAME` of the token (default bootstrap)")
	cmd.Flags().StringVar(&spec.Expires, "expires", "", "it is valid for `D` (720h, 30d) or until then (RFC 3339); default: for ever")
	place.flag(cmd)
	return cmd
}

// expires reads --expires: days are not known to nodes.
func expires(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	if d, err := days(text); err == nil {
		if d <= 0 {
			return "", usage("--expires %q is not above zero", text)
		}
		return d.String(), nil
	}
	if _, err := time.Parse(time.RFC3339, text); err != nil {
		return "", usage("--expires %q is neither a duration such as 720h or 30d nor a time such as 2027-01-31T00:00:00Z", text)
	}
	return text, nil
}

func tokenCmd(a *app) *cobra.Command {
	cmd := a.group(&cobra.Command{Use: "token", Short: "Make, list and revoke tokens, and show one's own"})
	cmd.AddCommand(tokenCreateCmd(a), tokenListCmd(a), tokenRevokeCmd(a), tokenSelfCmd(a))
	return cmd
}

func tokenCreateCmd(a *app) *cobra.Command {
	var spec wire.TokenSpec
	var place secretPlace
	var byteRate string
	cmd := &cobra.Command{
		Use:   "create NAME --grant G...",
		Short: "Make a token that may do what its grants say, and nothing else",
		Long: `Make a token that may do what its grants say, and nothing else.

  read     see runs, versions, schedules, queues     payload  see inputs, results, logs; query
  start    start runs, and keep schedules            signal   signal and cancel runs
  work     take tasks of queues                      deploy   load, route, unload, move
  operate  stop and resume runs, run the cluster     admin    everything, tokens too

A grant may be limited by a prefix: start:type=order, work:queue=gpu-, operate:type=order.`,
		Example: `  aion-node token create ci --grant deploy:type=order --grant read --expires 90d
  aion-node token create worker-7 --grant work:queue=gpu- --out /etc/worker/token`,
		Args: arguments("NAME"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			spec.Name = args[0]
			if len(spec.Grants) == 0 {
				return usage("create: --grant is missing: a token without grants can do nothing")
			}
			if spec.Expires, err = expires(spec.Expires); err != nil {
				return err
			}
			if byteRate != "" {
				if spec.ByteRate, err = config.ParseBytes(byteRate); err != nil {
					return usage("--byte-rate %v", err)
				}
			}
			return place.make(a, cmd, func(ctx context.Context, c *client.Client, hash string) (*wire.TokenAnswer, error) {
				spec.SecretSHA256 = hash
				return c.CreateToken(ctx, spec, a.mutationOptions()...)
			})
		},
	}
	cmd.Flags().StringArrayVar(&spec.Grants, "grant", nil, "`KIND` or KIND:KEY=PREFIX; may repeat")
	cmd.Flags().Uint64Var(&spec.Rate, "rate", 0, "at most `N` calls a second on each node (default: as many as it will)")
	cmd.Flags().StringVar(&byteRate, "byte-rate", "", "at most `SIZE` (1MiB) a second on each node, of calls and answers")
	cmd.Flags().Uint64Var(&spec.Waits, "waits", 0, "at most `N` calls that wait, and streams, at a time on each node")
	cmd.Flags().StringVar(&spec.Expires, "expires", "", "it is valid for `D` (720h, 30d) or until then (RFC 3339); default: for ever")
	place.flag(cmd)
	aboveZero(cmd, "rate", "waits")
	return cmd
}

func tokenListCmd(a *app) *cobra.Command {
	var page wire.Page
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the tokens of the cluster, without those of nodes' files",
		Args:  arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return exchange(a, cmd, func(ctx context.Context, c *client.Client) (*wire.Tokens, error) {
				return c.Tokens(ctx, page, a.readOptions()...)
			}, func(w io.Writer, t *wire.Tokens) {
				var rows [][]string
				limited := false
				for _, k := range t.Tokens {
					until := "for ever"
					if k.ExpiresAt != nil {
						until = k.ExpiresAt.UTC().Format(time.RFC3339)
					}
					if k.Expired {
						until += " (over)"
					}
					rows = append(rows, []string{k.Name, strings.Join(k.Grants, " "), k.CreatedAt.UTC().Format(time.RFC3339), k.CreatedBy, until, ratesOf(&k)})
					limited = limited || k.TokenRates != (wire.TokenRates{})
				}
				header := []string{"NAME", "GRANTS", "CREATED", "BY", "UNTIL", "RATES"}
				if !limited {
					header = header[:5]
					for i := range rows {
						rows[i] = rows[i][:5]
					}
				}
				table(w, "no tokens", header, rows)
				if t.NextCursor != "" {
					fmt.Fprintf(w, "more: --cursor %s\n", t.NextCursor)
				}
			})
		},
	}
	cmd.Flags().IntVar(&page.Limit, "limit", 0, "at most `N` tokens, 1 to 1000 (default 100)")
	aboveZero(cmd, "limit")
	cmd.Flags().StringVar(&page.Cursor, "cursor", "", "go on after `CURSOR`, which the page before ended with")
	return cmd
}

// ratesOf says how much a token may be used on each node.
func ratesOf(k *wire.Token) string {
	var all []string
	if k.Rate > 0 {
		all = append(all, fmt.Sprintf("%d calls/s", k.Rate))
	}
	if k.ByteRate > 0 {
		all = append(all, bytesOf(int64(k.ByteRate))+"/s")
	}
	if k.Waits > 0 {
		all = append(all, fmt.Sprintf("%d waits", k.Waits))
	}
	return strings.Join(all, ", ")
}

func tokenRevokeCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "revoke NAME",
		Short: "Revoke a token: no call that begins later succeeds with it, and those that wait end",
		Args:  arguments("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return exchange(a, cmd, func(ctx context.Context, c *client.Client) (*wire.TokenAnswer, error) {
				return c.RevokeToken(ctx, args[0], a.mutationOptions()...)
			}, func(w io.Writer, t *wire.TokenAnswer) {
				fmt.Fprintf(w, "revoked token %s (index %d)%s\n", t.Token.Name, t.Index, repeatNote(t.Deduplicated))
			})
		},
	}
}

func tokenSelfCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "self",
		Short: "Show the token that is used, and what it may do",
		Args:  arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return exchange(a, cmd, func(ctx context.Context, c *client.Client) (*wire.Self, error) {
				return c.Self(ctx, a.readOptions()...)
			}, func(w io.Writer, s *wire.Self) {
				from := map[string]string{"none": "no token is needed here", "file": "a token of the node's file", "token": "a token of the cluster", "jwt": "a JWT", "certificate": "a client certificate"}[s.Kind]
				fmt.Fprintf(w, "%s (%s): %s%s\n", s.Token.Name, from, strings.Join(s.Token.Grants, " "), untilOf(&s.Token))
			})
		},
	}
}
