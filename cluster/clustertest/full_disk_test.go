package clustertest

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/cluster"
	"aion.dev/aion/cluster/folder"
	"aion.dev/aion/engine"
)

// TestStartOnAFullLeader: while a node with room may take leadership, a start is retryable, and
// then succeeds. Once no node can, it is refused for good.
func TestStartOnAFullLeader(t *testing.T) {
	for _, others := range []bool{false, true} { // whether the others are full as well
		synctest.Test(t, func(t *testing.T) {
			var full [3]atomic.Bool
			c := NewWith(t, 3, Options{Room: func(i int) (free, size uint64, err error) {
				if full[i].Load() {
					return 1000, 1 << 40, nil
				}
				return 1 << 39, 1 << 40, nil
			}})
			must(t, mustPropose(c, Load("order", "v1")), nil)
			old := c.Leader()
			fill := func(n *Node) {
				full[n.Index].Store(true)
				for n.Disk().Level != folder.DiskFull {
					<-time.After(10 * time.Millisecond)
				}
			}
			if others { // and know it before the leader looks for one that has room
				for _, n := range c.Others(old) {
					fill(n)
				}
			}
			fill(old)
			var answers []string
			for i := range 100 {
				_, err := old.Propose(within(time.Second), Start("order", fmt.Sprint("run-", i)))
				kind := "another"
				if _, ok := errors.AsType[*cluster.FullDisk](err); ok {
					kind = "refused"
				} else if _, ok := errors.AsType[*engine.Unavailable](err); ok {
					kind = "retry"
				} else if _, ok := errors.AsType[*engine.NotLeader](err); ok {
					kind = "elsewhere"
				} else if err == nil {
					kind = "done"
				}
				if len(answers) == 0 || answers[len(answers)-1] != kind {
					answers = append(answers, kind)
				}
				<-time.After(100 * time.Millisecond)
			}
			want := "elsewhere"
			if others {
				want = "refused"
			}
			if last := answers[len(answers)-1]; last != want || len(answers) > 2 || len(answers) == 2 && answers[0] != "retry" {
				t.Errorf("others are full %v: the full leader answers %v, want retry and then %s", others, answers, want)
			}
			if others {
				return
			}
			if c.Leader() == old {
				t.Error("the full node leads still")
			}
			must(t, mustPropose(c, Start("order", "after")), nil)
		})
	}
}
