package fsm

import (
	"fmt"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// Bootstrap makes the first token of a cluster. Refused: AuthBegun once any token was ever made,
// invalid_input. Level 3.
type Bootstrap struct {
	Token rows.Token `cbor:"1,keyasint"` // Serial, CreatedAt and CreatedBy are set in apply
}

// CreateToken makes a token. Refused: TokenExists, invalid_input, resource_exhausted. Level 3.
type CreateToken struct {
	Token rows.Token `cbor:"1,keyasint"` // as in Bootstrap
}

// RevokeToken removes a token: calls with it are refused from this entry on. Its name may be used
// again, by a token that then owns the request keys of this one. Refused: NoToken. Level 3.
type RevokeToken struct {
	Name string `cbor:"1,keyasint"`
}

// SetForwardKey sets the key with which nodes sign whose calls they pass on to the leader. Replaces
// fences it: two leaders in a row may both have seen that there is none, or that it is old. Level
// 3.
type SetForwardKey struct {
	Key      catalog.Digest `cbor:"1,keyasint"`
	Replaces catalog.Digest `cbor:"2,keyasint,omitzero"`
}

// TokenAnswer is a token as it was made, or as it was when it was revoked.
type TokenAnswer struct {
	Token rows.Token `cbor:"1,keyasint"`
}

// NoToken refuses what is about a token that does not exist.
type NoToken struct {
	Name string `cbor:"1,keyasint"`
}

// TokenExists refuses a token whose name is taken.
type TokenExists struct {
	Name string `cbor:"1,keyasint"`
}

// AuthBegun refuses a second bootstrap.
type AuthBegun struct{}

// Bounds of tokens.
const (
	MaxTokens    = 10_000
	MaxGrants    = 100 // of a token
	MaxGrantText = 600 // bytes of a grant
	MaxTokenName = 190 // bytes: with what tells its kind from others, an owner of request keys
)

// keepExpired is how long an expired token stays for people to see.
const keepExpired = history.Duration(7 * 24 * time.Hour)

// Kind implements Command.
func (*Bootstrap) Kind() Kind     { return KindBootstrap }
func (*CreateToken) Kind() Kind   { return KindCreateToken }
func (*RevokeToken) Kind() Kind   { return KindRevokeToken }
func (*SetForwardKey) Kind() Kind { return KindSetForwardKey }
func (*TokenAnswer) answer()      {}

// Error implements error.
func (r *NoToken) Error() string { return fmt.Sprintf("there is no token %s", catalog.Quote(r.Name)) }
func (r *TokenExists) Error() string {
	return fmt.Sprintf("there is a token %s already: revoke it first, or choose another name", catalog.Quote(r.Name))
}
func (r *AuthBegun) Error() string {
	return "this cluster has had a token: the first one is made once. Ask somebody whose token has the grant admin, or set one in auth.tokens of a node's file"
}

// Code implements Refusal.
func (r *NoToken) Code() string     { return "not_found" }
func (r *TokenExists) Code() string { return "invalid_state" }
func (r *AuthBegun) Code() string   { return "invalid_state" }

// Facts implements Refusal.
func (r *NoToken) Facts() map[string]any     { return map[string]any{"token": r.Name} }
func (r *TokenExists) Facts() map[string]any { return map[string]any{"token": r.Name} }
func (r *AuthBegun) Facts() map[string]any   { return nil }

func (c *Bootstrap) apply(t *step) (Answer, Refusal) {
	if t.s.tokens.auth.Made > 0 {
		return nil, new(AuthBegun)
	}
	return t.createToken(c.Token)
}

func (c *CreateToken) apply(t *step) (Answer, Refusal) { return t.createToken(c.Token) }

func (t *step) createToken(k rows.Token) (Answer, Refusal) {
	if refusal := checkToken(&k); refusal != nil {
		return nil, refusal
	}
	if k.Expired(t.now) {
		return nil, &catalog.InvalidInput{Field: "expires", Reason: "is over already"}
	}
	tokens := t.tokens()
	for _, name := range tokens.expiredLongAgo(t.now) {
		t.deleteToken(name)
	}
	if _, taken := tokens.find(k.Name); taken {
		return nil, &TokenExists{k.Name}
	}
	if tokens.byHash[k.Hash] != nil {
		return nil, &catalog.InvalidInput{Field: "secret_sha256", Reason: "is that of another token: make a new secret"}
	}
	if len(tokens.list) >= MaxTokens {
		return nil, &ResourceExhausted{What: "tokens", Limit: MaxTokens}
	}
	auth := tokens.auth
	auth.Made++
	k.Serial, k.CreatedAt, k.CreatedBy = auth.Made, t.now, clip(t.who.Actor)
	t.putAuth(auth)
	t.putToken(&k)
	return &TokenAnswer{k}, nil
}

// checkToken refuses what must not be stored. What its grants mean is checked before the log.
func checkToken(k *rows.Token) Refusal {
	bad := func(field, format string, args ...any) Refusal {
		return &catalog.InvalidInput{Field: field, Reason: fmt.Sprintf(format, args...)}
	}
	switch {
	case k.Name == "" || len(k.Name) > MaxTokenName:
		return bad("name", "has %d bytes; 1 to %d are allowed", len(k.Name), MaxTokenName)
	case len(k.Grants) == 0 || len(k.Grants) > MaxGrants:
		return bad("grants", "has %d items; 1 to %d are allowed", len(k.Grants), MaxGrants)
	case k.Hash == catalog.Digest{}:
		return bad("secret_sha256", "is missing")
	case k.ExpiresAt < 0:
		return bad("expires", "is before 1970")
	}
	for i, g := range k.Grants {
		if g == "" || len(g) > MaxGrantText {
			return bad("grants", "item %d has %d bytes; 1 to %d are allowed", i+1, len(g), MaxGrantText)
		}
	}
	return nil
}

func (c *RevokeToken) apply(t *step) (Answer, Refusal) {
	at, known := t.s.tokens.find(c.Name)
	if !known {
		return nil, &NoToken{clip(c.Name)}
	}
	k := *t.s.tokens.list[at]
	t.deleteToken(c.Name)
	return &TokenAnswer{k}, nil
}

func (c *SetForwardKey) apply(t *step) (Answer, Refusal) {
	auth := t.s.tokens.auth
	if auth.Key != c.Replaces || c.Key == (catalog.Digest{}) {
		return nil, &Fenced{Why: "the key that it replaces is not the present one"}
	}
	auth.Key, auth.Before, auth.KeyAt = c.Key, auth.Key, t.now
	t.putAuth(auth)
	return new(Done), nil
}

// forgetForwardKeys takes away what nodes of another cluster know, too. The leader makes a new key.
func (t *step) forgetForwardKeys() {
	auth := t.s.tokens.auth
	if auth.Key != (catalog.Digest{}) {
		auth.Key, auth.Before, auth.KeyAt = catalog.Digest{}, catalog.Digest{}, 0
		t.putAuth(auth)
	}
}

// Auth implements View.
func (p *picture) Auth() rows.Auth { return p.tokens.auth }

// Token implements View.
func (p *picture) Token(name string) (rows.Token, bool) {
	at, known := p.tokens.find(name)
	if !known {
		return rows.Token{}, false
	}
	return *p.tokens.list[at], true
}

// TokenOf implements View.
func (p *picture) TokenOf(hash catalog.Digest) (rows.Token, bool) {
	k := p.tokens.byHash[hash]
	if k == nil {
		return rows.Token{}, false
	}
	return *k, true
}

// Tokens implements View.
func (p *picture) Tokens(after string, limit int) []rows.Token {
	at, known := p.tokens.find(after)
	if known {
		at++
	}
	var page []rows.Token
	for _, k := range p.tokens.list[at:min(len(p.tokens.list), at+pageSize(limit))] {
		page = append(page, *k)
	}
	return page
}
