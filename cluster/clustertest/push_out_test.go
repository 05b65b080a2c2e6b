package clustertest

import (
	"testing"
	"testing/synctest"
	"time"
)

// membersAt returns the ids of the members by address, as the leader lists them.
func membersAt(t *testing.T, c *Cluster) map[string]string {
	t.Helper()
	s, err := c.Leader().Status(within(10 * time.Second))
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]string{}
	for _, m := range s.Members {
		at[m.RaftAddress] = m.ID
	}
	return at
}

// TestSwappedAddressesCostNobodyItsID: two members of five that come up at each other's addresses
// stay members, and vote again once they are back at their own.
func TestSwappedAddressesCostNobodyItsID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(t, 5)
		hold(t, c, "a")
		others := c.Others(c.Leader())
		one, two := others[0], others[1]
		swap := func() {
			one.Stop()
			two.Stop()
			one.Address, two.Address = two.Address, one.Address
			one.Start()
			two.Start()
		}
		before := membersAt(t, c)
		swap()
		<-time.After(time.Minute)
		hold(t, c, "b")
		if now := membersAt(t, c); len(now) != 5 || now[one.Address] != two.ID || now[two.Address] != one.ID {
			t.Errorf("members were %v and are %v", before, now)
		}
		swap()
		<-time.After(30 * time.Second)
		hold(t, c, "c")
		c.Check()
		holds(t, c, []string{"a", "b", "c"}, nil)
		if now := membersAt(t, c); len(now) != 5 || now[one.Address] != one.ID || now[two.Address] != two.ID {
			t.Errorf("members were %v and are %v", before, now)
		}
		for _, n := range c.Nodes {
			for _, err := range n.Fatal() {
				t.Errorf("node %s stopped: %v", n.ID, err)
			}
		}
	})
}
