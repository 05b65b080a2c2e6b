package nodes

import (
	"context"
	"testing"
	"time"

	"aion.dev/aion/jepsen/links"
	"aion.dev/aion/jepsen/netns"
	"aion.dev/aion/transport/client"
)

// In namespaces, a leader whose frames are lost, even in one direction only, or whose cable is
// pulled, is replaced. The suite sees it all the time, and a healed cluster is whole again.
func TestNamespaces(t *testing.T) {
	if err := netns.Check(); err != nil {
		t.Skip("NOT TESTED HERE: ", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	c, err := Start(ctx, Config{Binary: binary(t), Dir: testDir(t), Nodes: 3, Seed: 1, Netns: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	lose := func(both bool) func(old *Node) (func() error, error) {
		return func(old *Node) (func() error, error) {
			var rules []netns.Rule
			for _, n := range c.Nodes() {
				if n != old {
					rules = append(rules, netns.Rule{From: old.Name, To: n.Name, Part: 1})
					if both {
						rules = append(rules, netns.Rule{From: n.Name, To: old.Name, Part: 1})
					}
				}
			}
			return c.Switch.Lose(rules...)
		}
	}
	for name, hurt := range map[string]func(old *Node) (func() error, error){
		"cut": lose(true), "one way": lose(false), "cable": func(old *Node) (func() error, error) { return c.Switch.Pull(old.Name) },
	} {
		old := c.Leader(ctx)
		if old == nil {
			t.Fatal("nobody leads")
		}
		mend, err := hurt(old)
		if err != nil {
			t.Fatal(err)
		}
		for {
			if now := c.Leader(ctx); now != nil && now != old {
				break
			}
			if ctx.Err() != nil {
				t.Fatalf("%s: no other leader than %s", name, old.Name)
			}
			time.Sleep(50 * time.Millisecond)
		}
		if _, err := old.Status(ctx); err != nil {
			t.Errorf("%s: %s is not seen: %v", name, old.Name, err)
		}
		if err := mend(); err != nil {
			t.Fatal(err)
		}
		if err := c.AwaitReady(ctx); err != nil {
			t.Fatal(name, err)
		}
	}
	// Clients come through proxies and the switch; nodes start again at their addresses.
	n := c.Nodes()[0]
	n.Kill()
	if err := n.Start(); err != nil {
		t.Fatal(err)
	}
	if err := c.AwaitReady(ctx); err != nil {
		t.Fatal(err)
	}
	cl, err := client.New(client.Config{Addresses: []string{n.Public.HTTP}, Patience: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	if _, err := cl.Cluster(ctx); err != nil {
		t.Error(err)
	}
	c.Links.Set(links.Client, n.Name, links.Rule{Refuse: true}, links.HTTP)
	if _, err := cl.Cluster(ctx); err == nil {
		t.Error("a refused client is answered")
	}
	if dead := c.Dead(); len(dead) > 0 {
		t.Fatal(dead)
	}
}
