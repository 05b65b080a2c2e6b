package engine

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// SetCanary begins the canary of a type, or changes the one that there is.
func (e *Engine) SetCanary(ctx context.Context, c Call, cmd fsm.SetCanary) (*fsm.CanaryAnswer, Answered, error) {
	if err := prepareCanary(&cmd); err != nil {
		return nil, Answered{}, err
	}
	a, answered, err := proposeAt[*fsm.CanaryAnswer](ctx, e, c, 1, &cmd)
	e.canaryChanged()
	return a, answered, err
}

// prepareCanary checks what can be checked before the log, and draws the salt.
func prepareCanary(cmd *fsm.SetCanary) error {
	if err := checkDeploy(cmd.Type, cmd.Version, "", cmd.Message); err != nil {
		return err
	}
	if cmd.Share > catalog.CanaryWhole {
		return invalid("share", "is more than 100%%")
	}
	if cmd.For < 0 || cmd.For > fsm.MaxRetention {
		return invalid("for", "is %s; 0s (no limit) to %s are allowed", cmd.For, fsm.MaxRetention)
	}
	if cmd.Key != "" {
		if err := checkAttributeNames(history.Attributes{cmd.Key: nil}); err != nil {
			return err
		}
	}
	var salt [8]byte
	if _, err := rand.Read(salt[:]); err != nil {
		return err
	}
	cmd.Salt = binary.BigEndian.Uint64(salt[:])
	return nil
}

// canaryChanged wakes the loop that ends canaries: the time of one may have changed.
func (e *Engine) canaryChanged() {
	select {
	case e.canaryRule <- struct{}{}:
	default:
	}
}

// EndCanary promotes or aborts the canary of a type.
func (e *Engine) EndCanary(ctx context.Context, c Call, typ string, promote bool, message string) (*fsm.CanaryAnswer, Answered, error) {
	if err := checkDeploy(typ, "", "", message); err != nil {
		return nil, Answered{}, err
	}
	return proposeAt[*fsm.CanaryAnswer](ctx, e, c, 1, &fsm.EndCanary{Type: typ, Promote: promote, Message: message})
}

// Canary returns the canary of a type, and what the type is routed to.
func (e *Engine) Canary(ctx context.Context, rd Read, typ string) (c rows.Canary, routed catalog.Version, index uint64, err error) {
	if err := checkType("type", typ); err != nil {
		return c, routed, 0, err
	}
	found := false
	err = e.read(ctx, rd, func(v fsm.View) {
		index, routed = v.Index(), v.Catalog().Routed(typ)
		c, found = v.Canary(typ)
	})
	if err == nil && !found {
		err = &fsm.NoCanary{Type: typ}
	}
	return c, routed, index, err
}

// Canaries lists all canaries, by type, and what their types are routed to.
func (e *Engine) Canaries(ctx context.Context, rd Read) (list []rows.Canary, routed []catalog.Version, index uint64, err error) {
	err = e.read(ctx, rd, func(v fsm.View) {
		index, list = v.Index(), v.Canaries()
		for i := range list {
			routed = append(routed, v.Catalog().Routed(list[i].Type))
		}
	})
	return list, routed, index, err
}

// canaryTimes ends canaries whose time is over. Everything else about canaries is decided in the
// entries of their runs.
type canaryTimes struct{ e *Engine }

// lookForCanaries is how often the loop looks without having been told of a new one.
const lookForCanaries = 10 * time.Second

func (c *canaryTimes) run(ctx context.Context) error {
	for {
		now := c.e.now()
		until := now.Add(lookForCanaries)
		var due []rows.Canary
		c.e.cfg.Log.View(func(v fsm.View) {
			for _, canary := range v.Canaries() {
				switch {
				case canary.Until == 0:
				case canary.Until <= now:
					due = append(due, canary)
				default:
					until = min(until, canary.Until)
				}
			}
		})
		for _, canary := range due {
			if !c.end(ctx, canary) {
				until = now.Add(100 * time.Millisecond) // log time may be behind this node's
			}
		}
		if err := c.e.nap(ctx, until, c.e.canaryRule); err != nil {
			return err
		}
	}
}

func (c *canaryTimes) end(ctx context.Context, canary rows.Canary) bool {
	res, err := c.e.cfg.Log.Propose(ctx, fsm.Envelope{Command: &fsm.EndCanary{Type: canary.Type, Promote: true, Due: true, Index: canary.Index}})
	if err != nil || res.Refusal != nil {
		c.e.log.Debug("a canary whose time is over goes on, will try again", "type", canary.Type, "error", err)
		return false
	}
	c.e.log.Info("promoted a canary whose time was over", "type", canary.Type, "version", canary.Version.Short())
	return true
}
