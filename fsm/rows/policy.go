package rows

import (
	"aion.dev/aion/catalog/signature"
	"aion.dev/aion/fsm/history"
)

// TrustedKey is a key whose signatures count, or counted until it was revoked. A name stands for
// one key for as long as there is a row.
type TrustedKey struct {
	Name      string        `cbor:"1,keyasint"`
	Key       signature.Key `cbor:"2,keyasint"`
	TrustedAt history.Time  `cbor:"3,keyasint"`
	TrustedBy string        `cbor:"4,keyasint,omitempty"` // the actor
	RevokedAt history.Time  `cbor:"5,keyasint,omitempty"` // 0 = it is trusted
	RevokedBy string        `cbor:"6,keyasint,omitempty"`
}

// Revoked reports whether signatures by the key count no more.
func (k *TrustedKey) Revoked() bool { return k.RevokedAt != 0 }

// SignatureRule says by whom packages must be signed that carry a type with a prefix. Of the rules
// whose prefix a type has, the one with the longest decides.
type SignatureRule struct {
	Prefix string       `cbor:"1,keyasint"` // empty = every type has it
	Keys   []string     `cbor:"2,keyasint"` // names of the keys that count, sorted; none = all that are trusted
	Count  uint64       `cbor:"3,keyasint"` // how many of them have to sign; 0 = none has to
	SetAt  history.Time `cbor:"4,keyasint"`
	SetBy  string       `cbor:"5,keyasint,omitempty"` // the actor
}

// VersionSignatures are the signatures of a loaded version, in the order in which they came. Each
// verifies.
type VersionSignatures struct {
	List []VersionSignature `cbor:"1,keyasint"`
}

// VersionSignature is one of them.
type VersionSignature struct {
	Signature signature.Signature `cbor:"1,keyasint"`
	At        history.Time        `cbor:"2,keyasint"`
	By        string              `cbor:"3,keyasint,omitempty"` // the actor who brought it
}

// FamilyPolicy has rows of two kinds, told apart by the letter behind the family.
const (
	policyKey  = 'k'
	policyRule = 'r'
)

// TrustedKeyKey is the key of the row of a trusted key.
func TrustedKeyKey(name string) []byte { return append(append(Key(FamilyPolicy), policyKey), name...) }

// SignatureRuleKey is the key of the row of a rule.
func SignatureRuleKey(prefix string) []byte {
	return append(append(Key(FamilyPolicy), policyRule), prefix...)
}

// IsTrustedKey reports which of the two kinds a key of FamilyPolicy is of.
func IsTrustedKey(k []byte) bool { return k[1] == policyKey }
