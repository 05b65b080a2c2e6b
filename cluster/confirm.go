package cluster

import (
	"context"
	"fmt"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/internal/faults"
)

var _ engine.TimeKeeper = (*Cluster)(nil)

// ConfirmTime implements engine.TimeKeeper on the leader. The operator's clock is the witness that
// the leader lacks: if both agree, the time is right, whatever the other nodes' clocks show. A
// leader whose clock differs refuses, so that the operator transfers leadership to a node with a
// correct clock.
func (c *Cluster) ConfirmTime(ctx context.Context, at time.Time) error {
	t, err := c.term(ctx)
	if err != nil {
		return err
	}
	now := faults.Now()
	wall := c.wall(now)
	if off := wall.Sub(at); off.Abs() > c.cfg.Clock.MaxSkew {
		return &catalog.InvalidInput{Field: "time", Reason: fmt.Sprintf("is %s, but the clock of the leader, %s, shows %s: they differ by %v, and %v (cluster.max_clock_skew) is allowed",
			at.UTC().Format(time.RFC3339), c.id, wall.UTC().Format(time.RFC3339), off.Abs().Round(time.Millisecond), c.cfg.Clock.MaxSkew)}
	}
	from := t.clock.at(now)
	if by := t.clock.move(history.At(wall).Sub(from)); by > 0 {
		c.log.Warn("an operator confirmed the time: log time moves", "from", from, "by", by)
	}
	return nil
}
