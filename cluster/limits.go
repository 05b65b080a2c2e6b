package cluster

import (
	"cmp"
	"context"

	"aion.dev/aion/fsm"
)

// reportLimits tells the cluster what this node's file has for the limits that live in the state,
// when it has not heard that yet. What takes effect is for fsm.SetLimits to decide.
func (c *Cluster) reportLimits(ctx context.Context) error {
	want := fsm.Limits{RequestBytes: cmp.Or(c.cfg.State.RequestBytes, fsm.DefaultRequestBytes)}
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
			c.log.Warn("this node's file has another limit than the cluster; to change the cluster's, change a file and start that node again",
				"setting", "limits.request_bytes", "file", want.RequestBytes, "cluster", holds.RequestBytes)
		}
	})
	return nil
}

// uniform reports whether no member is known to run another build. A build from before owners of
// request keys stops at a command that names one, so until all members are of this build nothing is
// written that it could not read. Once the state has limits, no such build is left.
func (c *Cluster) uniform() bool {
	if c.levelled.Load() {
		return true
	}
	same := true
	c.state.View(func(v fsm.View) {
		if _, set := v.Limits(); set {
			c.levelled.Store(true)
			return
		}
		for _, n := range v.Nodes() {
			same = same && n.Version == c.cfg.Version
		}
	})
	return same
}

// readable leaves the owner of a request key out where not every member could read it.
func (c *Cluster) readable(e fsm.Envelope) fsm.Envelope {
	if e.Request != nil && e.Request.Owner != "" && !c.uniform() {
		q := *e.Request
		q.Owner = ""
		e.Request = &q
	}
	return e
}
