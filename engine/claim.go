package engine

// claim is what the polls under way under one request id know of each other. What their lease gave is either handed over or given back, once for all of them: a worker that repeats a poll
// whose connection broke would otherwise be handed attempts that the first call is about to give back.
type claim struct {
	polls           int // under way
	decided, handed bool
}

// join counts a poll in until it calls leave. Without a request id there is nobody to share with.
func (d *desk) join(c Call) (shared *claim, leave func()) {
	if c.Request == nil {
		return new(claim), func() {}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	shared = d.claims[c.Request.ID]
	if shared == nil {
		shared = new(claim)
		d.claims[c.Request.ID] = shared
	}
	shared.polls++
	return shared, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if shared.polls--; shared.polls == 0 {
			delete(d.claims, c.Request.ID)
		}
	}
}

// decide tells whether the attempts are handed over. The first poll to ask decides: they are if it still has somebody to hand them to.
func (d *desk) decide(c *claim, there bool) (handed bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !c.decided {
		c.decided, c.handed = true, there
	}
	return c.handed
}
