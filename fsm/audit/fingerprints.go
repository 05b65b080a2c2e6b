package audit

import (
	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/rows"
)

// checkFingerprints: they are of the open runs that have turns, as far as these were taken up, and
// what is kept of no run is of a version that is loaded.
func (c *checker) checkFingerprints() {
	var done rows.FingerprintsDone
	if b := c.p.Get(rows.Key(rows.FamilyFingerprint)); b != nil {
		done = rows.DecodeFingerprintsDone(b)
	}
	want := map[string]rows.Fingerprint{}
	for _, n := range c.order {
		r := &n.row.Run
		if c.p.Level() >= 2 && r.Status.Open() && r.Turns > 0 && done.Have(n.row.Serial) {
			k := string(rows.FingerprintKey(r.Type, r.Version))
			want[k] = want[k].Plus(rows.FingerprintOf(r.RunID, r.Turns, uint64(len(r.Reopened))))
		}
	}
	c.p.Scan(rows.Key(rows.FamilyFingerprint), rows.Key(rows.FamilyFingerprint+1), func(k, b []byte) bool {
		if len(k) == 1 {
			return true
		}
		got := rows.DecodeFingerprint(b)
		if got != want[string(k)] {
			c.failf("the fingerprint %q is %+v, the runs say %+v", k, got, want[string(k)])
		}
		v := catalog.Version(k[len(k)-len(catalog.Version{}):])
		if _, loaded := c.p.Catalog().Package(v); !loaded {
			c.failf("the fingerprint %q is kept of a version that is not loaded", k)
		}
		delete(want, string(k))
		return true
	})
	for _, k := range sortedKeys(want) {
		c.failf("there is no fingerprint %q, the runs say %+v", k, want[k])
	}
}
