package audit

import (
	"bytes"

	"aion.dev/aion/fsm/rows"
)

// checkTokens: the table of tokens in memory is what is stored, each secret is that of one token,
// and serials are given out once.
func (c *checker) checkTokens() {
	var a rows.Auth
	if err := each(c.p, rows.FamilyAuth, func(_ []byte, row rows.Auth) { a = row }); err != nil || a != c.p.Auth() {
		c.failf("of callers the state remembers %+v, stored is %+v, %v", c.p.Auth(), a, err)
	}
	serials, hashes, n := map[uint64]bool{}, map[string]bool{}, 0
	err := each(c.p, rows.FamilyToken, func(_ []byte, k rows.Token) {
		n++
		byName, known := c.p.Token(k.Name)
		byHash, knownToo := c.p.TokenOf(k.Hash)
		switch {
		case !known || !knownToo || !bytes.Equal(rows.Encoded(byName), rows.Encoded(k)) || !bytes.Equal(rows.Encoded(byHash), rows.Encoded(k)):
			c.failf("token %q is remembered as %+v and %+v, stored is %+v", k.Name, byName, byHash, k)
		case serials[k.Serial] || hashes[string(k.Hash[:])] || k.Serial == 0 || k.Serial > a.Made:
			c.failf("token %q has the serial %d of %d, or the secret, of another one", k.Name, k.Serial, a.Made)
		}
		serials[k.Serial], hashes[string(k.Hash[:])] = true, true
	})
	if err != nil {
		c.failf("tokens on disk: %w", err)
	}
	for after, first := "", true; ; first = false {
		page := c.p.Tokens(after, 100)
		if n -= len(page); len(page) == 0 {
			break
		}
		if !first && page[0].Name <= after {
			c.failf("tokens are listed out of order after %q", after)
		}
		after = page[len(page)-1].Name
	}
	if n != 0 {
		c.failf("the list of tokens has %d too few", n)
	}
}
