package transport_test

import (
	"testing"

	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/internal/await"
	"aion.dev/aion/transport"
	"aion.dev/aion/transport/wire"
)

// TestCallsAreBounded: neither waiting calls nor heartbeats count.
func TestCallsAreBounded(t *testing.T) {
	api := &slowSignal{enginetest.New(t), make(chan struct{}), make(chan struct{})}
	h := listen(t, api, &throne{}, "n1", func(cfg *transport.Config) { cfg.Limits.Calls = 1 }).lead()
	first := make(chan reply)
	go func() { first <- h.send(t, "POST", "/v1/workflows/w/signals/s", "") }()
	await.Closed(t, "the call has begun", api.began)
	var limit int
	p := h.send(t, "POST", "/v1/workflows/w/signals/s", "").problem(t)
	if p.Code != "unavailable" || p.Outcome != wire.Retry || !p.Fact("limit", &limit) || limit != 1 {
		t.Errorf("%+v", p)
	}
	for _, path := range []string{"/health/live", "/v1/workflows/w/result?wait=1ms"} {
		if r := h.send(t, "GET", path, ""); r.status == 503 {
			t.Errorf("%s: %+v", path, r)
		}
	}
	close(api.release)
	if r := await.From(t, "the first call", first); r.status != 200 {
		t.Errorf("%+v", r)
	}
	if r := h.send(t, "GET", "/v1/versions", ""); r.status != 200 {
		t.Errorf("after the first has ended: %+v", r)
	}
}
