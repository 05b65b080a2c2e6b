package transport_test

import (
	"reflect"
	"strings"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/transport"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

func TestTokens(t *testing.T) {
	n := enginetest.New(t)
	th := &throne{}
	withTokens := func(cfg *transport.Config) {
		cfg.Tokens = []transport.Token{{Name: "ci", Secret: "secret-of-ci"}, {Name: "viewer", Secret: "secret-of-viewer", ReadOnly: true}}
	}
	leader := listen(t, n, th, "n1", withTokens).lead()
	follower := listen(t, n, th, "n2", withTokens)
	if _, err := n.Log.Propose(t.Context(), fsm.Envelope{Command: &fsm.SetForwardKey{Key: catalog.Digest{7}}}); err != nil { // as the leader of a cluster does
		t.Fatal(err)
	}
	n.Deploy(enginetest.Pack(t, waiting("1")))
	n.Begin("order", "1")
	for _, h := range []*host{leader, follower} {
		for _, c := range []struct{ method, path, header, code string }{
			{"GET", "/v1/versions", "", "unauthenticated"},
			{"GET", "/v1/versions", "Authorization: Bearer wrong", "unauthenticated"},
			{"GET", "/v1/versions", "Authorization: Basic secret-of-ci", "unauthenticated"},
			{"GET", "/v1/cluster", "", "unauthenticated"},
			{"GET", "/v1/events", "", "unauthenticated"},
			{"GET", "/v1/versions", "Authorization: Bearer secret-of-viewer", ""},
			{"POST", "/v1/workflows/nobody/queries/q", "Authorization: Bearer secret-of-viewer", "not_found"},
			{"POST", "/v1/routes/order/rollback", "Authorization: Bearer secret-of-viewer", "permission_denied"},
			{"POST", "/v1/cluster/drain", "Authorization: Bearer secret-of-viewer", "permission_denied"},
			{"POST", "/v1/routes/order/rollback", "authorization: bearer secret-of-ci", "route_conflict"},
			{"GET", "/health/live", "", ""},
			{"GET", "/metrics", "", ""},
			{"GET", "/openapi.json", "", ""},
			{"GET", "/", "", ""},
		} {
			var headers []string
			if c.header != "" {
				headers = append(headers, c.header)
			}
			r := h.send(t, c.method, c.path, "", headers...)
			if c.code == "" {
				if r.status != 200 {
					t.Errorf("%s: %s %s with %q: %+v", h.id, c.method, c.path, c.header, r)
				}
			} else if p := r.problem(t); p.Code != c.code {
				t.Errorf("%s: %s %s with %q: %v", h.id, c.method, c.path, c.header, p)
			} else if asks := r.header.Get("WWW-Authenticate"); (asks == "Bearer") != (c.code == "unauthenticated") {
				t.Errorf("%s: %s %s with %q: WWW-Authenticate is %q", h.id, c.method, c.path, c.header, asks)
			}
		}
	}
	// The actor is the token's name, even through a follower, whatever the caller says.
	follower.send(t, "POST", "/v1/routes/order/rollback", "", "Authorization: Bearer secret-of-ci", "Aion-Actor: root")
	c, err := client.New(client.Config{Addresses: []string{follower.URL}, Token: "secret-of-viewer"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	d, err := c.Deploys(t.Context(), "", wire.Page{})
	if err != nil || d.Deploys[0].Actor != "ci" {
		t.Errorf("%+v, %v", d, err)
	}
	if _, err := transport.New(transport.Config{Parts: parts(n), Cluster: leader.seat, Node: "n1", Tokens: []transport.Token{{Name: "a", Secret: "s"}, {Name: "b", Secret: "s"}}}); err == nil || !strings.Contains(err.Error(), "same secret") {
		t.Errorf("two tokens with one secret: %v", err)
	}
}

func TestActorWithoutTokens(t *testing.T) {
	n := enginetest.New(t)
	th := &throne{}
	listen(t, n, th, "n1").lead()
	follower := listen(t, n, th, "n2")
	follower.send(t, "POST", "/v1/packages", string(enginetest.Pack(t, waiting("1"))))
	follower.send(t, "POST", "/v1/packages", string(enginetest.Pack(t, waiting("2"))), "Aion-Actor: ada", "Idempotency-Key: k")
	d, err := caller(t, follower).Deploys(t.Context(), "", wire.Page{})
	if err != nil || len(d.Deploys) != 2 || d.Deploys[0].Actor != "ada" || d.Deploys[0].RequestID != "k" || d.Deploys[1].Actor != "anonymous@127.0.0.1" {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestHealth(t *testing.T) {
	th := &throne{}
	h := listen(t, &recordingAPI{}, th, "n1")
	if r := h.send(t, "GET", "/health/live", ""); r.status != 200 || r.body != `{"status":"ok"}` {
		t.Errorf("live: %+v", r)
	}
	if p := h.send(t, "GET", "/health/ready", "").problem(t); p.Code != "unavailable" || !strings.Contains(p.Detail, "no leader") {
		t.Errorf("ready without a leader: %v", p)
	}
	h.lead()
	if r := h.send(t, "GET", "/health/ready", ""); r.status != 200 {
		t.Errorf("ready: %+v", r)
	}
}

// The page is the same at every address below /console. What it is made of is tested where it is.
func TestConsole(t *testing.T) {
	h := listen(t, &recordingAPI{}, &throne{}, "n1").lead()
	for _, path := range []string{"/", "/console", "/console/runs/order-17", "/console/versions/a%2Fb/routed"} {
		r := h.send(t, "GET", path, "")
		if r.status != 200 || !strings.HasPrefix(r.body, "<!doctype html>") || !strings.HasPrefix(r.header.Get("Content-Type"), "text/html") || !strings.Contains(r.header.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: %d %v", path, r.status, r.header)
		}
	}
	if r := h.send(t, "GET", "/console/app/main.js", ""); r.status != 200 || !strings.HasPrefix(r.header.Get("Content-Type"), "text/javascript") {
		t.Errorf("%d %v", r.status, r.header)
	}
	if r := h.send(t, "GET", "/console/app/none.js", ""); r.status != 404 {
		t.Errorf("a file that is not there: %d", r.status)
	}
}

func TestMetrics(t *testing.T) {
	h := listen(t, &recordingAPI{}, &throne{}, "n1").lead()
	h.send(t, "GET", "/v1/versions", "")
	h.send(t, "GET", "/v1/versions?x=1", "")
	h.send(t, "GET", "/nothing/here", "")
	r := h.send(t, "GET", "/metrics", "")
	for _, want := range []string{
		`aion_http_calls_total{operation="versions",status="200"} 1`,
		`aion_http_calls_total{operation="versions",status="400"} 1`,
		`aion_http_calls_total{operation="other",status="404"} 1`,
		`aion_http_call_seconds_count{operation="versions"} 2`,
		"aion_http_streams 0",
	} {
		if !strings.Contains(r.body, want) {
			t.Errorf("metrics lack %s", want)
		}
	}
}

func TestConfigNeedsItsParts(t *testing.T) {
	cfg := transport.Config{Parts: parts(nil), Cluster: &seat{}}
	if _, err := transport.New(cfg); err == nil {
		t.Error("a server without a node")
	}
	cfg.Node = "n1"
	if _, err := transport.New(cfg); err != nil {
		t.Error(err)
	}
	of := reflect.ValueOf(&cfg.Parts).Elem()
	for i := range of.NumField() {
		cfg.Parts = parts(nil)
		of.Field(i).SetZero()
		name := of.Type().Field(i).Name
		if _, err := transport.New(cfg); err == nil || !strings.HasSuffix(err.Error(), " "+name) {
			t.Errorf("without %s: %v", name, err)
		}
	}
}

// TestPanicIsAnswered as a problem, and the server goes on.
func TestPanicIsAnswered(t *testing.T) {
	h := listen(t, &refuser{}, &throne{}, "n1").lead() // its Versions is nil
	if p := h.send(t, "GET", "/v1/versions", "").problem(t); p.Code != "internal" || p.Outcome != wire.Unknown {
		t.Errorf("%v", p)
	}
	if r := h.send(t, "GET", "/health/live", ""); r.status != 200 {
		t.Errorf("%+v", r)
	}
}
