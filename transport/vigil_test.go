package transport_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/internal/await"
	"aion.dev/aion/transport/wire"
)

// TestRevokedWaitsEnd: calls that wait end when their token is revoked or has expired, and when a
// cluster that was open gets its first token; those of others go on.
func TestRevokedWaitsEnd(t *testing.T) {
	n := enginetest.New(t)
	h := listen(t, n, &throne{}, "n1").lead()
	n.Deploy(enginetest.Pack(t, waiting("1")))
	n.BeginWith(engine.StartRequest{Type: "order", WorkflowID: "w", Input: history.Payload("1")})
	wait := func(method, path, body, secret string) chan reply {
		answer := make(chan reply, 1)
		var headers []string
		if secret != "" {
			headers = []string{"Authorization: Bearer " + secret}
		}
		began := waitingPolls(t, h.URL)
		go func() { answer <- h.send(t, method, path, body, headers...) }()
		await.Poll(t, "the call waits", func() bool { return waitingPolls(t, h.URL) > began })
		return answer
	}
	refused := func(what string, answer chan reply) {
		t.Helper()
		if p := await.From(t, what, answer).problem(t); p.Code != "unauthenticated" {
			t.Errorf("%s: %v", what, p)
		}
	}
	open := wait("GET", "/v1/workflows/w/result?wait=60s", "", "")
	var root wire.TokenAnswer
	if err := json.Unmarshal([]byte(h.send(t, "POST", "/v1/auth/bootstrap", `{}`).body), &root); err != nil || root.Secret == "" {
		t.Fatal(root, err)
	}
	refused("a wait without a token", open)

	k := &keeper{host: h, node: n, root: as(t, h, root.Secret), made: map[string]string{}}
	secret := k.with(t, "read", "payload", "work")
	self, err := as(t, h, secret).Self(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	other := wait("GET", "/v1/workflows/w/result?wait=60s", "", root.Secret)
	waits := map[string]chan reply{
		"for a result": wait("GET", "/v1/workflows/w/result?wait=60s", "", secret),
		"for a task":   wait("POST", "/v1/queues/q/poll", `{"worker_id":"w","activities":["a"],"wait":"60s"}`, secret),
	}
	stream := openStream(t, h, secret)
	if _, err := k.root.RevokeToken(t.Context(), self.Token.Name); err != nil {
		t.Fatal(err)
	}
	for what, answer := range waits {
		refused("a wait "+what, answer)
	}
	await.Closed(t, "the stream ends", stream)

	made, err := k.root.CreateToken(t.Context(), wire.TokenSpec{Name: "brief", Grants: []string{"read", "payload"}, TokenLife: wire.TokenLife{Expires: "1s"}})
	if err != nil {
		t.Fatal(err)
	}
	refused("a wait with a token that expires", wait("GET", "/v1/workflows/w/result?wait=60s", "", made.Secret))
	select {
	case r := <-other:
		t.Errorf("the wait of another token ended with %+v", r)
	default:
	}
	if _, err := k.root.Signal(t.Context(), wire.RunRef{WorkflowID: "w"}, "approval", json.RawMessage(`1`)); err != nil {
		t.Error(err)
	}
	if r := await.From(t, "the wait of another token", other); r.status != 200 {
		t.Errorf("the wait of another token: %+v", r)
	}
}

// openStream opens the stream of events, and returns a channel that is closed when it ends.
func openStream(t *testing.T, h *host, secret string) chan struct{} {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", h.URL+"/v1/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+secret)
	resp, err := h.Client().Do(r)
	if err != nil || resp.StatusCode != 200 {
		t.Fatal(resp, err)
	}
	lines := bufio.NewScanner(resp.Body)
	if !lines.Scan() || !strings.HasPrefix(lines.Text(), "id:") {
		t.Fatalf("the stream begins with %q", lines.Text())
	}
	over := make(chan struct{})
	go func() {
		defer close(over)
		defer resp.Body.Close()
		for lines.Scan() {
		}
	}()
	return over
}
