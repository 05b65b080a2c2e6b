package fsm

import (
	"bytes"
	"slices"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/rows"
)

// Check asks every node for its digest at this index.
type Check struct {
	Leader string `cbor:"1,keyasint"`
}

// ReportDigest says what a node's running digest was at the index of a Check.
type ReportDigest struct {
	Node   string         `cbor:"1,keyasint"`
	Index  uint64         `cbor:"2,keyasint"`
	Digest catalog.Digest `cbor:"3,keyasint"`
}

// Kind implements Command.
func (*Check) Kind() Kind        { return KindCheck }
func (*ReportDigest) Kind() Kind { return KindReportDigest }

// DigestReport is what a node reported for a Check.
type DigestReport struct {
	Node   string
	Digest catalog.Digest
}

// checksKept is how many checks are remembered with their reports.
const checksKept = 16

func (c *Check) apply(t *step) (Answer, Refusal) {
	t.checked = true
	return new(Done), nil
}

// note remembers the check that the entry holds, once its digest is known. The row lies in meta,
// beside the digest and like it outside of what the digest covers.
func (t *step) note() {
	if t.checked {
		t.meta.Checks = append(slices.Clone(t.meta.Checks), rows.Check{Index: t.index, Digest: t.meta.Digest})
	}
}

// dropChecks makes room for the check that the entry holds.
func (t *step) dropChecks() {
	if !t.checked || len(t.meta.Checks) < checksKept {
		return
	}
	oldest := t.meta.Checks[0].Index
	t.meta.Checks = t.meta.Checks[1:]
	t.DelRange(rows.NumberKey(rows.FamilyReport, oldest), rows.NumberKey(rows.FamilyReport, oldest+1))
}

// apply keeps the report beside the others for the same check, and in the node's row. Reports for
// checks that are no longer remembered are ignored, and so is one that differs from what the node
// reported about the same check before: an entry is applied once, so one of the two is not the
// node's.
func (c *ReportDigest) apply(t *step) (Answer, Refusal) {
	var n rows.Node
	known := slices.ContainsFunc(t.meta.Checks, func(r rows.Check) bool { return r.Index == c.Index })
	if !known || !t.Read(rows.TextKey(rows.FamilyNode, c.Node), &n) {
		return new(Done), nil
	}
	k := rows.ReportKey(c.Index, c.Node)
	if first := t.Get(k); first != nil && !bytes.Equal(first, c.Digest[:]) {
		return new(Done), nil
	}
	t.Put(k, c.Digest[:])
	if c.Index >= n.DigestIndex {
		n.Digest, n.DigestIndex = c.Digest, c.Index
		t.putNode(n)
	}
	return new(Done), nil
}

// forgetChecks drops all checks with their reports.
func (t *step) forgetChecks() {
	t.meta.Checks = nil
	t.DelRange(rows.Key(rows.FamilyReport), rows.Key(rows.FamilyReport+1))
}

// Checks implements View.
func (p *picture) Checks() []rows.Check { return p.meta.Checks }

// DigestReports implements View.
func (p *picture) DigestReports(index uint64) (reports []DigestReport) {
	mine := rows.NumberKey(rows.FamilyReport, index)
	p.Scan(mine, rows.NumberKey(rows.FamilyReport, index+1), func(k, b []byte) bool {
		reports = append(reports, DigestReport{string(k[len(mine):]), catalog.Digest(b)})
		return true
	})
	return reports
}
