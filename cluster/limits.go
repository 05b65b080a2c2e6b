package cluster

import (
	"cmp"
	"context"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/rows"
)

// reportLimits reports this node's configured values of the limits that live in the state, unless
// the cluster has them already. fsm.SetLimits decides what takes effect.
func (c *Cluster) reportLimits(ctx context.Context) error {
	want := rows.Limits{RequestBytes: cmp.Or(c.cfg.State.RequestBytes, fsm.DefaultRequestBytes)}
	due := false
	c.state.View(func(v fsm.View) {
		said, known := v.FileLimits(c.id)
		due = said != want || !known
	})
	if !due || !c.uniform() || c.announced.Load() == 0 {
		return nil
	}
	r, err := c.Propose(ctx, fsm.Envelope{Command: &fsm.SetLimits{Node: c.id, Limits: want}})
	if err == nil && r.Refusal != nil {
		err = r.Refusal
	}
	if err != nil {
		return err
	}
	if _, err := c.state.Wait(ctx, r.Index-1); err != nil {
		return err
	}
	c.state.View(func(v fsm.View) {
		if holds, _ := v.Limits(); holds != want {
			c.log.Warn("this node's configuration has another limit than the cluster; to change the cluster's limit, change a node's configuration and restart that node",
				"setting", "limits.request_bytes", "file", want.RequestBytes, "cluster", holds.RequestBytes)
		}
	})
	return nil
}

// uniform reports whether no member is known to run another build. A build older than owners of
// request keys stops at a command that names one. So until all members run this build, no node
// writes what an older one could not read. Once the state has limits, no older build is left.
func (c *Cluster) uniform() bool {
	if c.ownersRead.Load() {
		return true
	}
	c.state.View(func(v fsm.View) {
		if _, set := v.Limits(); set {
			c.ownersRead.Store(true)
		}
	})
	return c.ownersRead.Load() || c.Alike()
}

// readable removes the owner of a request key if some member could not read it.
func (c *Cluster) readable(e fsm.Envelope) fsm.Envelope {
	if e.Request != nil && e.Request.Owner != "" && !c.uniform() {
		q := *e.Request
		q.Owner = ""
		e.Request = &q
	}
	return e
}
