package rows

import (
	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
)

// Token lets whoever knows its secret call, within its grants. The secret itself is stored nowhere.
// A token never changes: it is created, and revoked.
type Token struct {
	Name      string         `cbor:"1,keyasint"` // the actor of what is done with it, and the owner of its request keys
	Hash      catalog.Digest `cbor:"2,keyasint"` // SHA-256 of the secret
	Grants    []string       `cbor:"3,keyasint"` // as package grant writes them; the state does not read them
	Serial    uint64         `cbor:"4,keyasint"` // how many tokens there had been, it included: tells it from an earlier one of the name
	CreatedAt history.Time   `cbor:"5,keyasint"`
	CreatedBy string         `cbor:"6,keyasint,omitempty"` // the actor
	ExpiresAt history.Time   `cbor:"7,keyasint,omitempty"` // 0 = never
	Rates     TokenRates     `cbor:"8,keyasint,omitzero"`  // level 4; the state does not read them
}

// TokenRates are how much a token may be used, on each node that is called; 0 = as much as it will.
type TokenRates struct {
	Calls uint64 `cbor:"1,keyasint,omitempty"` // a second
	Bytes uint64 `cbor:"2,keyasint,omitempty"` // a second, of calls and answers
	Waits uint64 `cbor:"3,keyasint,omitempty"` // calls that wait at a time
}

// Expired reports whether the token's time is over.
func (t *Token) Expired(now history.Time) bool { return t.ExpiresAt != 0 && now >= t.ExpiresAt }

// Auth is what the state knows of callers beside their tokens.
type Auth struct {
	Made   uint64         `cbor:"1,keyasint,omitempty"` // tokens that were ever made; from the first one on every call needs one
	Key    catalog.Digest `cbor:"2,keyasint,omitzero"`  // with which nodes sign whom they pass on; zero = none yet
	Before catalog.Digest `cbor:"3,keyasint,omitzero"`  // the key before that one: what it signed is still under way when it is replaced
	KeyAt  history.Time   `cbor:"4,keyasint,omitempty"` // when Key was set
}
