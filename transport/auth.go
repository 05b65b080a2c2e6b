package transport

import (
	"crypto/sha256"
	"fmt"
	"net"
	"net/http"
	"strings"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/transport/wire"
)

// Token lets anybody who knows its Secret call as Name.
type Token struct {
	Name     string // the actor in the deploy history
	Secret   string
	ReadOnly bool // may read and query, not change
	// nil = no such limit: may read, store archives, try code, and start runs on code that comes
	// along and goes again, within it
	Ephemeral *fsm.Allowance
}

// caller is who asks.
type caller struct {
	name     string
	owner    string // owner of request keys: the token's name; empty if there are no tokens
	readOnly bool
	allowed  *fsm.Allowance // Token.Ephemeral
}

// tokens maps hashes of secrets to callers. It is keyed by hash so that the time of a lookup
// reveals nothing about the secret.
type tokens map[[sha256.Size]byte]caller

func newTokens(list []Token) (tokens, error) {
	t := tokens{}
	for i, token := range list {
		if token.Name == "" || len(token.Name) > wire.MaxActor || token.Secret == "" {
			return nil, fmt.Errorf("transport: token %d needs a name of 1 to %d bytes and a secret", i+1, wire.MaxActor)
		}
		if flaw := history.NameFlaw(token.Name); flaw != "" { // it is the actor of all changes made with the token
			return nil, fmt.Errorf("transport: the name of token %d %s", i+1, flaw)
		}
		key := sha256.Sum256([]byte(token.Secret))
		if other, taken := t[key]; taken {
			return nil, fmt.Errorf("transport: tokens %s and %s have the same secret", other.name, token.Name)
		}
		t[key] = caller{name: token.Name, owner: token.Name, readOnly: token.ReadOnly, allowed: token.Ephemeral}
	}
	return t, nil
}

// identify returns the caller of a request. Without tokens, callers name themselves.
func (t tokens) identify(r *http.Request) (caller, error) {
	if len(t) == 0 {
		name := r.Header.Get(wire.HeaderActor)
		if name == "" {
			host, _, err := net.SplitHostPort(r.RemoteAddr)
			if err != nil {
				host = r.RemoteAddr
			}
			name = "anonymous@" + host
		}
		if !printable(name, wire.MaxActor) {
			return caller{}, invalid(wire.HeaderActor, "must have 1 to %d printable ASCII characters", wire.MaxActor)
		}
		return caller{name: name}, nil
	}
	scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if secret == "" || !strings.EqualFold(scheme, "Bearer") {
		return caller{}, wire.New("unauthenticated", "the call carries no bearer token")
	}
	c, ok := t[sha256.Sum256([]byte(strings.TrimSpace(secret)))]
	if !ok {
		return caller{}, wire.New("unauthenticated", "this token is not known here")
	}
	return c, nil
}

// allow rejects a change by a caller that may only read, and what a token for ephemeral versions
// has no business with.
func (c caller) allow(r *route) error {
	switch {
	case c.readOnly && r.write:
		return c.denied("only read")
	case r.whole && (c.readOnly || c.allowed != nil):
		return c.denied("not take backups, which hold all inputs, results and archives")
	case c.allowed != nil && r.write && !r.ephemeral:
		return c.onlyEphemeral()
	}
	return nil
}

func (c caller) denied(may string) error {
	return wire.New("permission_denied", fmt.Sprintf("the token %q may %s", c.name, may)).With("token", c.name)
}

// onlyEphemeral is the refusal of everything but that.
func (c caller) onlyEphemeral() error {
	return c.denied("only read, try code that changes nothing, and start runs with archive and ephemeral")
}

func printable(s string, limit int) bool {
	if s == "" || len(s) > limit {
		return false
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
