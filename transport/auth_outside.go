package transport

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/transport/grant"
	"aion.dev/aion/transport/jwt"
	"aion.dev/aion/transport/wire"
)

// Callers whom somebody outside the cluster vouches for: an issuer of JWTs, or an authority of
// client certificates. What they may do follows from settings of the node that was called, which
// passes it on with the call; the leader knows neither the issuer nor the authority.

// Kinds of them, as Self names them.
const (
	kindJWT         = "jwt"
	kindCertificate = "certificate"
)

var overNow = map[string]string{kindJWT: "this JWT has expired", kindCertificate: "the client certificate has expired"}

// vouched returns who calls with a JWT.
func (s *Server) vouched(ctx context.Context, token string) (caller, error) {
	id, err := s.cfg.JWT.Verify(ctx, token)
	if away, ok := errors.AsType[*jwt.Unavailable](err); ok {
		s.log.Warn("JWTs cannot be verified", "error", away.Cause)
		return caller{}, wire.New("unavailable", "this node cannot verify JWTs now: it cannot read the keys of their issuer")
	}
	if err != nil {
		return caller{}, wire.New("unauthenticated", err.Error())
	}
	name := "jwt:" + id.Issuer + ":" + id.Subject
	if !printable(name, wire.MaxActor) || history.NameFlaw(name) != "" {
		return caller{}, wire.New("unauthenticated", fmt.Sprintf("this JWT has a subject that cannot be a name: jwt:ISSUER:SUBJECT must have at most %d printable ASCII characters", wire.MaxActor))
	}
	return caller{name: name, owner: name, grants: id.Grants, expires: history.At(id.Expires), outside: kindJWT}, nil
}

// CertificateRule gives grants to callers with a certificate of a name.
type CertificateRule struct {
	Kind   string // cn, dns, uri or email: a common name, or a subject alternative name of that kind
	Name   string
	Grants grant.Set
}

// ParseCertificateRule reads KIND=NAME: GRANT...
func ParseCertificateRule(text string) (r CertificateRule, err error) {
	head, grants, ok := strings.Cut(text, ": ")
	r.Kind, r.Name, _ = strings.Cut(head, "=")
	if !ok || !slices.Contains([]string{"cn", "dns", "uri", "email"}, r.Kind) || !printable(r.Name, wire.MaxActor-len("cert:email=")) {
		return r, fmt.Errorf("is %q; want cn=NAME: GRANT..., or dns, uri or email in place of cn", text)
	}
	all := strings.Fields(grants)
	if len(all) == 0 {
		return r, fmt.Errorf("%q gives no grants", text)
	}
	r.Grants, err = grant.ParseAll(all)
	return r, err
}

// fits reports whether a certificate has the rule's name.
func (r *CertificateRule) fits(c *x509.Certificate) bool {
	switch r.Kind {
	case "cn":
		return c.Subject.CommonName == r.Name
	case "dns":
		return slices.Contains(c.DNSNames, r.Name)
	case "email":
		return slices.Contains(c.EmailAddresses, r.Name)
	}
	for _, u := range c.URIs {
		if u.String() == r.Name {
			return true
		}
	}
	return false
}

// countsCA reports whether the CA of the caller's certificate still counts, if it has shown one.
func (s *Server) countsCA(c *caller) bool {
	return c.ca == nil || s.cfg.Vouches == nil || s.cfg.Vouches(c.ca)
}

// certified returns who calls with a client certificate that TLS has verified; false = with none.
func (s *Server) certified(r *http.Request) (c caller, ok bool, err error) {
	if len(s.cfg.Certificates) == 0 || r.TLS == nil || len(r.TLS.VerifiedChains) == 0 {
		return c, false, nil
	}
	leaf := r.TLS.VerifiedChains[0][0]
	var grants []string
	c = caller{expires: history.At(leaf.NotAfter), outside: kindCertificate}
	for _, chain := range r.TLS.VerifiedChains {
		if c.ca = chain[len(chain)-1]; s.countsCA(&c) {
			break
		}
	}
	for i := range s.cfg.Certificates {
		if rule := &s.cfg.Certificates[i]; rule.fits(leaf) {
			if c.name == "" {
				c.name = "cert:" + rule.Kind + "=" + rule.Name
			}
			grants = append(grants, rule.Grants.Strings()...)
		}
	}
	if c.name == "" {
		return c, true, wire.New("unauthenticated", fmt.Sprintf("the client certificate of %.100q has no name that the settings of node %s give grants (auth.certificates), and the call carries no bearer token", leaf.Subject.CommonName, s.cfg.Node))
	}
	c.owner, c.grants = c.name, grant.Known(grants)
	return c, true, s.still(&c)
}
