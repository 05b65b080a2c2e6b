package transport_test

import (
	"context"
	"net/http"
	"testing"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// TestTokenRates: a token with rates is held to them by the node that was called, over both faces,
// and is told when to come again; the leader does not count what others pass on.
func TestTokenRates(t *testing.T) {
	k := newKeeper(t)
	follower, _ := tapped(t, k)
	made, err := k.root.CreateToken(t.Context(), wire.TokenSpec{Name: "slow", Grants: []string{"read", "signal"}, TokenRates: wire.TokenRates{Rate: 3, Waits: 1}})
	if err != nil || made.Token.Rate != 3 || made.Token.Waits != 1 {
		t.Fatal(made, err)
	}
	calls := func(h *host) (let int, last reply) {
		for range 20 {
			if last = h.send(t, "GET", "/v1/workflows", "", "Authorization: Bearer "+made.Secret); last.status == 200 {
				let++
			}
		}
		return let, last
	}
	for _, h := range []*host{follower, k.host} {
		let, last := calls(h)
		if let < 3 || let > 12 || last.status != 429 || last.header.Get("Retry-After") != "1" || last.problem(t).Code != "resource_exhausted" {
			t.Errorf("%d of 20 calls were let in, the last was answered %+v", let, last)
		}
	}
	list, err := k.root.Tokens(t.Context(), wire.Page{})
	if err != nil || list.Tokens[1].Rate != 3 {
		t.Errorf("%+v, %v", list, err)
	}
	hot, err := client.New(client.Config{Addresses: []string{k.URL}, Token: made.Secret, Face: client.FaceHot, Patience: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer hot.Close()
	refused := 0
	for range 20 {
		if _, err := hot.Signal(t.Context(), wire.RunRef{WorkflowID: "nobody"}, "go", nil); err != nil && wire.Of(err).Code == "resource_exhausted" {
			refused++
		}
	}
	if refused == 0 {
		t.Error("over the hot face nothing was refused")
	}

	// One stream is all that may wait.
	waiting, err := k.root.CreateToken(t.Context(), wire.TokenSpec{Name: "waits", Grants: []string{"read"}, TokenRates: wire.TokenRates{Waits: 1}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	r, err := http.NewRequestWithContext(ctx, "GET", k.URL+"/v1/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+waiting.Secret)
	first, err := http.DefaultClient.Do(r) // its head comes when the stream has begun
	if err != nil || first.StatusCode != 200 {
		t.Fatal(first, err)
	}
	defer first.Body.Close()
	if r := k.send(t, "GET", "/v1/events", "", "Authorization: Bearer "+waiting.Secret); r.status != 429 {
		t.Errorf("a second stream: %+v", r)
	}
}
