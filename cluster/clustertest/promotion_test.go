package clustertest

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// TestJoinerThatLagsDoesNotVote: a joiner with a complete log stays a non-voter as long as its
// state is behind. Then it votes.
func TestJoinerThatLagsDoesNotVote(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewWith(t, 3, Options{Spare: 1})
		hold(t, c, "a")
		joiner := c.Nodes[3]
		joiner.StallState()
		joiner.Start()
		role := func() string {
			s, err := c.Leader().Status(within(10 * time.Second))
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range s.Members {
				if m.ID == joiner.ID {
					return m.Role
				}
			}
			return "none"
		}
		<-time.After(time.Minute)
		if got := role(); got != "nonvoter" {
			t.Errorf("with a state that is behind its role is %s", got)
		}
		hold(t, c, "b") // a majority of the three voters, whatever the fourth node does
		joiner.FreeState()
		c.Until("the joiner to vote", func() error {
			if got := role(); got != "voter" {
				return fmt.Errorf("its role is %s", got)
			}
			return nil
		})
		c.WaitReady()
		c.Check()
	})
}
