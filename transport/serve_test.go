package transport_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/internal/await"
	"aion.dev/aion/transport"
	"aion.dev/aion/transport/wire"
)

// slowSignal holds a mutation until it is released.
type slowSignal struct {
	*enginetest.Node
	began, release chan struct{}
}

func (s *slowSignal) Signal(_ context.Context, _ engine.Call, ref fsm.RunRef, _ string, _ history.Payload) (*fsm.RunAnswer, engine.Answered, error) {
	close(s.began)
	<-s.release
	return &fsm.RunAnswer{WorkflowID: ref.WorkflowID, Status: history.StatusRunning}, engine.Answered{Index: 1}, nil
}

// TestServeEndsGracefully: long polls answer with what they have, streams close, a mutation in
// progress finishes, and then nothing is left.
func TestServeEndsGracefully(t *testing.T) {
	n := enginetest.New(t)
	api := &slowSignal{n, make(chan struct{}), make(chan struct{})}
	th := &throne{}
	th.give("n1", "")
	server, err := transport.New(transport.Config{Parts: parts(api), Cluster: &seat{throne: th, self: "n1"}, Node: "n1", Limits: transport.Limits{Drain: time.Minute}})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error)
	go func() { served <- server.Serve(ctx, l) }()
	base := "http://" + l.Addr().String()
	n.Deploy(enginetest.Pack(t, waiting("1")))
	ref := n.Begin("order", "1")

	type outcome struct {
		what, body string
		status     int
		err        error
	}
	ended := make(chan outcome)
	ask := func(what, method, path string) {
		req, _ := http.NewRequestWithContext(t.Context(), method, base+path, strings.NewReader(""))
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			ended <- outcome{what: what, err: err}
			return
		}
		b, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		ended <- outcome{what, string(b), resp.StatusCode, err}
	}
	stream, err := http.Get(base + "/v1/events")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		b, err := io.ReadAll(stream.Body)
		stream.Body.Close()
		ended <- outcome{"stream", string(b), stream.StatusCode, err}
	}()
	go ask("poll", "GET", "/v1/workflows/"+ref.WorkflowID+"/result?wait=60s")
	go ask("history", "GET", "/v1/workflows/"+ref.WorkflowID+"/history?wait=60s&from=2")
	go ask("mutation", "POST", "/v1/workflows/w/signals/s")
	await.Closed(t, "the mutation has begun", api.began)
	for limit := await.Until(await.Patience); waitingPolls(t, base) < 2; {
		if limit.Over() {
			t.Fatal("the polls do not wait")
		}
	}
	stop()
	for range 3 {
		o := await.From(t, "the end of a call", ended)
		if o.err != nil || o.what == "mutation" {
			t.Errorf("%+v", o)
		}
		if o.what == "poll" && (o.status != 202 || !strings.Contains(o.body, `"status":"running"`)) {
			t.Errorf("%+v", o)
		}
		var h wire.History
		if o.what == "history" && (o.status != 200 || json.Unmarshal([]byte(o.body), &h) != nil || h.Next != 2) {
			t.Errorf("%+v", o)
		}
	}
	select {
	case err := <-served:
		t.Fatalf("Serve returned %v with a mutation under way", err)
	default:
	}
	close(api.release)
	if o := await.From(t, "the end of the mutation", ended); o.what != "mutation" || o.status != 200 {
		t.Errorf("%+v", o)
	}
	if err := await.From(t, "the end of Serve", served); err != nil {
		t.Errorf("Serve: %v", err)
	}
	if _, err := net.Dial("tcp", l.Addr().String()); err == nil {
		t.Error("the listener is still there")
	}
}

// waitingPolls reads the gauge of waiting calls.
func waitingPolls(t *testing.T, base string) int {
	t.Helper()
	resp, err := http.Get(base + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if value, ok := strings.CutPrefix(line, "aion_http_polls "); ok {
			return int(value[0] - '0')
		}
	}
	t.Fatalf("no aion_http_polls in %s", b)
	return 0
}

// TestDrainCutsWhatDoesNotEnd: calls are cut when the drain's time is over.
func TestDrainCutsWhatDoesNotEnd(t *testing.T) {
	api := &slowSignal{enginetest.New(t), make(chan struct{}), make(chan struct{})}
	th := &throne{}
	th.give("n1", "")
	server, err := transport.New(transport.Config{Parts: parts(api), Cluster: &seat{throne: th, self: "n1"}, Node: "n1", Limits: transport.Limits{Drain: time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx, l) }()
	cut := make(chan error)
	go func() {
		_, err := http.Post("http://"+l.Addr().String()+"/v1/workflows/w/signals/s", "application/json", nil)
		cut <- err
	}()
	await.Closed(t, "the mutation has begun", api.began)
	stop()
	if err := <-cut; err == nil {
		t.Error("the call had an answer")
	}
	close(api.release)
	if err := await.From(t, "the end of Serve", served); err != nil {
		t.Errorf("Serve: %v", err)
	}
}
