package client

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"aion.dev/aion/transport/wire"
)

// A certificate that is not accepted is reported at once, as a refusal that says what to do, even
// for a mutation: nothing was sent.
func TestUnknownAuthorityIsToldAtOnce(t *testing.T) {
	node := httptest.NewTLSServer(http.HandlerFunc(unloaded))
	defer node.Close()
	for name, call := range map[string]func(*Client) error{
		"read":   func(c *Client) error { _, err := c.Cluster(t.Context()); return err },
		"change": func(c *Client) error { _, err := c.Unroute(t.Context(), "order", wire.RouteChange{}); return err },
		"stream": func(c *Client) error {
			for _, err := range c.Events(t.Context(), EventFilter{}) {
				return err
			}
			return nil
		},
	} {
		c, err := New(Config{Addresses: []string{node.URL, node.URL}, Patience: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		var p *wire.Problem
		if err := call(c); !errors.As(err, &p) || p.Code != "misdirected" || p.Outcome != wire.Rejected ||
			!strings.Contains(p.Detail, "unknown authority") || !strings.Contains(p.Hint, "--ca-file") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Another node whose certificate is accepted is still tried.
func TestUnknownAuthorityOfOneNode(t *testing.T) {
	stranger := httptest.NewTLSServer(http.HandlerFunc(unloaded))
	defer stranger.Close()
	node := httptest.NewServer(http.HandlerFunc(unloaded))
	defer node.Close()
	c := newClient(t, stranger.URL, node.URL)
	if a, err := c.Unload(t.Context(), "a", "abcdef", ""); err != nil || a.Index != 7 {
		t.Errorf("answer %+v, %v", a, err)
	}
}

// silent is an address at which nobody listens. Its port is not ephemeral: repeated connections to
// an ephemeral port eventually connect to themselves.
const silent = "127.0.0.1:1"

// A call that reaches no node gives up after Connect, long before Patience, and says what to do.
func TestNobodyIsToldSoon(t *testing.T) {
	for address, want := range map[string][]string{silent: {"unavailable", "serve"}, "nowhere.invalid:7600": {"misdirected", "--addr"}} {
		c, err := New(Config{Addresses: []string{address}, Patience: time.Minute, Connect: 100 * time.Millisecond})
		c.http.Transport.(*http.Transport).Proxy = nil // no proxy of the environment, with which no name need resolve
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_, err = c.Cluster(t.Context())
		var p *wire.Problem
		if !errors.As(err, &p) || p.Code != want[0] || !strings.Contains(p.Detail, address) || !strings.Contains(p.Hint, want[1]) {
			t.Errorf("%s: %v", address, err)
		}
		for _, err := range c.Events(t.Context(), EventFilter{}) {
			if !errors.As(err, &p) || p.Code != want[0] {
				t.Errorf("%s: %v", address, err)
			}
		}
	}
}

// A caller that waits for a node is notified once; one that waits for an answer is not.
func TestWaitingForANodeIsSaid(t *testing.T) {
	var said atomic.Int32
	cfg := Config{Addresses: []string{silent}, Patience: 3 * noticeAfter / 2, Waiting: func([]string) { said.Add(1) }}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Cluster(t.Context()); err == nil || said.Load() != 1 {
		t.Errorf("said %d times, %v", said.Load(), err)
	}

	said.Store(0)
	slow := play(t, func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(3 * noticeAfter / 2)
		unloaded(w, r)
	})
	cfg.Addresses = []string{slow.URL}
	if c, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Cluster(t.Context()); err != nil || said.Load() != 0 {
		t.Errorf("said %d times, %v", said.Load(), err)
	}
}
