package transport_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"aion.dev/aion/transport"
)

// askAs sends one call with a Host header that net/http would not write by itself.
func askAs(t *testing.T, h *host, line, hostHeader string, headers ...string) *http.Response {
	t.Helper()
	conn, err := net.Dial("tcp", h.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if hostHeader != "" {
		headers = append(headers, "Host: "+hostHeader)
	}
	fmt.Fprintf(conn, "%s\r\n%s\r\nConnection: close\r\n\r\n", line, strings.Join(headers, "\r\n"))
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("%s as %q: %v", line, hostHeader, err)
	}
	resp.Body.Close()
	return resp
}

// TestHosts: a node without tokens rejects every call by a name that is not its own, on any route:
// the caller may be a web page whose name resolves to this machine.
func TestHosts(t *testing.T) {
	listed := func(c *transport.Config) {
		c.Hosts = []string{"node1.example:7600", "Proxy.example", "192.0.2.7", "0.0.0.0:1"}
	}
	h := listen(t, &recordingAPI{}, &throne{}, "n1", listed).lead()
	routes := []string{
		"GET /v1/versions", "POST /v1/workflows", "GET /v1/events", "GET /v1/cluster", "GET /metrics", "GET /openapi.json", "GET /", "GET /health/live",
		"GET /health/ready", "GET /nothing", "PATCH /v1/workflows", "OPTIONS /v1/packages",
	}
	for _, name := range []string{
		"rebind.example", "rebind.example:7600", "localhost.example", "127.0.0.1.example", "mylocalhost", "node1.example.evil", "10.0.0.1:7600", "0.0.0.0:7600",
		"[::]", "localhost:7600:1", "localhost:seven", "[::2]:7600", "xn--localhost",
		"*", "0.0.0.0", "127.1", "2130706433", "0x7f.0.0.1", "0177.0.0.1", "127.0.0.1.5", "localhost:99999", "localhost:-1", "localhost..", ".", "localhost,rebind.example",
		"rebind.example,localhost", "[::ffff:10.0.0.1]", "[::1].rebind.example", "[localhost]:x", "rebind.example.localhost.example", "192.0.2.7.rebind.example",
	} {
		for _, route := range routes {
			if resp := askAs(t, h, route+" HTTP/1.1", name); resp.StatusCode != http.StatusMisdirectedRequest || resp.Header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s as %q: %s", route, name, resp.Status)
			}
		}
	}
	for _, name := range []string{
		"localhost", "localhost:7600", "LocalHost.", "localhost.:7600", "aion.localhost:1", "127.0.0.1", "127.0.0.1:9", "127.1.2.3", "[::1]", "[::1]:7600",
		"[0:0:0:0:0:0:0:1]:1", "[::ffff:127.0.0.1]:1", "127.0.0.1.", "node1.example", "NODE1.example:1", "node1.example.", "proxy.example:443", "192.0.2.7:80",
	} {
		if resp := askAs(t, h, "GET /v1/versions HTTP/1.1", name); resp.StatusCode != 200 {
			t.Errorf("as %q: %s", name, resp.Status)
		}
	}
	for _, c := range []struct {
		line, host string
		want       int
	}{
		{"GET http://rebind.example/v1/versions HTTP/1.1", "localhost", 421}, // the line wins over the header
		{"GET http://localhost/v1/versions HTTP/1.1", "rebind.example", 200},
		{"GET /v1/versions HTTP/1.0", "", 200}, // a load balancer: every browser names a host
		{"GET /v1/versions HTTP/1.1", "", 400},
		{"GET /v1/versions HTTP/1.0", "rebind.example", 421},
		{"GET http://rebind.example/v1/versions HTTP/1.0", "", 421},
		{"GET /v1/versions HTTP/1.1", "localhost\r\nHost: rebind.example", 400},
		{"GET /v1/versions HTTP/1.1", "rebind.example\r\nHost: localhost", 400},
		{"GET /v1/versions HTTP/1.1", "rebind.example\r\nX-Forwarded-Host: localhost", 421},
		{"GET /v1/versions HTTP/1.1", "rebind.example\r\nForwarded: host=localhost", 421},
		{"GET /v1/versions HTTP/1.1", "localhost\r\nX-Forwarded-Host: rebind.example", 200},
		{"GET //rebind.example/v1/versions HTTP/1.1", "localhost", 404},
	} {
		if resp := askAs(t, h, c.line, c.host); resp.StatusCode != c.want {
			t.Errorf("%s as %q: %s, want %d", c.line, c.host, resp.Status, c.want)
		}
	}

	open := listen(t, &recordingAPI{}, &throne{}, "n2", func(c *transport.Config) { c.Hosts = []string{"*"} }).lead()
	guarded := listen(t, &recordingAPI{}, &throne{}, "n3", func(c *transport.Config) {
		c.Tokens = []transport.Token{{Name: "ci", Secret: "secret-of-ci"}}
	}).lead()
	for _, h := range []*host{open, guarded} { // a page has no token to send
		for _, name := range []string{"any.example", "*", "localhost", "0.0.0.0:1", "127.1"} {
			if resp := askAs(t, h, "GET /v1/versions HTTP/1.1", name, "Authorization: Bearer secret-of-ci"); resp.StatusCode != 200 {
				t.Errorf("%s as %q: %s", h.id, name, resp.Status)
			}
			resp := askAs(t, h, "POST /v1/workflows HTTP/1.1", name, "Origin: http://rebind.example", "Content-Length: 0")
			if resp.StatusCode != 403 {
				t.Errorf("%s as %q, from another origin: %s", h.id, name, resp.Status)
			}
			if resp := askAs(t, guarded, "GET /v1/versions HTTP/1.1", name); resp.StatusCode != 401 {
				t.Errorf("without a token, as %q: %s", name, resp.Status)
			}
		}
	}
}

// TestHostsAreNotPassedOn: the leader need not know the names of a follower, and the follower has
// already checked which page a call comes from.
func TestHostsAreNotPassedOn(t *testing.T) {
	th := &throne{}
	listen(t, &recordingAPI{}, th, "n1").lead()
	follower := listen(t, &recordingAPI{}, th, "n2", func(c *transport.Config) { c.Hosts = []string{"n2.example"} })
	own := "Origin: http://n2.example:7600"
	for _, headers := range [][]string{nil, {own}, {own, "Sec-Fetch-Site: same-origin"}} {
		resp := askAs(t, follower, "POST /v1/cluster/transfer HTTP/1.1", "n2.example:7600", append(headers, "Content-Length: 0")...)
		if resp.StatusCode != 200 || resp.Header.Get("Aion-Node") != "n1" {
			t.Errorf("%v: %s by %s", headers, resp.Status, resp.Header.Get("Aion-Node"))
		}
	}
	if resp := askAs(t, follower, "POST /v1/cluster/transfer HTTP/1.1", "n2.example:7600", "Origin: http://evil.example", "Content-Length: 0"); resp.StatusCode != 403 {
		t.Errorf("of another origin: %s", resp.Status)
	}
}
