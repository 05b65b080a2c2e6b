package cluster

import (
	"context"
	"crypto/rand"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/lifecycle"
)

// Nodes sign whose calls they pass on to the leader, with a key that all of them have in the
// state: so the secrets of callers stay where they arrived.

// keyAge is how old the key may be. It is replaced then, so that who has seen an old folder or
// backup knows nothing for long.
const keyAge = history.Duration(24 * time.Hour)

// firstKeyEvery is how often the leader looks while there is no key: until there is one, followers
// pass on the secrets of callers.
const firstKeyEvery = 100 * time.Millisecond

// keepForwardKey sets the key, while this node leads, and replaces it when it is old. A cluster of
// one node passes nothing on, and has none.
func (c *Cluster) keepForwardKey(ctx context.Context) {
	for ctx.Err() == nil {
		var a rows.Auth
		var now history.Time
		c.state.View(func(v fsm.View) { a, now = v.Auth(), v.Now() })
		members := len(c.raft.Load().GetConfiguration().Configuration().Servers)
		if c.level() >= 3 && members > 1 && (a.Key == (catalog.Digest{}) || now >= rows.Due(a.KeyAt, keyAge)) {
			cmd := &fsm.SetForwardKey{Replaces: a.Key}
			rand.Read(cmd.Key[:])
			if _, err := c.Propose(ctx, fsm.Envelope{Command: cmd}); err != nil {
				c.log.Debug("the key by which nodes sign whose calls they pass on was not set, will try again", "error", err)
			}
		}
		wait := c.cfg.Raft.MembersEvery
		if a.Key == (catalog.Digest{}) {
			wait = min(wait, firstKeyEvery)
		}
		lifecycle.Pause(ctx, wait)
	}
}
