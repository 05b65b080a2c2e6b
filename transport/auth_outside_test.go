package transport_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"aion.dev/aion/transport"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/jwt"
	"aion.dev/aion/transport/wire"
)

// issuing is an issuer of JWTs, who writes them by hand.
type issuing struct {
	key  ed25519.PrivateKey
	jwks string // path
}

func newIssuing(t *testing.T) *issuing {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	i := &issuing{private, filepath.Join(t.TempDir(), "jwks.json")}
	set := `{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k","x":"` + base64.RawURLEncoding.EncodeToString(public) + `"}]}`
	if err := os.WriteFile(i.jwks, []byte(set), 0o644); err != nil {
		t.Fatal(err)
	}
	return i
}

func (i *issuing) token(subject string, life time.Duration, grants string) string {
	text := base64.RawURLEncoding.EncodeToString
	claims, _ := json.Marshal(map[string]any{"iss": "https://id.example", "aud": "aion", "sub": subject, "exp": time.Now().Add(life).Unix(), "grants": grants})
	head := text([]byte(`{"alg":"EdDSA","kid":"k"}`)) + "." + text(claims)
	return head + "." + text(ed25519.Sign(i.key, []byte(head)))
}

func (i *issuing) configure(t *testing.T) func(*transport.Config) {
	v, err := jwt.New(jwt.Config{JWKS: i.jwks, Issuer: "https://id.example", Audience: []string{"aion"}, Refresh: time.Minute, Claim: "grants"})
	if err != nil {
		t.Fatal(err)
	}
	return func(cfg *transport.Config) { cfg.JWT = v }
}

// TestJWT: a node that knows an issuer serves callers with its tokens within their grants, itself
// and through a leader that does not know it, until they expire.
func TestJWT(t *testing.T) {
	k := newKeeper(t)
	i := newIssuing(t)
	follower, tap := tapped(t, k, i.configure(t))
	send := func(token, method, path, body string) (code string) {
		t.Helper()
		r := follower.send(t, method, path, body, "Authorization: Bearer "+token)
		if strings.Contains(tap.newest().Header.Get("Authorization"), "Bearer") {
			t.Error("the leader got the token")
		}
		if r.status >= 300 {
			return r.problem(t).Code
		}
		return ""
	}
	ci := i.token("ci", time.Hour, "read operate:queue=fast")
	for _, c := range []struct{ what, token, method, path, body, want string }{
		{"read", ci, "GET", "/v1/workflows", "", ""},
		{"read here", ci, "GET", "/v1/workflows?consistency=stale", "", ""},
		{"operate", ci, "PUT", "/v1/queues/fast-1", `{"concurrency":1}`, ""},
		{"operate elsewhere", ci, "PUT", "/v1/queues/slow", `{"concurrency":1}`, "permission_denied"},
		{"deploy", ci, "DELETE", "/v1/routes/order", "", "permission_denied"},
		{"no grants", i.token("guest", time.Hour, ""), "GET", "/v1/workflows", "", "permission_denied"},
		{"expired", i.token("ci", -time.Minute, "read"), "GET", "/v1/workflows", "", "unauthenticated"},
		{"of another issuer", newIssuing(t).token("ci", time.Hour, "read"), "GET", "/v1/workflows", "", "unauthenticated"},
		{"a name that is none", i.token("a\nb", time.Hour, "read"), "GET", "/v1/workflows", "", "unauthenticated"},
	} {
		if got := send(c.token, c.method, c.path, c.body); got != c.want {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
	}
	for _, h := range []*host{follower} {
		self, err := as(t, h, ci).Self(t.Context())
		if err != nil || self.Kind != "jwt" || self.Token.Name != "jwt:https://id.example:ci" || self.Token.ExpiresAt == nil || !slices.Equal(self.Token.Grants, []string{"operate:queue=fast", "read"}) {
			t.Errorf("%+v, %v", self, err)
		}
	}
	// The leader has no issuer: what comes to it directly is a token that it does not know.
	if p := k.send(t, "GET", "/v1/workflows", "", "Authorization: Bearer "+ci).problem(t); p.Code != "unauthenticated" {
		t.Errorf("a node without an issuer: %v", p)
	}
	// What was passed on before it expired is of no use after.
	short := i.token("ci", 2*time.Second, "read")
	if got := send(short, "GET", "/v1/workflows", ""); got != "" {
		t.Errorf("a token that is about to expire: %s", got)
	}
	wait := make(chan string, 1)
	go func() {
		r := follower.send(t, "GET", "/v1/events", "", "Authorization: Bearer "+short)
		wait <- r.body
	}()
	<-wait // it ends with the token, and by nothing else
	if got := send(short, "GET", "/v1/workflows", ""); got != "unauthenticated" {
		t.Errorf("a token that has expired: %q", got)
	}
}

// TestANodeWithAnIssuerIsNotOpen, also while there are no other tokens.
func TestANodeWithAnIssuerIsNotOpen(t *testing.T) {
	k := newKeeper(t)
	rule, err := transport.ParseCertificateRule("cn=ci: read")
	if err != nil {
		t.Fatal(err)
	}
	for name, configure := range map[string]func(*transport.Config){
		"JWT": newIssuing(t).configure(t), "certificates": func(cfg *transport.Config) { cfg.Certificates = []transport.CertificateRule{rule} },
	} {
		h := listen(t, k.node, &throne{}, "n1", configure).lead()
		if p := h.send(t, "GET", "/v1/workflows", "").problem(t); p.Code != "unauthenticated" {
			t.Errorf("%s: %v", name, p)
		}
	}
}

// TestClientCertificates: what TLS has verified is who calls, within the grants of its names.
func TestClientCertificates(t *testing.T) {
	k := newKeeper(t)
	var rules []transport.CertificateRule
	for _, text := range []string{"cn=ci: read", "dns=ci.example: operate:queue=fast", "uri=spiffe://example/ci: signal", "email=ci@example: start"} {
		r, err := transport.ParseCertificateRule(text)
		if err != nil {
			t.Fatal(err)
		}
		rules = append(rules, r)
	}
	var gone atomic.Bool // the CA was taken out of the file
	h := listen(t, k.node, &throne{}, "n1", func(cfg *transport.Config) {
		cfg.Certificates = rules
		cfg.Vouches = func(*x509.Certificate) bool { return !gone.Load() }
	}).lead()
	ca, caKey := certificate(t, &x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}, nil, nil)
	pool := x509.NewCertPool()
	pool.AddCert(ca)
	server := httptest.NewUnstartedServer(h.Config.Handler)
	server.TLS = &tls.Config{ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: pool}
	server.StartTLS()
	defer server.Close()
	call := func(path string, template *x509.Certificate, header ...string) (*wire.Self, string) {
		t.Helper()
		web := server.Client()
		tr := web.Transport.(*http.Transport).Clone()
		if template != nil {
			template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
			c, key := certificate(t, template, ca, caKey)
			tr.TLSClientConfig.Certificates = []tls.Certificate{{Certificate: [][]byte{c.Raw}, PrivateKey: key}}
		}
		r, err := http.NewRequest("GET", server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range header {
			name, value, _ := strings.Cut(line, ": ")
			r.Header.Set(name, value)
		}
		resp, err := (&http.Client{Transport: tr}).Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		if resp.StatusCode != 200 {
			return nil, wire.ParseProblem(resp.StatusCode, b).Code
		}
		self := new(wire.Self)
		_ = json.Unmarshal(b, self)
		return self, ""
	}
	of := func(cn string, dns ...string) *x509.Certificate {
		return &x509.Certificate{Subject: pkix.Name{CommonName: cn}, DNSNames: dns}
	}
	self, code := call("/v1/auth/self", of("ci", "ci.example"))
	if code != "" || self.Kind != "certificate" || self.Token.Name != "cert:cn=ci" || !slices.Equal(self.Token.Grants, []string{"operate:queue=fast", "read"}) || self.Token.ExpiresAt == nil {
		t.Fatalf("%+v, %s", self, code)
	}
	if _, code := call("/v1/workflows", of("ci")); code != "" {
		t.Errorf("within its grants: %s", code)
	}
	if _, code := call("/v1/workflows", of("", "ci.example")); code != "permission_denied" {
		t.Errorf("beyond its grants: %q", code)
	}
	for _, c := range []*x509.Certificate{of("other"), nil} {
		if _, code := call("/v1/workflows", c); code != "unauthenticated" {
			t.Errorf("a certificate of no known name, or none: %q", code)
		}
	}
	gone.Store(true)
	if _, code := call("/v1/workflows", of("ci")); code != "unauthenticated" {
		t.Errorf("a certificate of a CA that counts no longer: %q", code)
	}
	if self, _ := call("/v1/auth/self", of("ci"), "Authorization: Bearer "+k.made["admin"]); self == nil || self.Kind != "token" {
		t.Errorf("a token goes before a certificate: %+v", self)
	}
}

// certificate signs a certificate by an authority; nil = itself.
func certificate(t *testing.T, template, ca *x509.Certificate, caKey *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if template.SerialNumber = big.NewInt(time.Now().UnixNano()); ca == nil {
		ca, caKey = template, key
	}
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	der, err := x509.CreateCertificate(rand.Reader, template, ca, &key.PublicKey, caKey)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c, key
}

func TestParseCertificateRule(t *testing.T) {
	for _, bad := range []string{"", "ci: read", "cn=ci", "cn=: read", "cn=ci: ", "cn=ci: everything", "ou=ci: read", "cn=a\tb: read"} {
		if r, err := transport.ParseCertificateRule(bad); err == nil {
			t.Errorf("%q is read as %+v", bad, r)
		}
	}
}

// TestClientCertificatesOverTheHotFace: a stream is its caller's, whom TLS has verified.
func TestClientCertificatesOverTheHotFace(t *testing.T) {
	k := newKeeper(t)
	rule, err := transport.ParseCertificateRule("cn=ci: signal")
	if err != nil {
		t.Fatal(err)
	}
	ca, caKey := certificate(t, &x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}, nil, nil)
	pool := x509.NewCertPool()
	pool.AddCert(ca)
	node, nodeKey := certificate(t, &x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}, ca, caKey)
	server, err := transport.New(transport.Config{
		Parts: parts(k.node), Cluster: k.seat, Node: "n1", Certificates: []transport.CertificateRule{rule},
		TLS: &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{node.Raw}, PrivateKey: nodeKey}}, ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: pool},
	})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error)
	go func() { served <- server.Serve(ctx, l) }()
	t.Cleanup(func() {
		stop()
		<-served
	})
	own, ownKey := certificate(t, &x509.Certificate{Subject: pkix.Name{CommonName: "ci"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}, ca, caKey)
	for _, face := range []client.Face{client.FaceHot, client.FaceHTTP} {
		c, err := client.New(client.Config{
			Addresses: []string{"https://" + l.Addr().String()}, Face: face, RootCAs: pool, Patience: -1,
			Certificate: &tls.Certificate{Certificate: [][]byte{own.Raw}, PrivateKey: ownKey},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := c.Start(t.Context(), wire.StartRequest{Type: "order"}); err == nil || wire.Of(err).Code != "permission_denied" {
			t.Errorf("%q: beyond its grants: %v", face, err)
		}
		if _, err := c.Signal(t.Context(), wire.RunRef{WorkflowID: "nobody"}, "go", nil); err == nil || wire.Of(err).Code != "not_found" {
			t.Errorf("%q: within its grants: %v", face, err)
		}
	}
}
