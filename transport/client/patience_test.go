package client

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"aion.dev/aion/transport/wire"
)

// If a node hangs, the attempt ends after the call's own patience, and another node is tried.
func TestPatienceOfOneCall(t *testing.T) {
	// On a busy machine the attempt may end before it arrives. If it does arrive, the end of the
	// test waits for the handler.
	hangs := play(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	other := play(t, unloaded)
	a, err := newClient(t, hangs.URL, other.URL).Rollback(t.Context(), "a", wire.RouteChange{}, Patience(50*time.Millisecond, 0))
	if err != nil || a.Index != 7 {
		t.Errorf("%+v, %v", a, err)
	}

	down := play(t, says("unavailable"))
	_, err = newClient(t, down.URL).Rollback(t.Context(), "a", wire.RouteChange{}, Patience(0, -1))
	var p *wire.Problem
	if !errors.As(err, &p) || p.Code != "unavailable" || len(down.keys()) != 1 {
		t.Errorf("%v after %d attempts", err, len(down.keys()))
	}
}
