package client

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/transport/wire"
)

// In the middle of an upgrade a node of an older build does not know the call: what another one has
// said is the reason.
func TestRestoreWhileOneNodeDoesNotKnowIt(t *testing.T) {
	says := func(p *wire.Problem) string {
		return play(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", wire.ProblemType)
			w.WriteHeader(p.Status)
			b, err := json.Marshal(p)
			if err != nil {
				t.Error(err)
			}
			w.Write(b)
		}).URL
	}
	upgraded, older := says(wire.New("unavailable", "the cluster is being upgraded")), says(wire.New("not_found", "there is nothing at /v1/cluster/restore"))
	for want, addresses := range map[string][]string{"unavailable": {upgraded, older}, "unavailable, though asked later": {older, upgraded}, "not_found": {older, older}} {
		want, _, _ = strings.Cut(want, ",")
		c, err := New(Config{Addresses: addresses, Patience: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Restore(t.Context(), strings.NewReader("a backup"), 8)
		if p, is := errors.AsType[*wire.Problem](err); !is || p.Code != want {
			t.Errorf("want %s, got %v", want, err)
		}
		c.Close()
	}
}
