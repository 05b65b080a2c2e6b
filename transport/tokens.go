package transport

import (
	"cmp"
	"context"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/transport/grant"
	"aion.dev/aion/transport/wire"
)

// tokenRoutes adds the routes of tokens.
func (s *Server) tokenRoutes() {
	add(s, route{method: "POST", path: "/v1/auth/bootstrap", id: "bootstrap", beyond: true, summary: "Make the first token of the cluster", group: "Tokens", needs: needs(ofAll, grant.Admin), status: http.StatusCreated,
		leader: true, write: true, bootstraps: true, limit: smallBody, body: new(wire.BootstrapSpec)}, s.bootstrap)
	add(s, route{method: "GET", path: "/v1/auth/self", id: "self", beyond: true, summary: "Show who calls, and what they may do", group: "Tokens", needs: needs(ofNobody), leader: true}, s.whoCalls)
	add(s, route{method: "POST", path: "/v1/auth/tokens", id: "create_token", beyond: true, summary: "Make a token", group: "Tokens", needs: needs(ofAll, grant.Admin), status: http.StatusCreated,
		leader: true, write: true, limit: smallBody, body: new(wire.TokenSpec)}, s.createToken)
	add(s, route{method: "GET", path: "/v1/auth/tokens", id: "tokens", beyond: true, summary: "List tokens", group: "Tokens", needs: needs(ofAll, grant.Admin), leader: true}, s.listTokens)
	add(s, route{method: "DELETE", path: "/v1/auth/tokens/{name}", id: "revoke_token", beyond: true, summary: "Revoke a token", group: "Tokens", needs: needs(ofAll, grant.Admin), leader: true, write: true}, s.revokeToken)
}

// bootstrapper is who may make the first token without one: whoever is on the machine of a node. A
// proxy on that machine, which would speak for others, says so in its headers.
func bootstrapper(r *http.Request) (caller, bool) {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	ip, flaw := netip.ParseAddr(host)
	if err != nil || flaw != nil || !unmapped(ip).IsLoopback() || forwarded(r) {
		return caller{}, false
	}
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via"} {
		if r.Header.Get(name) != "" {
			return caller{}, false
		}
	}
	return caller{name: "bootstrap@" + host, grants: grant.All(), first: true}, true
}

type newTokenInput struct{ Keyed }

func (s *Server) bootstrap(ctx context.Context, _ *newTokenInput) (*answer[wire.TokenAnswer], error) {
	var b wire.BootstrapSpec
	c, err := change(ctx, &b, required)
	if err != nil {
		return nil, err
	}
	n, secret, err := newToken(wire.TokenSpec{Name: cmp.Or(b.Name, "bootstrap"), Grants: []string{string(grant.Admin)}, TokenLife: b.TokenLife})
	if err != nil {
		return nil, err
	}
	k, a, err := s.cfg.Authority.BootstrapAuth(ctx, c, n)
	return s.tokenMade(k, a, err, secret)
}

func (s *Server) createToken(ctx context.Context, _ *newTokenInput) (*answer[wire.TokenAnswer], error) {
	var spec wire.TokenSpec
	c, err := change(ctx, &spec, required)
	if err != nil {
		return nil, err
	}
	n, secret, err := newToken(spec)
	if err != nil {
		return nil, err
	}
	if exchangeOf(ctx).caller.open {
		p := wire.New("invalid_state", "this cluster has no token yet, and the first one must be one that can make others")
		p.Hint = "`aion-node auth bootstrap` makes it; from then on every call needs a token."
		return nil, p
	}
	if s.tokens.has(n.Name) {
		return nil, invalid("name", "%q is that of a token of this node's file", n.Name)
	}
	k, a, err := s.cfg.Authority.CreateToken(ctx, c, n)
	return s.tokenMade(k, a, err, secret)
}

// newToken reads what a token shall be, and makes its secret unless the caller has.
func newToken(spec wire.TokenSpec) (n engine.NewToken, secret string, err error) {
	n.Name = spec.Name
	if !printable(n.Name, maxTokenName) || strings.ContainsAny(n.Name, " /") {
		return n, "", invalid("name", "must have 1 to %d printable ASCII characters without space and /", maxTokenName)
	}
	set, err := grant.ParseAll(spec.Grants)
	if err != nil {
		return n, "", invalid("grants", "%v", err)
	}
	if len(spec.Grants) == 0 {
		return n, "", invalid("grants", "is empty: a token without grants can do nothing")
	}
	n.Grants = set.Strings()
	n.Rates = rows.TokenRates{Calls: spec.Rate, Bytes: spec.ByteRate, Waits: spec.Waits}
	for field, rate := range map[string]uint64{"rate": spec.Rate, "byte_rate": spec.ByteRate, "waits": spec.Waits} {
		if rate > maxTokenRate {
			return n, "", invalid(field, "is %d, the limit is %d", rate, maxTokenRate)
		}
	}
	if n.Expires, err = expiry(spec.Expires, time.Now()); err != nil {
		return n, "", err
	}
	sum := spec.SecretSHA256
	if sum == "" {
		secret = wire.NewSecret()
		sum = wire.HashOfSecret(secret)
	}
	if n.Hash, err = catalog.ParseDigest(sum); err != nil {
		return n, "", invalid("secret_sha256", "is not 64 lower-case hex digits")
	}
	return n, secret, nil
}

// maxTokenRate is far more than a node can serve.
const maxTokenRate = 1 << 40

// maxTokenName bounds the name of a token of the state.
const maxTokenName = 100

// expiry parses when a token expires; zero = never.
func expiry(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if d, err := time.ParseDuration(text); err == nil {
		if d <= 0 {
			return time.Time{}, invalid("expires", "is %q; want a duration above zero, or a time to come", clip(text))
		}
		return now.Add(d), nil
	}
	t, err := moment("expires", text)
	if err != nil {
		return time.Time{}, invalid("expires", "is %q; want a Go duration such as 720h, or an RFC 3339 time", clip(text))
	}
	return t.Std(), nil
}

// tokenMade answers with a token. The secret is of use only if this call made it: of a repeated
// call, the token has the secret of the first one.
func (s *Server) tokenMade(k *rows.Token, a engine.Answered, err error, secret string) (*answer[wire.TokenAnswer], error) {
	if err != nil {
		return nil, refused(a, err)
	}
	if a.Deduplicated {
		secret = ""
	}
	return &answer[wire.TokenAnswer]{Index: a.Index, Body: wire.TokenAnswer{Token: tokenOf(k, 0), Secret: secret, Answered: answered(a)}}, nil
}

func tokenOf(k *rows.Token, now history.Time) wire.Token {
	created := k.CreatedAt.Std()
	return wire.Token{Name: k.Name, Grants: k.Grants, CreatedAt: &created, CreatedBy: k.CreatedBy, ExpiresAt: timeOf(k.ExpiresAt), Expired: k.Expired(now),
		TokenRates: wire.TokenRates{Rate: k.Rates.Calls, ByteRate: k.Rates.Bytes, Waits: k.Rates.Waits}}
}

type tokensInput struct {
	Fresh
	Paged
}

func (s *Server) listTokens(ctx context.Context, in *tokensInput) (*answer[wire.Tokens], error) {
	rd, err := in.read()
	if err != nil {
		return nil, err
	}
	page, next, index, err := s.cfg.Authority.Tokens(ctx, rd, in.Limit, in.Cursor)
	if err != nil {
		return nil, err
	}
	body := wire.Tokens{Tokens: make([]wire.Token, len(page)), NextCursor: next, Indexed: at(index)}
	for i := range page {
		body.Tokens[i] = tokenOf(&page[i], history.At(time.Now()))
	}
	return &answer[wire.Tokens]{Index: index, LeaderContact: s.contact(rd), Body: body}, nil
}

type revokeTokenInput struct {
	Keyed
	Name string `path:"name" doc:"Name of the token"`
}

func (s *Server) revokeToken(ctx context.Context, in *revokeTokenInput) (*answer[wire.TokenAnswer], error) {
	c, err := change(ctx, nil, optional)
	if err != nil {
		return nil, err
	}
	k, a, err := s.cfg.Authority.RevokeToken(ctx, c, in.Name)
	return s.tokenMade(k, a, err, "")
}

type selfInput struct{ Fresh }

// whoCalls answers with what the node that serves the call knows of its caller.
func (s *Server) whoCalls(ctx context.Context, in *selfInput) (*answer[wire.Self], error) {
	rd, err := in.read()
	if err != nil {
		return nil, err
	}
	index, err := s.indexOf(ctx, rd)
	if err != nil {
		return nil, err
	}
	c := &exchangeOf(ctx).caller
	body := wire.Self{Token: wire.Token{Name: c.name, Grants: c.grantTexts(), ExpiresAt: timeOf(c.expires)}, Kind: c.kind(), Indexed: at(index)}
	if k, ok := s.cfg.Authority.TokenNamed(c.name); ok && c.serial == k.Serial && c.serial > 0 {
		body.Token = tokenOf(&k, 0)
	}
	return &answer[wire.Self]{Index: index, LeaderContact: s.contact(rd), Body: body}, nil
}

// indexOf returns the index of a read that shows nothing else.
func (s *Server) indexOf(ctx context.Context, rd engine.Read) (uint64, error) {
	_, _, index, err := s.cfg.Authority.Tokens(ctx, rd, 1, "")
	return index, err
}

func (c *caller) kind() string {
	switch {
	case c.open || c.first:
		return "none"
	case c.serial > 0:
		return "token"
	case c.outside != "":
		return c.outside
	}
	return "file"
}

// grantTexts are the caller's grants as people write them.
func (c *caller) grantTexts() []string {
	if c.allowed != nil {
		return []string{"ephemeral", "payload", "read"}
	}
	return list(c.grants.Strings())
}
