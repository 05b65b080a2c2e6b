package history

// CancelPolicy says what becomes of an activity or a child when it is to be cancelled: because the
// run is, or by its code. In turns of rules below 3 there was no choice: all were abandoned, and
// their events say nothing.
type CancelPolicy uint8

// Policies; the zero value is the default.
const (
	CancelWait    CancelPolicy = 0 // ask, and wait for what becomes of it
	CancelAbandon CancelPolicy = 1 // ask, and go on at once
	CancelIgnore  CancelPolicy = 2 // do not ask
)

// cancelPolicyNames are the words that code writes and histories show.
var cancelPolicyNames = []string{CancelWait: "wait", CancelAbandon: "abandon", CancelIgnore: "ignore"}

// String is the word that code writes.
func (p CancelPolicy) String() string { return choiceName(cancelPolicyNames, uint8(p)) }

// MarshalText writes the word.
func (p CancelPolicy) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText is the reverse of MarshalText.
func (p *CancelPolicy) UnmarshalText(b []byte) error {
	n, err := parseChoice("cancel policy", cancelPolicyNames, string(b))
	*p = CancelPolicy(n)
	return err
}
