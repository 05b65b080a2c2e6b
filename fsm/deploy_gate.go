package fsm

import (
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/rows"
)

// Gated is a type whose open runs were all replayed on a version before the log, and the
// fingerprint of these runs then. The version is routed only if the fingerprint is still the same.
type Gated struct {
	Type        string           `cbor:"1,keyasint"`
	Fingerprint rows.Fingerprint `cbor:"2,keyasint"`
}

// gate refuses a load whose proof is not of the runs that there are now.
func (t *step) gate(c *LoadPackage) Refusal {
	if len(c.Gate) > 0 && (t.level() < 2 || !t.s.prints.done.All()) {
		return &Fenced{Why: "open runs have no fingerprints yet"}
	}
	for _, g := range c.Gate {
		if now := t.s.prints.all[g.Type]; now != g.Fingerprint {
			return &Fenced{Why: fmt.Sprintf("%d runs of type %s were proven, and another set of %d is open", g.Fingerprint.Runs, catalog.Quote(g.Type), now.Runs)}
		}
	}
	return nil
}
