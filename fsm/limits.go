package fsm

import (
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/fsm/store"
)

// Bounds of Limits, and what holds where nobody said anything: ten million starts of one token.
const (
	MinRequestBytes     = 1 << 10
	MaxRequestBytes     = 1 << 40
	DefaultRequestBytes = 3 << 29
)

// SetLimits says what a node's own file has for the cluster's limits. The first one in a cluster
// takes effect. After that a node that is new changes nothing, and neither does one that says what
// it said before: only a file that was changed takes effect. So nodes with different files cannot
// take turns, whoever leads and however often they start. Refused: invalid_input.
type SetLimits struct {
	Node   string      `cbor:"1,keyasint"`
	Limits rows.Limits `cbor:"2,keyasint"`
}

// Kind implements Command.
func (*SetLimits) Kind() Kind { return KindSetLimits }

func (c *SetLimits) apply(t *step) (Answer, Refusal) {
	if t.Get(rows.TextKey(rows.FamilyNode, c.Node)) == nil {
		return nil, &catalog.InvalidInput{Field: "node", Reason: fmt.Sprintf("%s has not announced itself", catalog.Quote(clip(c.Node)))}
	}
	if n := c.Limits.RequestBytes; n < MinRequestBytes || n > MaxRequestBytes {
		return nil, &catalog.InvalidInput{Field: "limits.request_bytes", Reason: fmt.Sprintf("is %d; %d to %d are allowed", n, MinRequestBytes, MaxRequestBytes)}
	}
	var said rows.Limits
	known := t.Read(rows.LimitsKey(c.Node), &said)
	if first := t.s.limits == (rows.Limits{}); first || known && said != c.Limits {
		t.Put(rows.Key(rows.FamilyLimits), rows.Encoded(c.Limits))
		t.s.limits = c.Limits
	}
	if !known || said != c.Limits {
		t.Put(rows.LimitsKey(c.Node), rows.Encoded(c.Limits))
	}
	return new(Done), nil
}

// forgetLimitsOf drops what the file of a node said that is removed.
func (t *step) forgetLimitsOf(node string) {
	if k := rows.LimitsKey(node); t.Get(k) != nil {
		t.Del(k)
	}
}

// forgetLimitsOfNodes drops what the files of all nodes said. The cluster's own limits stay: their
// key is the family's letter alone.
func (t *step) forgetLimitsOfNodes() {
	t.DelRange(append(rows.Key(rows.FamilyLimits), 0), rows.Key(rows.FamilyLimits+1))
}

// readLimits reads the cluster's limits; zero when nobody said what they are.
func readLimits(from store.Reader) (l rows.Limits, err error) {
	b, err := from.Get(rows.Key(rows.FamilyLimits))
	if err == nil && b != nil {
		err = rows.Decode(b, &l)
	}
	return l, err
}

// Limits implements View.
func (p *picture) Limits() (rows.Limits, bool) { return p.limits, p.limits != (rows.Limits{}) }

// FileLimits implements View.
func (p *picture) FileLimits(node string) (l rows.Limits, ok bool) {
	ok = p.row(p.Get(rows.LimitsKey(node)), &l)
	return l, ok
}
