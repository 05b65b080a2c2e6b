package suite

import (
	"context"
	"sync"
	"time"

	"aion.dev/aion/jepsen/nodes"
)

// patienceToAgree bounds the wait for a moment when all nodes are at one index. While schedules
// fire there may be none; the polls meanwhile compare what they can.
const patienceToAgree = 10 * time.Second

// agree polls all nodes until they are at one index, where their digests must be equal. Polls
// during the run meet two nodes at one index only by luck, so a node that diverged on its own would
// often go unnoticed.
func (w *watch) agree() {
	ctx, cancel := context.WithTimeout(context.Background(), patienceToAgree)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		var mu sync.Mutex
		var asked sync.WaitGroup
		at, answered := map[uint64]bool{}, 0
		for _, n := range w.c.Nodes() {
			asked.Go(func() {
				before := n.Starts()
				s, err := n.Status(ctx)
				if err != nil || n.Starts() != before {
					return
				}
				w.mu.Lock()
				w.compare(n, s)
				w.mu.Unlock()
				mu.Lock()
				at[s.DigestIndex], answered = true, answered+1
				mu.Unlock()
			})
		}
		asked.Wait()
		if answered == len(w.c.Nodes()) && len(at) == 1 {
			return
		}
		for _, n := range w.c.Nodes() {
			if !n.Running() {
				return // it will not become ready any more, and other checks report why
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// compare compares a node's digest with that of any other node at the same index. The caller holds
// mu.
func (w *watch) compare(n *nodes.Node, s *nodes.Status) {
	if s.Digest == "" {
		return
	}
	if d, ok := w.digests[s.DigestIndex]; ok && d.value != s.Digest {
		w.foundf("digests", "at index %d the digest of %s is %s, that of %s is %s", s.DigestIndex, d.node, d.value, n.Name, s.Digest)
	}
	w.digests[s.DigestIndex] = digest{s.Digest, n.Name}
}
