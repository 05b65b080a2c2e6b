package fsm

import (
	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/fsm/store"
)

// ReportReady says which loaded versions a node has compiled; versions that are not loaded are
// ignored.
type ReportReady struct {
	Node    string          `cbor:"1,keyasint"`
	Version catalog.Version `cbor:"2,keyasint"`
	Ready   bool            `cbor:"3,keyasint,omitempty"`
	Problem string          `cbor:"4,keyasint,omitempty"` // why it is not ready
}

// Kind implements Command.
func (*ReportReady) Kind() Kind { return KindReportReady }

// apply ignores versions that are not loaded and nodes that are not in the node table: the report
// came after an unload or a removal.
func (c *ReportReady) apply(t *step) (Answer, Refusal) {
	if len(c.Problem) > maxText {
		c.Problem = c.Problem[:maxText]
	}
	k := rows.ReadinessKey(c.Version, c.Node)
	if _, loaded := t.s.catalog.Package(c.Version); !loaded || t.Get(rows.TextKey(rows.FamilyNode, c.Node)) == nil {
		return new(Done), nil
	}
	r := rows.Readiness{Version: c.Version, Node: c.Node, Ready: c.Ready, Problem: c.Problem}
	var old rows.Readiness
	if t.Read(k, &old) && old == r {
		return new(Done), nil
	}
	t.Put(k, rows.Encoded(r))
	t.announce(feedReadinessChanged, readinessChanged(r))
	return new(Done), nil
}

// forgetReadiness drops what nodes reported of a version that is being unloaded.
func (t *step) forgetReadiness(v catalog.Version) {
	var gone [][]byte
	mine := rows.VersionKey(rows.FamilyReadiness, v)
	t.Scan(mine, rows.After(mine), func(k, _ []byte) bool {
		gone = append(gone, append([]byte(nil), k...))
		return true
	})
	for _, k := range gone {
		t.Del(k)
	}
}

// forgetReadinessOf drops what a node reported that is removed.
func (t *step) forgetReadinessOf(node string) {
	for _, p := range t.s.catalog.Packages() {
		if k := rows.ReadinessKey(p.Version, node); t.Get(k) != nil {
			t.Del(k)
		}
	}
}

// forgetReadinessOfAll drops what all nodes reported.
func (t *step) forgetReadinessOfAll() {
	t.DelRange(rows.Key(rows.FamilyReadiness), rows.Key(rows.FamilyReadiness+1))
}

// Readiness implements View.
func (p *picture) Readiness() (list []rows.Readiness) {
	p.s.fail(store.Each(p.snap.Reader, rows.FamilyReadiness, func(_ []byte, r rows.Readiness) { list = append(list, r) }))
	return list
}
