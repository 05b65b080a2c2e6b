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

// TestDeployPassesOverFrozen: a node that takes connections and answers nothing does not hold up a
// deploy that another one could take.
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
