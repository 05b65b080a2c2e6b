package fault

import (
	"sync"

	"aion.dev/aion/jepsen/nodes"
)

// operated are the clusters that an operator works on just now.
var operated sync.Map // *nodes.Cluster -> nothing

// operate lets one orderly fault at a time work on a cluster: an operator who restarts nodes one by
// one does so once. False: another one is at it; otherwise the caller calls done in the end.
func operate(c *nodes.Cluster) (done func(), ok bool) {
	if _, busy := operated.LoadOrStore(c, struct{}{}); busy {
		return nil, false
	}
	return sync.OnceFunc(func() { operated.Delete(c) }), true
}

// busy is what an orderly fault says that finds another one at work.
const busy = Nothing + " an operator is at work on the nodes already"
