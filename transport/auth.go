package transport

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/transport/grant"
	"aion.dev/aion/transport/jwt"
	"aion.dev/aion/transport/wire"
)

// Authority is what a node's state says of who may call.
type Authority interface {
	Callers() engine.Callers
	// TokenOf and TokenNamed return a token as this node's state stands; false = there is none, or
	// its time is over.
	TokenOf(hash catalog.Digest) (rows.Token, bool)
	TokenNamed(name string) (rows.Token, bool)
	// Confirm and Reach bring this node's state up to date, see engine.
	Confirm(ctx context.Context) (index uint64, err error)
	Reach(ctx context.Context, index uint64) error
	// TypesOf returns the types of all versions that a reference may mean.
	TypesOf(typ, version string) []string
	// BroughtBy returns who has started runs on the ephemeral version of a run; false = several
	// have, or the version is none, or gone.
	BroughtBy(ref fsm.RunRef) (owner string, ok bool)
	FindRun(ctx context.Context, rd engine.Read, ref fsm.RunRef) (rows.Run, error)

	BootstrapAuth(ctx context.Context, c engine.Call, n engine.NewToken) (*rows.Token, engine.Answered, error)
	CreateToken(ctx context.Context, c engine.Call, n engine.NewToken) (*rows.Token, engine.Answered, error)
	RevokeToken(ctx context.Context, c engine.Call, name string) (*rows.Token, engine.Answered, error)
	Tokens(ctx context.Context, rd engine.Read, limit int, cursor string) ([]rows.Token, string, uint64, error)
}

// Token lets anybody who knows its Secret call as Name. It is one of this node's file: it is known
// to no other node, and goes when the node is started without it.
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
	name    string
	owner   string // of request keys; empty if there are no tokens
	grants  grant.Set
	here    *grant.Set        // those of grants that hold for the call's namespace; nil = not looked at yet
	allowed *fsm.Allowance    // Token.Ephemeral
	open    bool              // there are no tokens: anybody may call, under any name
	first   bool              // may make the first token: see bootstrapper
	serial  uint64            // of a token in the state; 0 = it is of another kind
	outside string            // kindJWT or kindCertificate: what somebody else vouches for; empty = a token
	ca      *x509.Certificate // that the caller's certificate descends from; nil = it shows none
	quota   *quota            // what it may use on this node, which was called; nil = as much as it will
	// another node makes the call for the caller, and has proven that it is a node
	passedOn bool
	expires  history.Time // likewise; 0 = never
}

// reach is how far a kind of grants goes for the call.
func (c *caller) reach(k grant.Kind) *grant.Reach {
	if c.here != nil {
		return c.here.Of(k)
	}
	return c.grants.Of(k)
}

// tokens maps hashes of secrets to callers. It is keyed by hash so that the time of a lookup
// reveals nothing about the secret.
type tokens map[[sha256.Size]byte]caller

// ownState begins the owners of request keys that tokens in the state are. Names of other tokens do
// not begin with it, so nobody can take the keys of another by the choice of a name.
const ownState = "token/"

func newTokens(list []Token) (tokens, error) {
	t := tokens{}
	for i, token := range list {
		if token.Name == "" || len(token.Name) > wire.MaxActor || token.Secret == "" {
			return nil, fmt.Errorf("transport: token %d needs a name of 1 to %d bytes and a secret", i+1, wire.MaxActor)
		}
		if flaw := history.NameFlaw(token.Name); flaw != "" { // it is the actor of all changes made with the token
			return nil, fmt.Errorf("transport: the name of token %d %s", i+1, flaw)
		}
		if strings.HasPrefix(token.Name, ownState) {
			return nil, fmt.Errorf("transport: the name of token %d begins with %s, as tokens in the state do", i+1, ownState)
		}
		key := sha256.Sum256([]byte(token.Secret))
		if other, taken := t[key]; taken {
			return nil, fmt.Errorf("transport: tokens %s and %s have the same secret", other.name, token.Name)
		}
		c := caller{name: token.Name, owner: token.Name, grants: grant.All(), allowed: token.Ephemeral}
		if token.ReadOnly || token.Ephemeral != nil {
			c.grants = grant.Of(grant.Grant{Kind: grant.Read}, grant.Grant{Kind: grant.Payload})
		}
		t[key] = c
	}
	return t, nil
}

// has reports whether a token of the file has a name.
func (t tokens) has(name string) bool {
	for _, c := range t {
		if c.name == name {
			return true
		}
	}
	return false
}

// openToAll reports whether there are no tokens: anybody who reaches the node may do everything.
func (s *Server) openToAll() bool {
	return len(s.tokens) == 0 && !s.cfg.TokensRequired && s.cfg.JWT == nil && len(s.cfg.Certificates) == 0 && !s.cfg.Authority.Callers().Any
}

// identify returns the caller of a request. Without tokens, callers name themselves.
func (s *Server) identify(r *http.Request) (caller, error) {
	if text, ok := identityIn(r); ok && forwarded(r) {
		return s.passedOn(text, r)
	}
	scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	open := s.openToAll()
	if open && wire.IsSecret(strings.TrimSpace(secret)) { // the cluster may have tokens, and this node not know it yet
		if err := s.fresh.confirm(r.Context()); err == nil {
			open = s.openToAll()
		}
	}
	if open {
		return anonymous(r)
	}
	if c, ok, err := s.certified(r); ok && secret == "" {
		return c, err
	}
	if secret == "" || !strings.EqualFold(scheme, "Bearer") {
		return caller{}, wire.New("unauthenticated", "the call carries no bearer token")
	}
	if s.cfg.JWT != nil && jwt.Looks(strings.TrimSpace(secret)) {
		return s.vouched(r.Context(), strings.TrimSpace(secret))
	}
	hash := sha256.Sum256([]byte(strings.TrimSpace(secret)))
	if c, ok := s.tokens[hash]; ok {
		return c, nil
	}
	k, ok := s.cfg.Authority.TokenOf(hash)
	if !ok {
		// It may have been made a moment ago, and not be known here yet.
		if err := s.fresh.confirm(r.Context()); err != nil {
			return caller{}, wire.New("unavailable", "this token is not known here, and this node cannot find out whether it is known elsewhere: "+err.Error())
		}
		k, ok = s.cfg.Authority.TokenOf(hash)
	}
	if !ok {
		return caller{}, wire.New("unauthenticated", "this token is not known, or its time is over")
	}
	c := s.callerOf(&k)
	c.quota = s.quotas.ofToken(&k, time.Now())
	return c, nil
}

// anonymous is the caller of a node without tokens.
func anonymous(r *http.Request) (caller, error) {
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
	return caller{name: name, grants: grant.All(), open: true}, nil
}

// callerOf returns who calls with a token of the state.
func (s *Server) callerOf(k *rows.Token) caller {
	return caller{name: k.Name, owner: ownState + k.Name, grants: s.grants.of(k), serial: k.Serial, expires: k.ExpiresAt}
}

// still returns nil if the caller may go on calling: as this node knows by now, its token was not
// revoked, its time is not over, and a node without tokens has not got any.
func (s *Server) still(c *caller) error {
	switch {
	case c.open && !s.openToAll():
		return wire.New("unauthenticated", "the call carries no bearer token, and this cluster has tokens now")
	case c.outside != "" && history.At(time.Now()) >= c.expires:
		return wire.New("unauthenticated", overNow[c.outside])
	case !s.countsCA(c):
		return wire.New("unauthenticated", "the certificate of this client descends from a CA that is no longer one of callers (tls.client_ca_file)")
	case c.serial == 0:
		return nil
	}
	if k, ok := s.cfg.Authority.TokenNamed(c.name); !ok || k.Serial != c.serial {
		return wire.New("unauthenticated", "this token was revoked, or its time is over")
	}
	return nil
}

// inTouch refuses to answer from a state that may have missed for long that the caller's token was
// revoked.
func (s *Server) inTouch(c *caller) error {
	if c.serial == 0 || s.cfg.Cluster.IsLeader() {
		return nil
	}
	if ago, ok := s.cfg.Cluster.LeaderContact(); !ok || ago > outOfTouch {
		return wire.New("unavailable", fmt.Sprintf("this node has not heard from a leader for more than %s, so it cannot tell whether the token %q still holds; tokens of its file are accepted", outOfTouch, c.name))
	}
	return nil
}

func (c *caller) denied(may string) error {
	return wire.New("permission_denied", fmt.Sprintf("the token %q may %s", c.name, may)).With("token", c.name)
}

// onlyEphemeral is the refusal of everything but that.
func (c *caller) onlyEphemeral() error {
	return c.denied("only read, try code that changes nothing, start runs with archive and ephemeral, and signal and end those")
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
