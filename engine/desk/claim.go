package desk

// Claim is what concurrent polls under one request id share. The attempts that their lease gave are
// either handed over or given back, once for all of these polls. Otherwise a worker that repeats a
// poll after its connection broke could get attempts that the first call is about to give back.
type Claim struct {
	desk            *Desk
	polls           int // under way
	decided, handed bool
}

// Join registers a poll until it calls leave. Without a request id, "", the poll shares with
// nobody.
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

// DecideHandOver reports whether the attempts are handed over. The first poll that asks decides:
// they are if it still has a caller to hand them to.
func (c *Claim) DecideHandOver(there bool) (handed bool) {
	c.desk.mu.Lock()
	defer c.desk.mu.Unlock()
	if !c.decided {
		c.decided, c.handed = true, there
	}
	return c.handed
}
