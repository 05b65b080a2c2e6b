package sim

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/big"
	"math/rand/v2"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/rows"
)

// fingerprint is that of the open runs of a type that have turns: the spelling of docs/STATE.md.
func (m *Model) fingerprint(typ string) rows.Fingerprint {
	sum, n := new(big.Int), uint64(0)
	for _, r := range m.runs { // any order: a sum
		if r.typ == typ && r.status.Open() && r.turns > 0 {
			b := binary.BigEndian.AppendUint64(append([]byte(nil), r.id[:]...), r.turns)
			one := sha256.Sum256(binary.BigEndian.AppendUint64(b, uint64(len(r.reopened))))
			sum.Add(sum, new(big.Int).SetBytes(one[:16]))
			n++
		}
	}
	var b [16]byte
	sum.And(sum, new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 128), big.NewInt(1))).FillBytes(b[:])
	return rows.Fingerprint{Runs: n, High: binary.BigEndian.Uint64(b[:8]), Low: binary.BigEndian.Uint64(b[8:])}
}

// gateHolds reports whether a command stands before a gate that does not open: other runs are open
// than those that were proven.
func (m *Model) gateHolds(c fsm.Command) bool {
	var loads []*fsm.LoadPackage
	switch c := c.(type) {
	case *fsm.LoadPackage:
		loads = append(loads, c)
	case *fsm.Deploy:
		for i := range c.Changes {
			if c.Changes[i].Load != nil {
				loads = append(loads, c.Changes[i].Load)
			}
		}
	}
	for _, load := range loads {
		for _, g := range load.Gate {
			if m.level < 2 || m.untaken || m.fingerprint(g.Type) != g.Fingerprint {
				return true
			}
		}
	}
	return false
}

func (m *Model) fingerprintsAreNot(v fsm.View) string {
	for _, typ := range append([]string{"gate", "flow"}, types...) {
		got, known := v.Fingerprint(typ)
		if want := m.level >= 2 && !m.untaken; known != want {
			return fmt.Sprintf("the fingerprint of %s is known: %v, want %v", typ, known, want)
		}
		if want := m.fingerprint(typ); known && got != want {
			return fmt.Sprintf("the fingerprint of %s is %+v, want %+v", typ, got, want)
		}
	}
	return ""
}

// gated is a load behind a gate, with the fingerprints that n shows. Seldom they are others.
func (w *World) gated(n *node, rng *rand.Rand) fsm.Command {
	c := &fsm.LoadPackage{Package: one(rng, known), Route: true}
	n.state.View(func(v fsm.View) {
		for _, typ := range c.Package.Types() {
			f, _ := v.Fingerprint(typ)
			c.Gate = append(c.Gate, fsm.Gated{Type: typ, Fingerprint: f})
		}
	})
	switch rng.IntN(12) {
	case 0:
		c.Gate[0].Fingerprint.Low++
	case 1:
		c.Gate[0].Fingerprint.Runs++
	case 2, 3:
		return &fsm.Deploy{Changes: []fsm.Change{{Load: c}}}
	}
	return c
}
