package fsm

import (
	"fmt"

	"aion.dev/aion/catalog"
	"github.com/cockroachdb/pebble/v2"
)

// Limits are bounds that apply enforces, so they are part of the state: nodes whose files differ
// would part ways otherwise.
type Limits struct {
	RequestBytes uint64 `cbor:"1,keyasint"` // of given request keys
}

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
	Node   string `cbor:"1,keyasint"`
	Limits Limits `cbor:"2,keyasint"`
}

// Kind implements Command.
func (*SetLimits) Kind() Kind { return KindSetLimits }

func (c *SetLimits) apply(t *step) (Answer, Refusal) {
	if t.get(textKey(keyNode, c.Node)) == nil {
		return nil, &catalog.InvalidInput{Field: "node", Reason: fmt.Sprintf("%s has not announced itself", catalog.Quote(clip(c.Node)))}
	}
	if n := c.Limits.RequestBytes; n < MinRequestBytes || n > MaxRequestBytes {
		return nil, &catalog.InvalidInput{Field: "limits.request_bytes", Reason: fmt.Sprintf("is %d; %d to %d are allowed", n, MinRequestBytes, MaxRequestBytes)}
	}
	var said Limits
	known := t.read(fileKey(c.Node), &said)
	if first := t.s.limits == (Limits{}); first || known && said != c.Limits {
		t.put(key(keyLimits), encoded(c.Limits))
		t.s.limits = c.Limits
	}
	if !known || said != c.Limits {
		t.put(fileKey(c.Node), encoded(c.Limits))
	}
	return new(Done), nil
}

// readLimits reads the cluster's limits; zero when nobody said what they are.
func readLimits(from pebble.Reader) (l Limits, err error) {
	b, err := get(from, key(keyLimits))
	if err == nil && b != nil {
		err = decode(b, &l)
	}
	return l, err
}

// fileKey is the row of what a node's file says. The cluster's limits stand before all of them.
func fileKey(node string) []byte { return textKey(keyLimits, node) }

// Limits implements View.
func (p *picture) Limits() (Limits, bool) { return p.limits, p.limits != (Limits{}) }

// FileLimits implements View.
func (p *picture) FileLimits(node string) (l Limits, ok bool) {
	ok = p.row(p.get(fileKey(node)), &l)
	return l, ok
}
