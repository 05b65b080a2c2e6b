package client

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/transport/wire"
)

// TestDeployPassesOverFrozen: a node that accepts connections and answers nothing does not delay a
// deploy that another node can serve.
func TestDeployPassesOverFrozen(t *testing.T) {
	defer func(d time.Duration) { aliveWithin = d }(aliveWithin)
	aliveWithin = 50 * time.Millisecond
	over := make(chan struct{})
	frozen := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			t.Error("the archive was sent to a node that answers nothing")
		}
		<-over
	}))
	defer frozen.Close()
	defer close(over)
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			fmt.Fprint(w, `{"version":"v"}`)
		}
	}))
	defer other.Close()
	c, err := New(Config{Addresses: []string{frozen.URL, other.URL}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if a, err := c.Load(t.Context(), []byte("archive"), wire.LoadOptions{}); err != nil || a.Version != "v" {
		t.Errorf("got %+v, %v", a, err)
	}
	alone, err := New(Config{Addresses: []string{frozen.URL}, Patience: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer alone.Close()
	if _, err := alone.Load(t.Context(), []byte("archive"), wire.LoadOptions{}); err == nil || !strings.Contains(err.Error(), "answers nothing") {
		t.Errorf("the frozen one alone: %v", err)
	}
}

// If its node is silent, a call goes on at the next address, even a mutation and an event stream.
// With only one address it waits for the answer, and reports that.
func TestCallsPassOverFrozen(t *testing.T) {
	defer func(first, within time.Duration) { quietFirst, aliveWithin = first, within }(quietFirst, aliveWithin)
	quietFirst, aliveWithin = 20*time.Millisecond, 50*time.Millisecond
	over := make(chan struct{})
	asked := make(chan string, 100)
	frozen := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked <- r.Header.Get("Idempotency-Key")
		<-over
	}))
	defer frozen.Close()
	defer close(over)
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/events" {
			fmt.Fprint(w, "id: 7\nevent: LeaderChanged\ndata: {}\n\n")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
			return
		}
		fmt.Fprintf(w, `{"workflow_id":%q}`, "seen with "+r.Header.Get("Idempotency-Key"))
	}))
	defer other.Close()
	said := make(chan string, 100)
	open := func() *Client {
		c, err := New(Config{Addresses: []string{frozen.URL, other.URL}, Silent: func(a string) { said <- a }})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		return c
	}
	if a, err := open().Describe(t.Context(), wire.RunRef{WorkflowID: "w"}); err != nil || a.WorkflowID != "seen with " {
		t.Errorf("a read: %+v, %v", a, err)
	}
	if got := <-said; got != frozen.URL {
		t.Errorf("said %q", got)
	}
	<-asked // by the read
	<-asked // whether it lives
	a, err := open().Start(t.Context(), wire.StartRequest{Type: "order"})
	if err != nil || a.WorkflowID != "seen with "+<-asked {
		t.Errorf("a change: %+v, %v; it has to keep its request id", a, err)
	}
	for e, err := range open().Events(t.Context(), EventFilter{}) {
		if err != nil || e.ID != 7 {
			t.Errorf("events: %+v, %v", e, err)
		}
		break
	}
}

// A slow node that is alive is waited for.
func TestCallsWaitForTheSlow(t *testing.T) {
	defer func(first, next time.Duration) { quietFirst, quietNext = first, next }(quietFirst, quietNext)
	quietFirst, quietNext = time.Millisecond, time.Millisecond
	lives := make(chan struct{}, 1000)
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/health/live" {
			lives <- struct{}{}
			return
		}
		<-lives
		<-lives
		fmt.Fprint(w, `{"workflow_id":"slow"}`)
	}))
	defer slow.Close()
	c, err := New(Config{Addresses: []string{slow.URL, "127.0.0.1:1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if a, err := c.Describe(t.Context(), wire.RunRef{WorkflowID: "w"}); err != nil || a.WorkflowID != "slow" {
		t.Errorf("got %+v, %v", a, err)
	}
}

// There is no other node, so the call waits for this one's answer.
func TestOneFrozenAloneIsWaitedFor(t *testing.T) {
	defer func(first, within time.Duration) { quietFirst, aliveWithin = first, within }(quietFirst, aliveWithin)
	quietFirst, aliveWithin = time.Millisecond, time.Millisecond
	said := make(chan string, 100)
	wakes := make(chan struct{})
	frozen := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		<-wakes
		fmt.Fprint(w, `{"workflow_id":"awake"}`)
	}))
	defer frozen.Close()
	c, err := New(Config{Addresses: []string{frozen.URL}, Silent: func(a string) {
		said <- a
		close(wakes)
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if a, err := c.Describe(t.Context(), wire.RunRef{WorkflowID: "w"}); err != nil || a.WorkflowID != "awake" {
		t.Errorf("got %+v, %v", a, err)
	}
	if len(said) != 1 {
		t.Errorf("said %d times", len(said))
	}
}
