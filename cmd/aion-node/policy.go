package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"aion.dev/aion/cmd/aion-node/signing"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
	"github.com/spf13/cobra"
)

func policyCmd(a *app) *cobra.Command {
	cmd := a.group(&cobra.Command{Use: "policy", Short: "Say whose signatures count, and which packages have to be signed"})
	cmd.AddCommand(policyShowCmd(a), policyTrustCmd(a), policyRevokeCmd(a), policyRequireCmd(a), policyDropCmd(a))
	return cmd
}

func policyShowCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "show",
		Short: "Show the keys that are trusted, and what has to be signed",
		Args:  arguments(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return exchange(a, cmd, func(ctx context.Context, c *client.Client) (*wire.Policy, error) {
				return c.Policy(ctx, a.readOptions()...)
			}, printPolicy)
		},
	}
}

func printPolicy(w io.Writer, p *wire.Policy) {
	var keys, rules [][]string
	for _, k := range p.Keys {
		state := k.State
		if k.RevokedAt != nil {
			state += " " + k.RevokedAt.UTC().Format(time.RFC3339)
		}
		keys = append(keys, []string{k.Name, k.PublicKey, state, k.TrustedAt.UTC().Format(time.RFC3339), k.TrustedBy})
	}
	table(w, "no keys: signatures count for nothing", []string{"KEY", "PUBLIC KEY", "STATE", "SINCE", "BY"}, keys)
	for _, r := range p.Rules {
		rules = append(rules, []string{strconv.Quote(r.TypePrefix), wantedBy(&r), r.SetAt.UTC().Format(time.RFC3339), r.SetBy})
	}
	fmt.Fprintln(w)
	table(w, "no rules: nothing has to be signed", []string{"TYPES", "SIGNED BY", "SINCE", "BY"}, rules)
}

// wantedBy says who has to sign.
func wantedBy(r *wire.SignatureRule) string {
	switch {
	case r.Count == 0:
		return "nobody"
	case len(r.Keys) == 0:
		return fmt.Sprintf("%d of all trusted keys", r.Count)
	}
	return fmt.Sprintf("%d of %s", r.Count, strings.Join(r.Keys, ", "))
}

func printPolicyChange(w io.Writer, verb string, p *wire.PolicyAnswer) {
	switch {
	case p.Key != nil:
		fmt.Fprintf(w, "%s the key %s, %s (index %d)%s\n", verb, p.Key.Name, p.Key.PublicKey, p.Index, repeatNote(p.Deduplicated))
	case p.Rule != nil:
		fmt.Fprintf(w, "%s: types that begin with %q are signed by %s (index %d)%s\n", verb, p.Rule.TypePrefix, wantedBy(p.Rule), p.Index, repeatNote(p.Deduplicated))
	}
}

func policyTrustCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "trust NAME KEY",
		Short:   "Let signatures by a key count",
		Long:    "Let signatures by KEY count, under NAME. KEY is a public key as key show prints it, or a file that holds it. A key has one name, and a name stands for one key until it is forgotten.",
		Example: "  aion-node policy trust release ed25519:A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg",
		Args:    arguments("NAME", "KEY"),
		RunE: func(cmd *cobra.Command, args []string) error {
			k, err := signing.Public(args[1])
			if err != nil {
				return usage("trust: %v", err)
			}
			return exchange(a, cmd, func(ctx context.Context, c *client.Client) (*wire.PolicyAnswer, error) {
				return c.TrustKey(ctx, args[0], k.String(), a.mutationOptions()...)
			}, func(w io.Writer, p *wire.PolicyAnswer) { printPolicyChange(w, "trusts", p) })
		},
	}
}

func policyRevokeCmd(a *app) *cobra.Command {
	var forget bool
	cmd := &cobra.Command{
		Use:   "revoke NAME",
		Short: "Let signatures by a key count no more; what is loaded stays",
		Long: `Let signatures by a key count no more, from that step on. What is loaded stays, runs and is routed, and is shown as signed by a revoked key (versions show). Rules that name the key
stay, and want as many signatures as before. With --forget, a revoked key that no rule names leaves the list, and its name may be used again.`,
		Args: arguments("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			verb := "revoked"
			if forget {
				verb = "forgot"
			}
			return exchange(a, cmd, func(ctx context.Context, c *client.Client) (*wire.PolicyAnswer, error) {
				return c.RevokeKey(ctx, args[0], forget, a.mutationOptions()...)
			}, func(w io.Writer, p *wire.PolicyAnswer) { printPolicyChange(w, verb, p) })
		},
	}
	cmd.Flags().BoolVar(&forget, "forget", false, "remove a key from the list that is revoked")
	return cmd
}

func policyRequireCmd(a *app) *cobra.Command {
	var spec wire.RuleSpec
	var wanted uint64
	cmd := &cobra.Command{
		Use:   "require PREFIX [--by KEY]... [--count N]",
		Short: "Refuse packages with types of a prefix that too few keys have signed",
		Long: `Refuse to load packages that carry a type with PREFIX, unless as many of the keys have signed their version as --count says. Of several rules the one with the longest prefix decides for a type; "" is the
prefix of every type. --count 0 makes an exception: nobody has to sign.`,
		Example: `  aion-node policy require "" --by release
  aion-node policy require payment --by release --by security --count 2
  aion-node policy require sandbox- --count 0`,
		Args: arguments("PREFIX"),
		RunE: func(cmd *cobra.Command, args []string) error {
			spec.TypePrefix, spec.Count = args[0], &wanted
			return exchange(a, cmd, func(ctx context.Context, c *client.Client) (*wire.PolicyAnswer, error) {
				return c.SetSignatureRule(ctx, spec, a.mutationOptions()...)
			}, func(w io.Writer, p *wire.PolicyAnswer) { printPolicyChange(w, "from now on", p) })
		},
	}
	cmd.Flags().StringArrayVar(&spec.Keys, "by", nil, "name of a trusted `KEY` that counts; may be repeated (default: all that are trusted)")
	cmd.Flags().Uint64Var(&wanted, "count", 1, "`N` of them have to sign")
	return cmd
}

func policyDropCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "drop PREFIX",
		Short: "Remove the rule of a prefix",
		Args:  arguments("PREFIX"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return exchange(a, cmd, func(ctx context.Context, c *client.Client) (*wire.PolicyAnswer, error) {
				return c.DropSignatureRule(ctx, args[0], a.mutationOptions()...)
			}, func(w io.Writer, p *wire.PolicyAnswer) { printPolicyChange(w, "no more", p) })
		},
	}
}
