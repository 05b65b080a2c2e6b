package clustertest

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
)

// TestNodeAloneShowsWhatItKnew: one node of a cluster that went down returns. It leads nobody, and
// has what was committed as far as it knew.
func TestNodeAloneShowsWhatItKnew(t *testing.T) {
	for _, crash := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			c := New(t, 3)
			must(t, mustPropose(c, Load("order", "v1")), nil)
			for i := range 20 {
				must(t, mustPropose(c, Start("order", fmt.Sprint("run-", i))), nil)
			}
			c.WaitReady()
			<-time.After(2 * time.Second)
			was, digests := c.Nodes[0].State().Applied(), map[*Node]catalog.Digest{}
			for _, n := range c.Nodes {
				_, digests[n] = n.State().Digest()
			}
			for _, n := range c.Nodes {
				if crash {
					n.Crash()
				} else {
					n.Stop()
				}
			}
			for _, n := range c.Nodes {
				n.Start()
				<-time.After(10 * time.Second) // no other node is there to elect it
				index, digest := n.State().Digest()
				if index < was || index == was && digest != digests[n] {
					t.Errorf("crash %v: node %s, alone, stands at %d with %s; it was at %d with %s", crash, n.ID, index, digest, was, digests[n])
				}
				n.View(func(v fsm.View) {
					if id, ok := v.Latest("run-19"); !ok {
						t.Errorf("crash %v: node %s, alone, does not know the newest run (%v)", crash, n.ID, id)
					}
				})
				n.Stop()
			}
			for _, n := range c.Nodes {
				n.Start()
			}
			c.Check()
			must(t, mustPropose(c, Start("order", "after")), nil)
			c.Check()
		})
	}
}
