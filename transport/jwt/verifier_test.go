package jwt

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

var now = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

// issuer is somebody who issues tokens.
type issuer struct {
	t    *testing.T
	keys map[string]any // by name: private ones
}

func newIssuer(t *testing.T) *issuer {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	r, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, ed, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &issuer{t, map[string]any{"ec": ec, "rsa": r, "ed": ed}}
}

// set is the JWK set with the public halves of the keys, and with others that no token counts by.
func (i *issuer) set(names ...string) []byte {
	var set jose.JSONWebKeySet
	for _, name := range names {
		key := jose.JSONWebKey{Key: i.keys[name], KeyID: name}
		set.Keys = append(set.Keys, key.Public())
	}
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		i.t.Fatal(err)
	}
	set.Keys = append(set.Keys, jose.JSONWebKey{Key: []byte("everybody knows it, and it is no public key"), KeyID: "shared"}, jose.JSONWebKey{Key: &small.PublicKey, KeyID: "small"},
		jose.JSONWebKey{Key: set.Keys[0].Key, KeyID: "encrypts", Use: "enc"})
	b, err := json.Marshal(set)
	if err != nil {
		i.t.Fatal(err)
	}
	return b
}

func claims(change ...func(map[string]any)) map[string]any {
	c := map[string]any{"iss": "https://id.example", "sub": "ci", "aud": "aion", "exp": now.Add(time.Hour).Unix(), "iat": now.Unix(), "aion": "read deploy:type=order", "groups": []string{"ops", "all"}}
	for _, f := range change {
		f(c)
	}
	return c
}

func (i *issuer) sign(algorithm, key string, named bool, claims map[string]any) string {
	o := new(jose.SignerOptions).WithType("JWT")
	if named {
		o = o.WithHeader("kid", key)
	}
	secret := i.keys[key]
	if secret == nil {
		secret = []byte("everybody knows it, and it is no public key")
	}
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(algorithm), Key: secret}, o)
	if err != nil {
		i.t.Fatal(err)
	}
	text, err := jwt.Signed(s).Claims(claims).Serialize()
	if err != nil {
		i.t.Fatal(err)
	}
	return text
}

func config(path string) Config {
	return Config{
		JWKS: path, Issuer: "https://id.example", Audience: []string{"aion", "aion-test"}, Skew: 30 * time.Second, Refresh: time.Minute, Claim: "aion",
		Rules: []string{"groups=ops: operate", "groups=root: admin"}, Now: func() time.Time { return now },
	}
}

func (i *issuer) verifier(change ...func(*Config)) *Verifier {
	path := filepath.Join(i.t.TempDir(), "jwks.json")
	if err := os.WriteFile(path, i.set("ec", "rsa", "ed"), 0o644); err != nil {
		i.t.Fatal(err)
	}
	cfg := config(path)
	for _, f := range change {
		f(&cfg)
	}
	v, err := New(cfg)
	if err != nil {
		i.t.Fatal(err)
	}
	return v
}

// TestWhoCounts: every token that does not says which rule it breaks.
func TestWhoCounts(t *testing.T) {
	i := newIssuer(t)
	v := i.verifier()
	with := func(name string, value any) map[string]any {
		return claims(func(c map[string]any) {
			if c[name] = value; value == nil {
				delete(c, name)
			}
		})
	}
	cut := func(text string, part int) string {
		parts := strings.Split(text, ".")
		parts[part] = "AAAA" + parts[part][4:]
		return strings.Join(parts, ".")
	}
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + strings.Split(i.sign("ES256", "ec", true, claims()), ".")[1] + "."
	for _, c := range []struct{ what, token, want string }{
		{"EC", i.sign("ES256", "ec", true, claims()), ""},
		{"RSA", i.sign("RS256", "rsa", true, claims()), ""},
		{"Ed25519", i.sign("EdDSA", "ed", true, claims()), ""},
		{"no name of a key", i.sign("EdDSA", "ed", false, claims()), ""},
		{"one of several audiences", i.sign("ES256", "ec", true, with("aud", []string{"other", "aion-test"})), ""},
		{"expired within the skew", i.sign("ES256", "ec", true, with("exp", now.Add(-29*time.Second).Unix())), ""},
		{"an algorithm that is not allowed", i.sign("RS512", "rsa", true, claims()), `is signed with "RS512"; allowed are RS256, ES256, EdDSA`},
		{"a key that is shared", i.sign("HS256", "shared", true, claims()), `is signed with "HS256"`},
		{"no signature", none, `is signed with "none"`},
		{"an unknown key", newIssuer(t).sign("ES256", "ec", false, claims()), "a signature that is not one by a key of its issuer"},
		{"another signature", cut(i.sign("ES256", "ec", true, claims()), 2), "a signature that is not one"},
		{"other claims", cut(i.sign("ES256", "ec", true, claims()), 1), "a signature that is not one"},
		{"another issuer", i.sign("ES256", "ec", true, with("iss", "https://evil.example")), `is of the issuer "https://evil.example"`},
		{"no issuer", i.sign("ES256", "ec", true, with("iss", nil)), `is of the issuer ""`},
		{"another audience", i.sign("ES256", "ec", true, with("aud", "others")), `is for the audience ["others"], and not for`},
		{"no audience", i.sign("ES256", "ec", true, with("aud", nil)), "is for the audience []"},
		{"expired", i.sign("ES256", "ec", true, with("exp", now.Add(-31*time.Second).Unix())), "has expired at 2026-11-29T11:59:29Z"},
		{"for ever", i.sign("ES256", "ec", true, with("exp", nil)), "never expires"},
		{"not yet", i.sign("ES256", "ec", true, with("nbf", now.Add(31*time.Second).Unix())), "is not valid before"},
		{"from the future", i.sign("ES256", "ec", true, with("iat", now.Add(time.Hour).Unix())), "which is in the future"},
		{"nobody", i.sign("ES256", "ec", true, with("sub", nil)), "names no subject"},
		{"no grants in the claim of grants", i.sign("ES256", "ec", true, with("aion", "everything")), `a claim "aion" that holds no grants`},
		{"huge", i.sign("ES256", "ec", true, with("x", strings.Repeat("x", maxToken))), "bytes, the limit is"},
		{"nothing", "eyJ.eyJ.x", "cannot be read"},
	} {
		id, err := v.Verify(t.Context(), c.token)
		refused, is := errors.AsType[*Refused](err)
		switch {
		case c.want == "" && (err != nil || id.Subject != "ci" || id.Issuer != "https://id.example"):
			t.Errorf("%s: %+v, %v", c.what, id, err)
		case c.want != "" && (!is || !strings.Contains(refused.Error(), c.want)):
			t.Errorf("%s: %v, want %q", c.what, err, c.want)
		}
	}
}

// TestGrants: those of the claim, and of all rules whose claim is, or holds, the value.
func TestGrants(t *testing.T) {
	i := newIssuer(t)
	for _, c := range []struct {
		claim, groups any
		rules         []string
		want          []string
	}{
		{"read deploy:type=order", "none", nil, []string{"deploy:type=order", "read"}},
		{[]string{"read", "signal"}, "ops", nil, []string{"operate", "read", "signal"}},
		{nil, []string{"all", "ops"}, nil, []string{"operate"}},
		{nil, nil, nil, nil},
		{nil, true, []string{"groups=true: start:type=a work:queue=b"}, []string{"start:type=a", "work:queue=b"}},
		{map[string]any{"read": true}, 7, nil, nil},
	} {
		v := i.verifier(func(cfg *Config) {
			if c.rules != nil {
				cfg.Rules = c.rules
			}
		})
		id, err := v.Verify(t.Context(), i.sign("ES256", "ec", true, claims(func(m map[string]any) { m["aion"], m["groups"] = c.claim, c.groups })))
		if err != nil || !slices.Equal(id.Grants.Strings(), c.want) {
			t.Errorf("%v, %v: %v, %v, want %v", c.claim, c.groups, id, err, c.want)
		}
	}
}

// TestKeysAreReadAgain when a token names one that is not known, but not for each stranger; and a
// set that cannot be read leaves the one before as it is.
func TestKeysAreReadAgain(t *testing.T) {
	i := newIssuer(t)
	var set, status atomic.Value
	set.Store(i.set("ec"))
	status.Store(http.StatusOK)
	var asked atomic.Int64
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(status.Load().(int))
		w.Write(set.Load().([]byte))
	}))
	defer server.Close()
	at := now
	v, err := New(func() Config {
		cfg := config(server.URL)
		cfg.Client, cfg.Now = server.Client(), func() time.Time { return at }
		return cfg
	}())
	if err != nil {
		t.Fatal(err)
	}
	token := func(key string) error {
		_, err := v.Verify(t.Context(), i.sign(map[string]string{"ec": "ES256", "ed": "EdDSA"}[key], key, true, claims()))
		return err
	}
	if err := token("ec"); err != nil || asked.Load() != 1 {
		t.Fatalf("the first token: %v, %d questions", err, asked.Load())
	}
	set.Store(i.set("ec", "ed"))
	for range 20 {
		if err := token("ed"); err == nil || !strings.Contains(err.Error(), `the key "ed", which is not among those`) {
			t.Fatalf("a key that is not known: %v", err)
		}
	}
	if asked.Load() != 1 {
		t.Errorf("%d questions for strangers at once", asked.Load())
	}
	at = at.Add(unknownRate)
	if err := token("ed"); err != nil || asked.Load() != 2 {
		t.Errorf("a key that came: %v, %d questions", err, asked.Load())
	}
	status.Store(http.StatusInternalServerError)
	v.keys.read(t.Context())
	if err := token("ec"); err != nil || v.keys.err == nil {
		t.Errorf("with a set that cannot be read any more: %v; %v", err, v.keys.err)
	}
	status.Store(http.StatusOK)
	for _, bad := range []string{strings.Repeat(" ", maxSet+1), `{"keys":[]}`, `[`, `{"keys":[` + strings.Repeat(`{},`, maxKeys) + `{}]}`} {
		set.Store([]byte(bad))
		v.keys.read(t.Context())
		if v.keys.err == nil || token("ec") != nil {
			t.Errorf("a set of %d bytes: %v", len(bad), v.keys.err)
		}
	}
}

// TestWithoutKeysNobodyCanTell.
func TestWithoutKeysNobodyCanTell(t *testing.T) {
	i := newIssuer(t)
	v := i.verifier(func(c *Config) { c.JWKS += ".none" })
	if _, err := v.Verify(t.Context(), i.sign("ES256", "ec", true, claims())); !isUnavailable(err) {
		t.Errorf("%v, want *Unavailable", err)
	}
}

func isUnavailable(err error) bool { _, ok := errors.AsType[*Unavailable](err); return ok }

func TestValidate(t *testing.T) {
	for want, change := range map[string]func(*Config){
		"":                       func(*Config) {},
		"JWKS: is fetched":       func(c *Config) { c.JWKS = "http://id.example/keys" },
		"JWKS: is \"https://u":   func(c *Config) { c.JWKS = "https://u:p@id.example/keys" },
		"Issuer: is missing":     func(c *Config) { c.Issuer = "" },
		"Audience: is missing":   func(c *Config) { c.Audience = nil },
		"Algorithms: has \"HS25": func(c *Config) { c.Algorithms = []string{"RS256", "HS256"} },
		"Algorithms: has \"none": func(c *Config) { c.Algorithms = []string{"none"} },
		"Skew: is 6m":            func(c *Config) { c.Skew = 6 * time.Minute },
		"Refresh: is 1s":         func(c *Config) { c.Refresh = time.Second },
		"Rules: are missing":     func(c *Config) { c.Claim, c.Rules = "", nil },
		"Rules: item 1 is":       func(c *Config) { c.Rules = []string{"groups"} },
		"Rules: item 1 \"x\" is": func(c *Config) { c.Rules = []string{"a=b: x"} },
	} {
		cfg := config("keys.json")
		change(&cfg)
		err := cfg.Validate()
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
