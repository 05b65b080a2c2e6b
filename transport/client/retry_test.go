package client

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"aion.dev/aion/internal/freeport"
	"aion.dev/aion/transport/wire"
)

// script is a node that answers each call as scripted, and remembers the calls. The last step
// repeats.
type script struct {
	*httptest.Server
	mu    sync.Mutex
	steps []http.HandlerFunc
	asked []*http.Request
}

func play(t *testing.T, steps ...http.HandlerFunc) *script {
	s := &script{steps: steps}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		if r.URL.Path == "/health/live" { // sent before a deploy
			return
		}
		s.mu.Lock()
		s.asked = append(s.asked, r)
		step := s.steps[0]
		if len(s.steps) > 1 {
			s.steps = s.steps[1:]
		}
		s.mu.Unlock()
		step(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// keys lists the request ids of the calls so far.
func (s *script) keys() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var keys []string
	for _, r := range s.asked {
		keys = append(keys, r.Header.Get(wire.HeaderRequestID))
	}
	return keys
}

func says(code string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		p := wire.New(code, "scripted")
		w.Header().Set("Content-Type", wire.ProblemType)
		w.WriteHeader(p.Status)
		json.NewEncoder(w).Encode(p)
	}
}

func hangsUp(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// knowsNoSuchPath answers as a node does that has no such operation.
func knowsNoSuchPath(w http.ResponseWriter, r *http.Request) {
	p := wire.New("not_found", "there is nothing at "+r.URL.Path).With("path", r.URL.Path)
	w.Header().Set("Content-Type", wire.ProblemType)
	w.WriteHeader(p.Status)
	json.NewEncoder(w).Encode(p)
}

func unloaded(w http.ResponseWriter, _ *http.Request) {
	io.WriteString(w, `{"version":"v","workflow_types":["a"],"index":7}`)
}

func newClient(t *testing.T, addresses ...string) *Client {
	t.Helper()
	c, err := New(Config{Addresses: addresses})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// nobody returns an address at which nothing listens.
func nobody(t *testing.T) string {
	list, err := freeport.Take(1)
	if err != nil {
		t.Fatal(err)
	}
	return list[0]
}

func TestMutationIsRepeatedUnderOneKey(t *testing.T) {
	s := play(t, hangsUp, says("no_leader"), says("outcome_unknown"), unloaded)
	a, err := newClient(t, s.URL).Unload(t.Context(), "a", "abcdef", "")
	if err != nil || a.Index != 7 {
		t.Fatalf("%+v, %v", a, err)
	}
	keys := s.keys()
	if len(keys) != 4 || keys[0] == "" || len(slices.Compact(keys)) != 1 {
		t.Errorf("keys %q, want one key four times", keys)
	}
	if s.asked[0].Header.Get(wire.HeaderGenerated) != "true" {
		t.Error("a key that the client made up is not marked")
	}
}

func TestGivenKeyIsSentUnmarked(t *testing.T) {
	s := play(t, unloaded)
	if _, err := newClient(t, s.URL).Unload(t.Context(), "a", "abcdef", "", RequestID("mine")); err != nil {
		t.Fatal(err)
	}
	if keys := s.keys(); keys[0] != "mine" || s.asked[0].Header.Get(wire.HeaderGenerated) != "" {
		t.Errorf("key %q, marked %q", keys[0], s.asked[0].Header.Get(wire.HeaderGenerated))
	}
}

func TestReadsAndDryRunsCarryNoKey(t *testing.T) {
	s := play(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "{}") })
	c := newClient(t, s.URL)
	c.Versions(t.Context(), "")
	c.Query(t.Context(), wire.RunRef{WorkflowID: "w"}, "q", nil)
	c.Load(t.Context(), []byte("zip"), wire.LoadOptions{DryRun: true})
	if keys := s.keys(); !slices.Equal(keys, []string{"", "", ""}) {
		t.Errorf("keys %q, want none", keys)
	}
}

func TestRefusalIsNotRepeated(t *testing.T) {
	for _, code := range []string{"route_active", "invalid_input", "resource_exhausted", "internal", "unauthenticated"} {
		s := play(t, says(code))
		_, err := newClient(t, s.URL).Unload(t.Context(), "a", "abcdef", "")
		var p *wire.Problem
		if !errors.As(err, &p) || p.Code != code || len(s.keys()) != 1 {
			t.Errorf("%s: %v after %d calls", code, err, len(s.keys()))
		}
	}
}

func TestAnotherAddressIsAsked(t *testing.T) {
	s := play(t, unloaded)
	c := newClient(t, nobody(t), nobody(t), s.URL)
	for range 3 {
		if _, err := c.Unload(t.Context(), "a", "abcdef", ""); err != nil {
			t.Fatal(err)
		}
	}
	if int(c.last.Load()) != 2 {
		t.Errorf("the address that answered is not remembered")
	}
}

func TestGivingUpSaysWhatIsKnown(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	gone := func(step http.HandlerFunc) http.HandlerFunc { // the caller's patience ends during this call
		return func(w http.ResponseWriter, r *http.Request) { cancel(); step(w, r) }
	}
	for _, c := range []struct {
		name  string
		steps []http.HandlerFunc
		code  string
		key   bool
	}{
		{"only refusals to serve", []http.HandlerFunc{says("no_leader")}, "no_leader", false},
		{"broken, then refusals to serve", []http.HandlerFunc{hangsUp, says("no_leader")}, "outcome_unknown", true},
		{"unknown", []http.HandlerFunc{says("outcome_unknown")}, "outcome_unknown", true},
		{"broken, then not allowed", []http.HandlerFunc{hangsUp, says("unauthenticated")}, "outcome_unknown", true},
		{"broken, then a node of an older release", []http.HandlerFunc{hangsUp, knowsNoSuchPath}, "outcome_unknown", true},
		{"broken, then nothing of that name", []http.HandlerFunc{hangsUp, says("not_found")}, "not_found", false},
		{"the caller leaves", []http.HandlerFunc{gone(hangsUp)}, "outcome_unknown", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if ctx.Err() != nil {
				ctx, cancel = context.WithCancel(t.Context())
			}
			s := play(t, c.steps...)
			client, err := New(Config{Addresses: []string{s.URL}, Patience: 200 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			_, err = client.Unload(ctx, "a", "abcdef", "", RequestID("mine"))
			var p *wire.Problem
			if !errors.As(err, &p) || p.Code != c.code {
				t.Fatalf("%v, want %s", err, c.code)
			}
			if id, _ := p.Facts["request_id"].(string); c.key != (id == "mine") {
				t.Errorf("facts %v", p.Facts)
			}
		})
	}
}

// TestBreakThatNobodyAnswersAfter: because the call carries an Idempotency-Key, http.Transport
// would send it again by itself, and report that nobody was there.
func TestBreakThatNobodyAnswersAfter(t *testing.T) {
	for _, signal := range []bool{false, true} {
		var s *script
		s = play(t, unloaded, func(http.ResponseWriter, *http.Request) {
			s.Listener.Close()
			panic(http.ErrAbortHandler)
		})
		c, err := New(Config{Addresses: []string{s.URL}, Patience: -1})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := c.Unload(t.Context(), "a", "abcdef", ""); err != nil { // leaves an idle connection
			t.Fatal(err)
		}
		if signal {
			_, err = c.Signal(t.Context(), wire.RunRef{WorkflowID: "w"}, "s", json.RawMessage("1"))
		} else {
			_, err = c.Unload(t.Context(), "a", "abcdef", "")
		}
		if p := wire.Of(err); p.Code != "outcome_unknown" || len(s.keys()) != 2 || s.keys()[1] == "" {
			t.Errorf("%v after the calls %q, want outcome_unknown: the node took the call, and ended", err, s.keys())
		}
	}
}

func TestNobodyThere(t *testing.T) {
	c, err := New(Config{Addresses: []string{nobody(t)}, Patience: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Unload(t.Context(), "a", "abcdef", "")
	var p *wire.Problem
	if !errors.As(err, &p) || p.Code != "unavailable" || p.Outcome != wire.Retry || !strings.Contains(p.Detail, c.Addresses()[0]) {
		t.Errorf("%v, want unavailable naming the address", err)
	}
}

func TestAnswerCountsMoreThanSilence(t *testing.T) {
	s := play(t, says("no_leader"), says("no_leader"), says("no_leader"), says("no_leader"))
	c, err := New(Config{Addresses: []string{nobody(t), s.URL, nobody(t)}, Patience: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = c.Unload(t.Context(), "a", "abcdef", ""); wire.Of(err).Code != "no_leader" {
		t.Errorf("%v, want what the one node that is up said", err)
	}
}

func TestBadAddresses(t *testing.T) {
	for _, a := range []string{"ftp://x", "http://", "http://u:p@x", "x:1?q=1", "x", "::", ""} {
		if _, err := New(Config{Addresses: []string{a}}); err == nil || !strings.Contains(err.Error(), "address") {
			t.Errorf("%q: %v", a, err)
		}
	}
	c := newClient(t, "10.0.0.1:7600", "https://aion.example/base/")
	if got := c.Addresses(); got[0] != "http://10.0.0.1:7600" || got[1] != "https://aion.example/base" {
		t.Errorf("%q", got)
	}
}

func TestNamesThatCannotStandInAnAddress(t *testing.T) {
	c := newClient(t, nobody(t))
	for _, id := range []string{"", ".", ".."} {
		_, err := c.Describe(t.Context(), wire.RunRef{WorkflowID: id})
		var p *wire.Problem
		if !errors.As(err, &p) || p.Code != "invalid_input" {
			t.Errorf("%q: %v", id, err)
		}
	}
	_, err := c.Signal(t.Context(), wire.RunRef{WorkflowID: "w"}, "s", json.RawMessage(`{"a":`))
	var p *wire.Problem
	if !errors.As(err, &p) || p.Code != "invalid_input" || !strings.Contains(p.Detail, "payload") {
		t.Errorf("bad payload: %v", err)
	}
}
