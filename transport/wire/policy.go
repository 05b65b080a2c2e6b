package wire

import "time"

// HeaderSignature are the signatures of an archive that is fetched, separated by ", ".
const HeaderSignature = "Aion-Signature"

// TrustedKey is a key whose signatures of packages count, or counted until it was revoked.
type TrustedKey struct {
	Name      string     `json:"name"`
	PublicKey string     `json:"public_key" doc:"ed25519: and 43 characters of base64url"`
	State     string     `json:"state" enum:"trusted,revoked"`
	TrustedAt time.Time  `json:"trusted_at" doc:"Since when"`
	TrustedBy string     `json:"trusted_by,omitempty" doc:"The actor"`
	RevokedAt *time.Time `json:"revoked_at,omitempty" doc:"Absent: it is trusted"`
	RevokedBy string     `json:"revoked_by,omitempty" doc:"The actor"`
}

// SignatureRule says by whom packages must be signed that carry a type with a prefix.
type SignatureRule struct {
	TypePrefix string    `json:"type_prefix" doc:"Empty: every type has it. Of the rules whose prefix a type has, the one with the longest decides"`
	Count      uint64    `json:"count" doc:"How many keys have to sign; 0: none has to"`
	Keys       []string  `json:"keys" doc:"Names of the keys that count, sorted; empty: all that are trusted"`
	SetAt      time.Time `json:"set_at" doc:"When it was set"`
	SetBy      string    `json:"set_by,omitempty" doc:"The actor"`
}

// Policy is which keys are trusted and what has to be signed.
type Policy struct {
	Keys  []TrustedKey    `json:"keys" doc:"By name, revoked ones too"`
	Rules []SignatureRule `json:"rules" doc:"By prefix"`
	Indexed
}

// KeySpec is the body of PUT /v1/policy/keys/{name}.
type KeySpec struct {
	PublicKey string `json:"public_key" doc:"ed25519: and 43 characters of base64url, as key show prints it"`
}

// RuleSpec is the body of PUT /v1/policy/rules.
type RuleSpec struct {
	TypePrefix string   `json:"type_prefix" doc:"Empty: every type has it"`
	Count      *uint64  `json:"count,omitempty" doc:"How many keys have to sign; 0: none has to, whatever rules of shorter prefixes say; default 1"`
	Keys       []string `json:"keys,omitempty" doc:"Names of the trusted keys that count; default: all that are trusted"`
}

// PolicyAnswer is a key or a rule as it is now, or as it was when it was removed.
type PolicyAnswer struct {
	Key        *TrustedKey    `json:"key,omitempty"`
	PublicKey  string         `json:"public_key,omitempty" doc:"That of key"`
	Rule       *SignatureRule `json:"rule,omitempty"`
	TypePrefix *string        `json:"type_prefix,omitempty" doc:"That of rule"`
	Answered
}

// VersionSignature is a signature of a loaded version.
type VersionSignature struct {
	Key       string    `json:"key,omitempty" doc:"Name of the key, if the policy knows it"`
	PublicKey string    `json:"public_key" doc:"The key itself: ed25519: and 43 characters of base64url"`
	State     string    `json:"state" enum:"trusted,revoked,unknown" doc:"Of the key now: only signatures by trusted keys count"`
	Signature string    `json:"signature" doc:"As a line of a signature file"`
	At        time.Time `json:"at" doc:"When it was brought"`
	By        string    `json:"by,omitempty" doc:"The actor who brought it"`
}
