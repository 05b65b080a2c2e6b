package fault

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"aion.dev/aion/jepsen/nodes"
	"aion.dev/aion/transport/client"
)

func init() {
	register(Kind{
		Name: "join-token", Family: "identity", On: Proxies, What: "a node without a join token, with a revoked one and with a good one comes to a second cluster, whose callers have tokens",
		Min: 5 * time.Second, Max: 6 * time.Second, Fault: Func(joinToken),
	})
}

// guardedSecret is the token of that cluster's callers.
const guardedSecret = "0123456789abcdef"

// joinToken checks that nobody enters a guarded cluster without a join token that is good. That
// cluster is one of strangers, so the faults of this one do not matter.
func joinToken(ctx context.Context, c *nodes.Cluster, _ *rand.Rand) (string, func(context.Context) error, error) {
	flags := []string{"--auth-tokens", "ops:write:" + guardedSecret}
	host, err := c.Stranger("guarded", nodes.Strange{Expect: 1, Flags: flags})
	if err != nil {
		return "", nil, err
	}
	return meanwhile(ctx, "strangers ask "+host.ID()+", a cluster of its own, to let them in", func(ctx context.Context) error {
		defer host.Dismiss()
		defer host.Forgive()
		if err := host.Start(); err != nil {
			return err
		}
		if err := ready(ctx, host); err != nil {
			return err
		}
		cl, err := client.New(client.Config{Addresses: []string{host.Direct()}, Token: guardedSecret})
		if err != nil {
			return err
		}
		defer cl.Close()
		var token, revoked string
		for ; ; wait(ctx, 100*time.Millisecond) { // until its level is high enough
			first, err := cl.IssueJoinToken(ctx, "1h")
			if ctx.Err() != nil {
				return fmt.Errorf("no join token: %w", err)
			}
			if err != nil {
				continue
			}
			if _, err := cl.RevokeJoinToken(ctx, first.ID); err != nil {
				return err
			}
			second, err := cl.IssueJoinToken(ctx, "1h")
			if err != nil {
				return err
			}
			revoked, token = first.Token, second.Token
			break
		}
		for _, with := range []struct {
			what, token string
			good        bool
		}{{"no join token", "", false}, {"a join token that was revoked", revoked, false}, {"a good join token", token, true}} {
			if err := comes(ctx, c, host, cl, flags, with.what, with.token, with.good); err != nil {
				return err
			}
		}
		return nil
	})
}

// comes lets a stranger ask host for admission, and checks that it becomes a member exactly if its
// token is good.
func comes(ctx context.Context, c *nodes.Cluster, host *nodes.Node, cl *client.Client, flags []string, what, token string, good bool) error {
	if token != "" {
		flags = append(flags[:len(flags):len(flags)], "--join-token", token)
	}
	s, err := c.Stranger("caller", nodes.Strange{Join: []string{host.At().Gossip}, Flags: flags})
	if err != nil {
		return err
	}
	defer s.Dismiss()
	defer s.Forgive()
	if err := s.Start(); err != nil && good {
		return err
	}
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end) && ctx.Err() == nil; wait(ctx, 100*time.Millisecond) {
		status, err := cl.Cluster(ctx)
		if err != nil {
			continue
		}
		for _, m := range status.Members {
			switch {
			case m.ID == s.ID() && !good:
				return fmt.Errorf(Broken+" %s, a cluster whose callers have tokens, let a node in with %s", host.ID(), what)
			case m.ID == s.ID() && m.Role == "voter": // it leaves before its process ends
				_, err := cl.Remove(ctx, s.ID())
				return err
			}
		}
		if !good && s.Died() != "" {
			return nil // it was turned away, and ended
		}
	}
	if good {
		return fmt.Errorf("a stranger with %s does not become a voter within 10 s\n%s", what, s.Tail(20))
	}
	return fmt.Errorf("a stranger with %s neither enters nor ends\n%s", what, s.Tail(20))
}
