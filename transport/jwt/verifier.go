package jwt

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"aion.dev/aion/transport/grant"
	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// Verifier verifies tokens. Any goroutine may call it.
type Verifier struct {
	cfg   Config
	keys  keys
	rules []rule
}

// Identity is who a token speaks for.
type Identity struct {
	Issuer  string
	Subject string
	Grants  grant.Set
	Expires time.Time // with the skew that is allowed
}

// Refused is a token that does not count, and why.
type Refused struct{ Why string }

func (r *Refused) Error() string { return "this JWT " + r.Why }

// Unavailable means that the keys cannot be had, so nobody can tell.
type Unavailable struct{ Cause error }

func (u *Unavailable) Error() string {
	return "the keys that JWTs are verified with cannot be read: " + u.Cause.Error()
}
func (u *Unavailable) Unwrap() error { return u.Cause }

// New makes a Verifier. It reads no keys yet: Run does, and the first token.
func New(cfg Config) (*Verifier, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	v := &Verifier{cfg: cfg}
	v.keys.cfg, v.keys.client = &v.cfg, cfg.client()
	for _, text := range cfg.Rules {
		r, err := parseRule(text)
		if err != nil {
			return nil, err
		}
		v.rules = append(v.rules, r)
	}
	return v, nil
}

// Run reads the keys now and again until ctx ends. failed is told of each reading that fails.
func (v *Verifier) Run(ctx context.Context, failed func(error)) {
	tick := time.NewTicker(v.cfg.Refresh)
	defer tick.Stop()
	for {
		v.keys.read(ctx)
		v.keys.mu.Lock()
		err := v.keys.err
		v.keys.mu.Unlock()
		if err != nil && ctx.Err() == nil {
			failed(err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// Looks reports whether a bearer token looks like a JWT: three parts, the first of which is a JSON
// object.
func Looks(token string) bool {
	return strings.HasPrefix(token, "eyJ") && strings.Count(token, ".") == 2
}

// Verify returns who a token speaks for. The errors are *Refused and *Unavailable.
func (v *Verifier) Verify(ctx context.Context, token string) (*Identity, error) {
	if len(token) > maxToken {
		return nil, &Refused{fmt.Sprintf("has %d bytes, the limit is %d", len(token), maxToken)}
	}
	algorithms := v.cfg.algorithms()
	parsed, err := jwt.ParseSigned(token, algorithms)
	if err != nil {
		if other, ok := errors.AsType[*jose.ErrUnexpectedSignatureAlgorithm](err); ok {
			return nil, &Refused{fmt.Sprintf("is signed with %.20q; allowed are %s", string(other.Got), names(algorithms))}
		}
		return nil, &Refused{"cannot be read"}
	}
	header := parsed.Headers[0]
	keys, err := v.keys.find(ctx, header.KeyID)
	if err != nil {
		return nil, &Unavailable{err}
	}
	var claims jwt.Claims
	var all map[string]any
	verified := false
	for _, key := range keys[:min(len(keys), maxNameless)] {
		if key.Algorithm != "" && key.Algorithm != header.Algorithm {
			continue // it was made for another one
		}
		if verified = parsed.Claims(key.Key, &claims, &all) == nil; verified {
			break
		}
	}
	switch {
	case header.KeyID == "" && len(keys) > maxNameless:
		return nil, &Refused{"names no key (kid), and its issuer has many"}
	case len(keys) == 0:
		return nil, &Refused{fmt.Sprintf("is signed with the key %.60q, which is not among those of its issuer", header.KeyID)}
	case !verified:
		return nil, &Refused{"has a signature that is not one by a key of its issuer"}
	}
	if err := v.check(&claims); err != nil {
		return nil, err
	}
	id := &Identity{Issuer: claims.Issuer, Subject: claims.Subject, Expires: claims.Expiry.Time().Add(v.cfg.Skew)}
	id.Grants, err = v.grants(all)
	return id, err
}

func names(algorithms []jose.SignatureAlgorithm) string {
	var all []string
	for _, a := range algorithms {
		all = append(all, string(a))
	}
	return strings.Join(all, ", ")
}

// check refuses what was signed for somebody else, or for another time.
func (v *Verifier) check(c *jwt.Claims) error {
	refused := func(format string, args ...any) error { return &Refused{fmt.Sprintf(format, args...)} }
	now, at := v.cfg.now(), func(d *jwt.NumericDate) string { return d.Time().UTC().Format(time.RFC3339) }
	switch {
	case c.Issuer != v.cfg.Issuer:
		return refused("is of the issuer %.100q, and not of %q", c.Issuer, v.cfg.Issuer)
	case !slices.ContainsFunc(v.cfg.Audience, c.Audience.Contains):
		return refused("is for the audience %.100q, and not for %q", c.Audience, v.cfg.Audience)
	case c.Expiry == nil:
		return refused("never expires (it has no exp): such tokens are not accepted")
	case now.After(c.Expiry.Time().Add(v.cfg.Skew)):
		return refused("has expired at %s", at(c.Expiry))
	case c.NotBefore != nil && now.Add(v.cfg.Skew).Before(c.NotBefore.Time()):
		return refused("is not valid before %s", at(c.NotBefore))
	case c.IssuedAt != nil && now.Add(v.cfg.Skew).Before(c.IssuedAt.Time()):
		return refused("was issued at %s, which is in the future", at(c.IssuedAt))
	case c.Subject == "":
		return refused("names no subject (sub)")
	}
	return nil
}

// grants are those of the claim that holds grants, and of all rules that match.
func (v *Verifier) grants(claims map[string]any) (grant.Set, error) {
	var all []grant.Grant
	if v.cfg.Claim != "" {
		var texts []string
		for _, value := range values(claims[v.cfg.Claim]) {
			texts = append(texts, strings.Fields(value)...)
		}
		of, err := parseGrants(texts)
		if err != nil {
			return grant.Set{}, &Refused{fmt.Sprintf("has a claim %q that holds no grants: %v", v.cfg.Claim, err)}
		}
		all = of
	}
	for _, r := range v.rules {
		if slices.Contains(values(claims[r.claim]), r.value) {
			all = append(all, r.grants...)
		}
	}
	return grant.Of(all...), nil
}

// values are the texts of a claim: one, or those of a list.
func values(claim any) (texts []string) {
	switch c := claim.(type) {
	case string:
		return []string{c}
	case bool:
		return []string{fmt.Sprint(c)}
	case []any:
		for _, item := range c {
			if s, ok := item.(string); ok {
				texts = append(texts, s)
			}
		}
	}
	return texts
}
