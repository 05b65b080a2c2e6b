package fault

import (
	"sync"

	"aion.dev/aion/jepsen/nodes"
)

// operated are the clusters that an operator is working on.
var operated sync.Map // *nodes.Cluster -> nothing

// operate lets one orderly fault at a time work on a cluster, because an operator who restarts
// nodes one by one does so once. It returns false if another one is active; otherwise the caller
// calls done at the end.
func operate(c *nodes.Cluster) (done func(), ok bool) {
	if _, busy := operated.LoadOrStore(c, struct{}{}); busy {
		return nil, false
	}
	return sync.OnceFunc(func() { operated.Delete(c) }), true
}

// busy is what an orderly fault reports if another one is active.
const busy = Nothing + " an operator is at work on the nodes already"
