package transport_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/transport"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// tap is what arrives at the node that leads.
type tap struct {
	mu      sync.Mutex
	arrived []*http.Request
}

func (p *tap) newest() *http.Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.arrived) == 0 {
		return nil
	}
	return p.arrived[len(p.arrived)-1]
}

// tapped is a follower of k, whose calls to the leader are recorded on their way.
func tapped(t *testing.T, k *keeper, configure ...func(*transport.Config)) (*host, *tap) {
	t.Helper()
	if _, err := k.node.Log.Propose(t.Context(), fsm.Envelope{Command: &fsm.SetForwardKey{Key: catalog.Digest{7}}}); err != nil {
		t.Fatal(err)
	}
	p := &tap{}
	between := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.arrived = append(p.arrived, r.Clone(t.Context()))
		p.mu.Unlock()
		k.Config.Handler.ServeHTTP(w, r)
	}))
	t.Cleanup(between.Close)
	follower := listen(t, k.node, k.seat.throne, "n2", configure...)
	u, err := url.Parse(between.URL)
	if err != nil {
		t.Fatal(err)
	}
	k.seat.throne.give("n1", u.Host)
	return follower, p
}

// TestSecretsStayWhereTheyArrived: a follower passes on who calls, signed, and never the secret,
// and the leader decides by what it knows itself.
func TestSecretsStayWhereTheyArrived(t *testing.T) {
	k := newKeeper(t)
	const ofFile = "secret-of-the-file"
	follower, tap := tapped(t, k, func(cfg *transport.Config) {
		cfg.Tokens = []transport.Token{{Name: "file", Secret: ofFile, ReadOnly: true}}
	})
	reader := k.with(t, "read")
	for _, c := range []struct{ secret, method, path, code string }{
		{reader, "GET", "/v1/workflows?type=order", ""}, {reader, "GET", "/v1/queues/a%2Fb?consistency=linearizable", ""}, {ofFile, "GET", "/v1/workflows", ""}, {k.made["admin"], "GET", "/v1/auth/tokens", ""},
		{k.made["admin"], "PUT", "/v1/retention/order", "invalid_input"},
	} {
		r := follower.send(t, c.method, c.path, "", "Authorization: Bearer "+c.secret, "Idempotency-Key: k1")
		got := ""
		if r.status >= 300 {
			got = r.problem(t).Code
		}
		if got != c.code {
			t.Errorf("%s %s through a follower: %+v", c.method, c.path, r)
		}
		arrived := tap.newest()
		for name, values := range arrived.Header {
			if text := strings.Join(values, " "); strings.Contains(text, c.secret) || strings.Contains(text, "Bearer") {
				t.Errorf("%s %s: the secret arrived in %s: %s", c.method, c.path, name, text)
			}
		}
		if !strings.HasPrefix(arrived.Header.Get("Authorization"), "Aion-Node ") {
			t.Errorf("%s %s arrived with %q", c.method, c.path, arrived.Header.Get("Authorization"))
		}
	}
	if p := follower.send(t, "PUT", "/v1/retention/order", `{"age":"24h"}`, "Authorization: Bearer "+ofFile).problem(t); p.Code != "permission_denied" {
		t.Errorf("a reader's change through a follower: %v", p)
	}
	if p := follower.send(t, "GET", "/v1/workflows", "", "Authorization: Bearer aion_unknown").problem(t); p.Code != "unauthenticated" || tap.newest().URL.Path != "/v1/auth/index" {
		t.Errorf("an unknown token: %v, the leader was asked last for %s", p, tap.newest().URL)
	}
	// What was overheard is of no use: not for another call, nor by another name, nor once the
	// token is revoked.
	follower.send(t, "GET", "/v1/workflows?type=order", "", "Authorization: Bearer "+reader)
	heard := tap.newest()
	again := func(what, want, method, path string, change func(http.Header)) {
		t.Helper()
		header := maps.Clone(heard.Header)
		change(header)
		var lines []string
		for name, values := range header {
			lines = append(lines, name+": "+values[0])
		}
		r := k.send(t, method, path, "", lines...)
		got := ""
		if r.status >= 300 {
			got = r.problem(t).Code
		}
		if got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	same := func(http.Header) {}
	again("the same call", "", "GET", "/v1/workflows?type=order", same)
	again("another path", "unauthenticated", "GET", "/v1/versions", same)
	again("another query", "unauthenticated", "GET", "/v1/workflows?type=refund", same)
	again("another method", "unauthenticated", "POST", "/v1/workflows?type=order", same)
	again("another request id", "unauthenticated", "GET", "/v1/workflows?type=order", func(h http.Header) { h["Idempotency-Key"] = []string{"k2"} })
	again("not passed on", "unauthenticated", "GET", "/v1/workflows?type=order", func(h http.Header) { delete(h, wire.HeaderForwarded) })
	again("without its signature", "unauthenticated", "GET", "/v1/workflows?type=order", func(h http.Header) {
		text, _, _ := strings.Cut(h.Get("Authorization"), ".")
		h["Authorization"] = []string{text}
	})
	self, err := as(t, k.host, reader).Self(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.root.RevokeToken(t.Context(), self.Token.Name); err != nil {
		t.Fatal(err)
	}
	again("after it was revoked", "unauthenticated", "GET", "/v1/workflows?type=order", same)
	if _, err := k.root.CreateToken(t.Context(), wire.TokenSpec{Name: self.Token.Name, Grants: []string{"admin"}}); err != nil {
		t.Fatal(err)
	}
	again("after its name came back", "unauthenticated", "GET", "/v1/workflows?type=order", same)
}

// TestHotFaceCarriesNoSecret: the same holds for calls of the hot face.
func TestHotFaceCarriesNoSecret(t *testing.T) {
	k := newKeeper(t)
	follower, tap := tapped(t, k)
	overHot := func(grants ...string) *client.Client {
		c, err := client.New(client.Config{Addresses: []string{follower.URL}, Token: k.with(t, grants...), Face: client.FaceHot})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		return c
	}
	reader, signaller := overHot("read", "payload"), overHot("signal:type=order")
	ask := func() {
		t.Helper()
		for range 5 { // the first ones go over HTTP
			if _, err := reader.Describe(t.Context(), wire.RunRef{WorkflowID: "nobody"}); wire.Of(err).Code != "not_found" {
				t.Fatal(err)
			}
			if _, err := signaller.Describe(t.Context(), wire.RunRef{WorkflowID: "nobody"}); wire.Of(err).Code != "permission_denied" {
				t.Fatal(err)
			}
			if _, err := signaller.Signal(t.Context(), wire.RunRef{WorkflowID: "nobody"}, "go", nil); wire.Of(err).Code != "not_found" {
				t.Fatal(err)
			}
		}
	}
	ask()
	if text := tap.newest().Header.Get("Authorization"); !strings.HasPrefix(text, "Aion-Node ") {
		t.Errorf("arrived: %s", text)
	}
	k.seat.throne.give("n1", k.Listener.Addr().String()) // by its own hot face
	ask()
}

// TestBootstrapThroughAFollower: who is on a follower's machine may make the first token of a
// cluster that needs one, and nobody else can say so.
func TestBootstrapThroughAFollower(t *testing.T) {
	n := enginetest.New(t)
	required := func(cfg *transport.Config) { cfg.TokensRequired = true }
	k := &keeper{node: n, made: map[string]string{}}
	k.host = listen(t, n, &throne{}, "n1", required).lead()
	follower, tap := tapped(t, k, required)
	if p := follower.send(t, "POST", "/v1/auth/bootstrap", `{}`, "Via: proxy").problem(t); p.Code != "unauthenticated" {
		t.Errorf("through a proxy: %v", p)
	}
	if r := follower.send(t, "POST", "/v1/auth/bootstrap", `{}`); r.status != 201 {
		t.Fatalf("%+v", r)
	}
	text := tap.newest().Header.Get("Authorization")
	if p := k.send(t, "GET", "/v1/auth/tokens", "", "Authorization: "+text, "Aion-Forwarded: n2").problem(t); p.Code != "unauthenticated" {
		t.Errorf("with what was overheard: %v", p)
	}
}
