package transport_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/internal/await"
	"aion.dev/aion/transport"
	"aion.dev/aion/transport/wire"
)

// waitingAPI reports how long it was asked to wait, and answers at once.
type waitingAPI struct {
	transport.RunReader
	waits chan time.Duration
}

func (a *waitingAPI) Result(_ context.Context, _ engine.Read, _ fsm.RunRef, wait time.Duration) (*engine.Result, error) {
	a.waits <- wait
	return &engine.Result{Status: history.StatusCompleted, Result: history.Payload(`1`), Index: 5}, nil
}

func (a *waitingAPI) History(_ context.Context, _ engine.Read, _ fsm.RunRef, _ uint64, _ int, wait time.Duration) ([]history.Event, uint64, uint64, error) {
	a.waits <- wait
	return nil, 7, 5, nil
}

// TestWaitingReadsOutliveTheLeader: however a leader ends, reads go on at the next one, or here,
// for the rest of their time.
func TestWaitingReadsOutliveTheLeader(t *testing.T) {
	ends := map[string]func(http.ResponseWriter){
		"killed":  func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
		"deposed": func(w http.ResponseWriter) { w.WriteHeader(503) },
		"frozen":  nil,
	}
	for name, end := range ends {
		for _, here := range []bool{false, true} {
			for _, path := range []string{"result", "history"} {
				t.Run(name+" "+path, func(t *testing.T) {
					t.Parallel()
					th := &throne{}
					asked, over := make(chan struct{}), make(chan struct{})
					old := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						asked <- struct{}{}
						<-over
						if end != nil {
							end(w)
						}
					}))
					defer old.Close()
					th.give("n9", old.Listener.Addr().String())
					api := &waitingAPI{waits: make(chan time.Duration, 1)}
					h := listen(t, api, th, "n1")
					next := h
					if !here {
						next = listen(t, api, th, "n2")
					}
					answers := make(chan reply, 1)
					go func() { answers <- h.send(t, "GET", "/v1/workflows/w/"+path+"?wait=40s", "") }()
					await.From(t, "the call at the old leader", asked)
					if end == nil {
						next.lead()
						defer close(over)
					} else {
						close(over)
						time.Sleep(20 * time.Millisecond) // nobody leads for a while
						old.Listener.Close()
						next.lead()
					}
					if r := await.From(t, "an answer", answers); r.status != 200 || r.header.Get(wire.HeaderNode) != next.id {
						t.Errorf("%+v", r)
					}
					if wait := await.From(t, "the call at the next leader", api.waits); wait <= 0 || wait >= 40*time.Second {
						t.Errorf("the next leader was asked to wait for %v of 40s", wait)
					}
				})
			}
		}
	}
}

// TestWaitingReadsEnd: they end if nobody becomes the leader for as long as a call waits for one.
func TestWaitingReadsEnd(t *testing.T) {
	th := &throne{}
	old := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) }))
	defer old.Close()
	th.give("n9", old.Listener.Addr().String())
	h := listen(t, &recordingAPI{}, th, "n1", func(cfg *transport.Config) { cfg.Limits.LeaderWait = 300 * time.Millisecond })
	if p := h.send(t, "GET", "/v1/workflows/w/result?wait=40s", "").problem(t); p.Code != "unavailable" || p.Outcome != wire.Retry {
		t.Errorf("%+v", p)
	}
	if p := h.send(t, "GET", "/v1/workflows/w/result?wait=nonsense", "").problem(t); !strings.Contains(p.Detail, "n9") {
		t.Errorf("the leader says what is wrong with a wait, not this node: %+v", p)
	}
}
