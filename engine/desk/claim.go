package desk

// Claim is what the polls under way under one request id know of each other. What their lease gave
// is either handed over or given back, once for all of them: a worker that repeats a poll whose
// connection broke would otherwise be handed attempts that the first call is about to give back.
type Claim struct {
	desk            *Desk
	polls           int // under way
	decided, handed bool
}

// Join counts a poll in until it calls leave. Without a request id, "", there is nobody to share
// with.
func (d *Desk) Join(request string) (shared *Claim, leave func()) {
	if request == "" {
		return &Claim{desk: d}, func() {}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	shared = d.claims[request]
	if shared == nil {
		shared = &Claim{desk: d}
		d.claims[request] = shared
	}
	shared.polls++
	return shared, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if shared.polls--; shared.polls == 0 {
			delete(d.claims, request)
		}
	}
}

// Decide tells whether the attempts are handed over. The first poll to ask decides: they are if it
// still has somebody to hand them to.
func (c *Claim) Decide(there bool) (handed bool) {
	c.desk.mu.Lock()
	defer c.desk.mu.Unlock()
	if !c.decided {
		c.decided, c.handed = true, there
	}
	return c.handed
}
