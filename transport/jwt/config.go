package jwt

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"aion.dev/aion/transport/grant"
	"github.com/go-jose/go-jose/v4"
)

// Config says which tokens count.
type Config struct {
	JWKS       string        // path of a file, or https URL, with a JWK set
	Issuer     string        // iss
	Audience   []string      // aud has to hold one of them
	Algorithms []string      // of signatures; none = DefaultAlgorithms
	Skew       time.Duration // by which clocks may differ
	Refresh    time.Duration // how often the set is read again
	Claim      string        // whose value are grants; empty = none
	Rules      []string      // CLAIM=VALUE: GRANT...

	Client *http.Client // nil = one with the system's roots
	Now    func() time.Time
}

// DefaultAlgorithms are those that identity providers use.
var DefaultAlgorithms = []string{"RS256", "ES256", "EdDSA"}

// asymmetric are the algorithms that may be allowed: with a symmetric one, whoever knows the key
// that is published could sign, and none is no signature.
var asymmetric = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}

// Bounds.
const (
	MaxSkew    = 5 * time.Minute
	MinRefresh = 10 * time.Second

	maxToken    = 16 << 10 // bytes
	maxSet      = 1 << 20  // bytes of a JWK set
	maxKeys     = 100      // of a set
	maxNameless = 8        // keys of a set of which tokens need not name theirs: each would be tried
	fetchTime   = 10 * time.Second
	unknownRate = 30 * time.Second // how often a token with an unknown key makes the set be read again
)

// rule gives grants to tokens with a claim.
type rule struct {
	claim, value string
	grants       []grant.Grant
}

// ParseRule reads CLAIM=VALUE: GRANT GRANT...
func parseRule(text string) (r rule, err error) {
	head, grants, ok := strings.Cut(text, ": ")
	r.claim, r.value, _ = strings.Cut(head, "=")
	if !ok || r.claim == "" || r.value == "" {
		return r, fmt.Errorf("is %q; want CLAIM=VALUE: GRANT..., such as groups=ops: operate read", text)
	}
	r.grants, err = parseGrants(strings.Fields(grants))
	if err == nil && len(r.grants) == 0 {
		err = fmt.Errorf("%q gives no grants", text)
	}
	return r, err
}

func parseGrants(texts []string) (all []grant.Grant, err error) {
	for _, text := range texts {
		g, err := grant.Parse(text)
		if err != nil {
			return nil, err
		}
		all = append(all, g)
	}
	return all, nil
}

// Flaw is what is wrong with one setting, by its name in Config.
type Flaw struct {
	Setting string
	Reason  string
}

func (f *Flaw) Error() string { return f.Setting + ": " + f.Reason }

// Validate returns the flaws of a configuration, each a *Flaw.
func (c *Config) Validate() error {
	var flaws []error
	bad := func(setting, format string, args ...any) {
		flaws = append(flaws, &Flaw{setting, fmt.Sprintf(format, args...)})
	}
	if remote, err := c.remote(); err != nil {
		bad("JWKS", "%v", err)
	} else if remote && c.Client == nil && !strings.HasPrefix(c.JWKS, "https://") {
		bad("JWKS", "is fetched without TLS: whoever is between could sign everything; want an https URL or a file")
	}
	if c.Issuer == "" {
		bad("Issuer", "is missing: without it every token of a shared key set would count")
	}
	if len(c.Audience) == 0 || slices.Contains(c.Audience, "") {
		bad("Audience", "is missing: without it tokens that were made for others would count")
	}
	for _, a := range c.Algorithms {
		if !slices.Contains(asymmetric, a) {
			bad("Algorithms", "has %q; allowed are %s", a, strings.Join(asymmetric, ", "))
		}
	}
	if c.Skew < 0 || c.Skew > MaxSkew {
		bad("Skew", "is %s; 0 to %s are allowed", c.Skew, MaxSkew)
	}
	if c.Refresh < MinRefresh {
		bad("Refresh", "is %s; at least %s are wanted", c.Refresh, MinRefresh)
	}
	if c.Claim == "" && len(c.Rules) == 0 {
		bad("Rules", "are missing, and so is the claim with grants: no token could do anything")
	}
	for i, text := range c.Rules {
		if _, err := parseRule(text); err != nil {
			bad("Rules", "item %d %v", i+1, err)
		}
	}
	return errors.Join(flaws...)
}

// remote reports whether the set is fetched from a URL.
func (c *Config) remote() (bool, error) {
	if !strings.Contains(c.JWKS, "://") {
		return false, nil
	}
	u, err := url.Parse(c.JWKS)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil {
		return true, fmt.Errorf("is %q; want the path of a file, or an https URL without a user", c.JWKS)
	}
	return true, nil
}

func (c *Config) algorithms() (all []jose.SignatureAlgorithm) {
	names := c.Algorithms
	if len(names) == 0 {
		names = DefaultAlgorithms
	}
	for _, a := range names {
		all = append(all, jose.SignatureAlgorithm(a))
	}
	return all
}

func (c *Config) now() time.Time {
	if c.Now != nil {
		return c.Now()
	}
	return time.Now()
}

// client fetches the set. It follows no redirects: the URL is what an operator has looked at.
func (c *Config) client() *http.Client {
	client := *cmp.Or(c.Client, new(http.Client))
	client.Timeout = fetchTime
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client
}
