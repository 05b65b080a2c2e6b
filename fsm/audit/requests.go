package audit

import (
	"fmt"

	"aion.dev/aion/fsm/rows"
)

// checkRequests recounts the request table: every key stands in the queue, and owners and classes
// hold what their rows add up to.
func (c *checker) checkRequests() {
	c.checkUnowned()
	owners := map[string]rows.OwnerUse{}
	var totals [rows.Classes]rows.RequestTotal
	c.p.Scan(rows.Key(rows.FamilyRemembered), rows.Key(rows.FamilyRemembered+1), func(k, b []byte) bool {
		m, err := rows.DecodeRemembered(b)
		if err == nil {
			err = c.p.CheckOutcome(m.Outcome, false)
		}
		if err != nil {
			c.failf("I8: request %x: %w", k, err)
			return false
		}
		place := rows.ForgetKey(m.Class, m.Expires, k[1:])
		owner := c.p.Get(place)
		if owner == nil || string(place[2:]) < string(c.p.Meta().Table[m.Class].Front) {
			c.failf("I8: request %x is not in its queue", k)
		}
		u := owners[string(owner)]
		bytes := uint64(m.Cost(b, string(owner)))
		u.Bytes[m.Class] += bytes
		u.Keys[m.Class]++
		owners[string(owner)] = u
		totals[m.Class].Bytes += bytes
		totals[m.Class].Keys++
		return true
	})
	for class, want := range totals {
		if got := c.p.Meta().Table[class]; got.Bytes != want.Bytes || got.Keys != want.Keys {
			c.failf("I8: class %d has %d keys of %d bytes, its rows are %d of %d", class, got.Keys, got.Bytes, want.Keys, want.Bytes)
		}
	}
	c.count("owners of request keys", rows.Key(rows.FamilyOwner), uint64(len(owners)))
	for _, owner := range sortedKeys(owners) {
		var got rows.OwnerUse
		if !decoded(c.p.Get(rows.TextKey(rows.FamilyOwner, owner)), &got) || got != owners[owner] {
			c.failf("I8: owner %q holds %+v, its rows add up to %+v", owner, got, owners[owner])
		}
	}
}

// checkUnowned: every id stands in its queue, and the queue's numbers have no gaps.
func (c *checker) checkUnowned() {
	err := each(c.p, rows.FamilyRequest, func(k []byte, m rows.UnownedRequest) {
		queue := c.p.Meta().Requests[m.Class]
		if m.Number < queue.First || m.Number >= queue.End {
			c.failf("I8: request %q has number %d, its queue is %+v", k[1:], m.Number, queue)
		}
		v := c.p.Get(rows.ExpiryKey(m.Class, m.Number))
		if len(v) < 8 || string(v[8:]) != string(k[1:]) || rows.U64(v) != uint64(m.Expires) {
			c.failf("I8: request %q is not in its queue", k[1:])
		}
		if err := c.p.CheckOutcome(m.Outcome, true); err != nil {
			c.failf("I8: request %q: %w", k[1:], err)
		}
	})
	if err != nil {
		c.failf("I8: %w", err)
	}
	for class, queue := range c.p.Meta().Requests {
		c.count(fmt.Sprintf("unowned request ids of class %d", class), append(rows.Key(rows.FamilyExpiry), byte(class)), queue.Len())
	}
}
