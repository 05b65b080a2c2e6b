package transport_test

import (
	"context"
	"errors"
	"testing"

	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/transport"
	"aion.dev/aion/transport/wire"
)

// busyLoader holds a deploy until it is let go.
type busyLoader struct {
	engine.API
	began, release chan struct{}
}

func (b *busyLoader) LoadPackage(context.Context, engine.LoadRequest) (*fsm.LoadAnswer, engine.Answered, error) {
	close(b.began)
	<-b.release
	return nil, engine.Answered{}, errors.New("enough")
}

// TestDeploysAreBounded: each holds an archive in memory.
func TestDeploysAreBounded(t *testing.T) {
	api := &busyLoader{nil, make(chan struct{}), make(chan struct{})}
	h := listen(t, api, &throne{}, "n1", func(cfg *transport.Config) { cfg.Limits.Loads = 1 }).lead()
	first := make(chan reply)
	go func() { first <- h.send(t, "POST", "/v1/packages", "archive") }()
	<-api.began
	if p := h.send(t, "POST", "/v1/packages", "archive").problem(t); p.Code != "unavailable" || p.Outcome != wire.Retry {
		t.Errorf("%v", p)
	}
	close(api.release)
	if p := (<-first).problem(t); p.Code != "internal" {
		t.Errorf("%v", p)
	}
}
