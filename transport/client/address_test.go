package client

import (
	"crypto/x509"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"aion.dev/aion/transport/wire"
)

// TestSchemes: a token leaves this machine in the clear only if somebody wrote http://.
func TestSchemes(t *testing.T) {
	for _, c := range []struct{ address, open, private string }{
		{"127.0.0.1:7600", "http://127.0.0.1:7600", "http://127.0.0.1:7600"},
		{"127.9.9.9:1", "http://127.9.9.9:1", "http://127.9.9.9:1"},
		{"LOCALHOST:7600", "http://localhost:7600", "http://localhost:7600"},
		{"[::1]:7600", "http://[::1]:7600", "http://[::1]:7600"},
		{"[::ffff:127.0.0.1]:1", "http://[::ffff:127.0.0.1]:1", "http://[::ffff:127.0.0.1]:1"},
		{"a.example:7600", "http://a.example:7600", "https://a.example:7600"},
		{"10.0.0.1:7600", "http://10.0.0.1:7600", "https://10.0.0.1:7600"},
		{"0.0.0.0:7600", "http://0.0.0.0:7600", "https://0.0.0.0:7600"},
		{"localhost.example:1", "http://localhost.example:1", "https://localhost.example:1"},
		{"a.localhost:1", "http://a.localhost:1", "https://a.localhost:1"}, // whose address comes from a resolver
		{"http://a.example:7600", "http://a.example:7600", "http://a.example:7600"},
		{"https://127.0.0.1:7600/", "https://127.0.0.1:7600", "https://127.0.0.1:7600"},
	} {
		for _, cfg := range []Config{{}, {Token: "secret"}, {RootCAs: x509.NewCertPool()}} {
			cfg.Addresses = []string{c.address}
			cl, err := New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			want := c.private
			if cfg.Token == "" && cfg.RootCAs == nil {
				want = c.open
			}
			if got := cl.Addresses()[0]; got != want {
				t.Errorf("%s with token %q, roots %v: %s, want %s", c.address, cfg.Token, cfg.RootCAs != nil, got, want)
			}
		}
	}
}

// TestErrorsHideSecrets: errors about an address or a token do not contain it.
func TestErrorsHideSecrets(t *testing.T) {
	for _, cfg := range []Config{
		{Addresses: []string{"http://user:hunter2@a:1"}}, {Addresses: []string{"hunter2@a:1"}}, {Addresses: []string{"ht tp://hunter2@a:1"}},
		{Addresses: []string{"http://u:hunter2@a:1/%zz"}}, {Token: "hunter2\n"}, {Token: "hunter2 x"}, {Token: "hunter2é"},
	} {
		if _, err := New(cfg); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v: %v", cfg.Addresses, err)
		}
	}
}

func TestWrongAddresses(t *testing.T) {
	for address, want := range map[string]string{
		"::1": "in brackets", "::1:7600": "in brackets", "http://fe80::1:7600/x": "in brackets", "[::1]": "want host:port",
		"a": "want host:port", "a:0": "a number from 1 to 65535", "a:99999": "a number from 1 to 65535", "http://a:65536": "a number from 1 to 65535",
		"ftp://a:1": "http or https", "http://a b:1": "cannot be read",
	} {
		if _, err := New(Config{Addresses: []string{address}}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", address, err, want)
		}
	}
}

// TestTokenStaysOnItsWay: neither a redirect nor a proxy meant for others gets the token.
func TestTokenStaysOnItsWay(t *testing.T) {
	var got []string
	thief := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = append(got, r.Header.Get("Authorization")) }))
	defer thief.Close()
	t.Setenv("HTTP_PROXY", thief.URL)
	for _, status := range []int{301, 302, 303, 307, 308} {
		node := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, thief.URL+"/?secret=1", status)
		}))
		for _, web := range []*http.Client{nil, {}} { // a client that follows redirects by itself works too
			c, err := New(Config{Addresses: []string{strings.Replace(node.URL, "127.0.0.1", "localhost", 1)}, Token: "hunter2", HTTP: web})
			if err != nil {
				t.Fatal(err)
			}
			for _, call := range []func() error{
				func() error { _, err := c.Cluster(t.Context()); return err },
				func() error { _, err := c.Unroute(t.Context(), "order", wire.RouteChange{}); return err },
				func() error {
					for _, err := range c.Events(t.Context(), EventFilter{}) {
						return err
					}
					return nil
				},
			} {
				err := call()
				var p *wire.Problem
				if !errors.As(err, &p) || p.Code != "misdirected" || p.Outcome != wire.Rejected || !strings.Contains(p.Detail, thief.URL) || strings.Contains(p.Detail, "secret") {
					t.Errorf("%d: %v", status, err)
				}
			}
			c.Close()
		}
		node.Close()
	}
	if len(got) > 0 {
		t.Errorf("the thief was asked %d times: %q", len(got), got)
	}
}

// TestOtherScheme: if a node speaks HTTPS and is called with HTTP, or the other way round, the
// error says so at once.
func TestOtherScheme(t *testing.T) {
	answer := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("{}")) })
	plain, private := httptest.NewServer(answer), httptest.NewTLSServer(answer)
	defer plain.Close()
	defer private.Close()
	roots := x509.NewCertPool()
	roots.AddCert(private.Certificate())
	for _, c := range []struct{ address, detail, hint string }{
		{strings.Replace(private.URL, "https", "http", 1), "speaks HTTPS", private.URL},
		{strings.TrimPrefix(private.URL, "https://"), "speaks HTTPS", private.URL},
		{strings.Replace(plain.URL, "http", "https", 1), "speaks plain HTTP", plain.URL},
		{private.URL, "", ""},
		{plain.URL, "", ""},
	} {
		cl, err := New(Config{Addresses: []string{c.address}, Token: "secret", RootCAs: roots})
		if err != nil {
			t.Fatal(err)
		}
		for _, call := range []func() error{
			func() error { _, err := cl.Cluster(t.Context()); return err },
			func() error { _, err := cl.Unroute(t.Context(), "order", wire.RouteChange{}); return err },
			func() error {
				for _, err := range cl.Events(t.Context(), EventFilter{}) {
					if c.detail == "" { // it sends no events
						return nil
					}
					return err
				}
				return nil
			},
		} {
			if c.detail == "" && cl.patience > 0 {
				cl.patience = -1
			}
			err := call()
			var p *wire.Problem
			if ok := errors.As(err, &p); c.detail == "" && err != nil || c.detail != "" && (!ok || p.Code != "misdirected" || !strings.Contains(p.Detail, c.detail) || !strings.Contains(p.Hint, c.hint)) {
				t.Errorf("%s: %v", c.address, err)
			}
		}
		cl.Close()
	}
}
