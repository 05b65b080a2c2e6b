package cluster

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"aion.dev/aion/cluster/port"
	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/internal/lifecycle"
	"github.com/hashicorp/raft"
)

// A state machine that does more than that of an older build may do so only once no older build is
// left, or the two would part ways. What decides is the level in the state: the leader raises it
// once every member has said that its build knows the next one.
//
// A member that went back to an older build after it answered is safe: it does not know the command
// that raises the level, or does not open a state with one, and stops.

// keepLevel raises the level of the state, while this node leads, as soon as every member knows a
// higher one.
func (c *Cluster) keepLevel(ctx context.Context) {
	defer c.holdouts.Store(nil)
	for ctx.Err() == nil && c.level() < fsm.NewestLevel {
		level, behind := c.commonLevel(ctx)
		c.holdouts.Store(&behind)
		switch {
		case ctx.Err() != nil:
			return
		case level > c.level():
			if _, err := c.Propose(ctx, fsm.Envelope{Command: &fsm.RaiseLevel{Level: level}}); err == nil {
				c.log.Info("raised the level of the state: every member knows it, and no older build can take part any more", "level", level)
				continue
			}
		default:
			c.logged.level.Say(c.log.Info, "the level of the state waits for some members", "level", c.level(), "newest", fsm.NewestLevel, "members", strings.Join(behind, ", "))
		}
		lifecycle.Pause(ctx, c.cfg.Raft.MembersEvery)
	}
}

// commonLevel asks all members, voters and joiners, and returns the newest level that all of them
// know, and those that keep it from being the newest of this build, with the reason.
func (c *Cluster) commonLevel(ctx context.Context) (common uint64, behind []string) {
	servers := c.raft.Load().GetConfiguration().Configuration().Servers
	known := make([]uint64, len(servers))
	why := make([]string, len(servers))
	var all sync.WaitGroup
	for i, s := range servers {
		all.Go(func() { known[i], why[i] = c.levelOf(ctx, s) })
	}
	all.Wait()
	for i, s := range servers {
		if known[i] < fsm.NewestLevel {
			behind = append(behind, fmt.Sprintf("%s (%s)", s.ID, why[i]))
		}
	}
	return min(slices.Min(known), fsm.NewestLevel), behind
}

// levelOf greets one member. Nobody knows the build of one that does not answer. Builds without
// levels greet with level 0.
func (c *Cluster) levelOf(ctx context.Context, s raft.Server) (level uint64, why string) {
	g, err := c.ownGreeting()
	if string(s.ID) != c.id {
		g, err = c.hello(ctx, port.Server{ID: string(s.ID), Address: string(s.Address)})
	}
	switch {
	case err != nil:
		return 0, "does not answer"
	case g.HoldLevel:
		return 0, "has cluster.hold_level"
	}
	return g.Level, fmt.Sprintf("runs %s, which knows level %d", g.Version, g.Level)
}

// level is the level of this node's state.
func (c *Cluster) level() (level uint64) {
	c.state.View(func(v fsm.View) { level = v.Level() })
	return level
}

// Behind implements engine.Levels.
func (c *Cluster) Behind() []string {
	if b := c.holdouts.Load(); b != nil {
		return *b
	}
	return nil
}

var _ engine.Levels = (*Cluster)(nil)

// knowsLevel returns nil if the build of a node knows the level of the state. A node that does not
// would stop at the first entry that its build cannot read, or part ways.
func (c *Cluster) knowsLevel(g greeting) error {
	if level := c.level(); g.Level < level {
		return fmt.Errorf("its build knows level %d, and the cluster is at level %d: start it with a newer build", g.Level, level)
	}
	return nil
}
