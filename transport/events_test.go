package transport_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/internal/await"
	"aion.dev/aion/transport"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// tail is an open event stream.
type tail struct {
	*http.Response
	lines *bufio.Scanner
	end   context.CancelFunc
}

func open(t *testing.T, h *host, path string, headers ...string) *tail {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, "GET", h.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		req.Header.Set(name, value)
	}
	resp, err := h.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	if ct := resp.Header.Get("Content-Type"); resp.StatusCode != 200 || ct != "text/event-stream" {
		t.Fatalf("GET %s: status %d, content type %q", path, resp.StatusCode, ct)
	}
	return &tail{resp, bufio.NewScanner(resp.Body), cancel}
}

// frame reads the lines of the next frame.
func (s *tail) frame(t *testing.T) string {
	t.Helper()
	defer time.AfterFunc(await.Patience, s.end).Stop()
	var lines []string
	for s.lines.Scan() {
		if s.lines.Text() == "" {
			return strings.Join(lines, "\n")
		}
		lines = append(lines, s.lines.Text())
	}
	t.Fatalf("the stream ended: %v", s.lines.Err())
	return ""
}

// TestEventsCarryAnIDOnTheLastOfAnIndex, and resume by it.
func TestEventsCarryAnIDOnTheLastOfAnIndex(t *testing.T) {
	n := enginetest.New(t)
	h := listen(t, n, &throne{}, "n1").lead()
	code := waiting("1")
	code["ship"] = code["order"]
	answer := n.Deploy(enginetest.Pack(t, code)) // one entry: a package and two routes
	index := answer.Package.LoadedIndex

	s := open(t, h, "/v1/events?after=0&names=PackageLoaded,RouteChanged")
	if f := s.frame(t); !strings.HasPrefix(f, ":") {
		t.Errorf("the stream begins with %q", f)
	}
	var names, ids []string
	for range 3 {
		f := s.frame(t)
		var data json.RawMessage
		for line := range strings.Lines(f) {
			field, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
			switch field {
			case "event":
				names = append(names, value)
			case "id":
				ids = append(ids, value)
			case "data":
				data = json.RawMessage(value)
			}
		}
		if !json.Valid(data) {
			t.Errorf("frame %q", f)
		}
	}
	if got := strings.Join(names, " "); got != "PackageLoaded RouteChanged RouteChanged" {
		t.Errorf("events %s", got)
	}
	if len(ids) > 1 || len(ids) == 1 && ids[0] != fmt.Sprint(index) {
		t.Errorf("ids %q, want only %d", ids, index)
	}
	for _, resumed := range []*tail{open(t, h, fmt.Sprintf("/v1/events?after=%d&names=RouteChanged", index)), open(t, h, "/v1/events?names=RouteChanged", fmt.Sprintf("Last-Event-ID: %d", index))} {
		if f := resumed.frame(t); f != fmt.Sprintf("id: %d", index) {
			t.Errorf("a resumed stream begins with %q", f)
		}
	}
	if f := open(t, h, fmt.Sprintf("/v1/events?after=%d&names=RouteChanged&consistency=stale&min_index=%[1]d", index)).frame(t); f != fmt.Sprintf("id: %d", index) {
		t.Errorf("a stream that says how fresh it is to be begins with %q", f)
	}
}

// TestEventsReachTheClientAcrossNodes: a client with two nodes follows deploys. When its node
// stops, it goes on at the other one and skips nothing.
func TestEventsReachTheClientAcrossNodes(t *testing.T) {
	n := enginetest.New(t)
	th := &throne{}
	one, two := listen(t, n, th, "n1").lead(), listen(t, n, th, "n2")
	c := caller(t, one, two)
	var zero uint64
	got := make(chan string)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		defer close(got)
		for e, err := range c.Events(ctx, client.EventFilter{After: &zero, Names: []string{"PackageLoaded"}}) {
			if err != nil {
				return
			}
			var data struct{ Version string }
			json.Unmarshal(e.Data, &data)
			select {
			case got <- data.Version:
			case <-ctx.Done():
			}
		}
	}()
	for i := range 4 {
		answer := n.Deploy(enginetest.Pack(t, waiting(fmt.Sprint(i))))
		version := answer.Package.Version.String()
		for await.From(t, "the event of deploy "+fmt.Sprint(i), got) != version { // an index may be repeated
		}
		if i == 1 {
			one.CloseClientConnections()
			one.Close()
			two.lead()
		}
	}
	cancel()
	for range got {
	}
}

func TestHeartbeats(t *testing.T) {
	h := listen(t, enginetest.New(t), &throne{}, "n1", func(cfg *transport.Config) { cfg.Limits.Heartbeat = time.Millisecond }).lead()
	s := open(t, h, "/v1/events?names=MemberChanged")
	for {
		if f := s.frame(t); f == ": heartbeat" {
			return
		}
	}
}

func TestStreamsAreBounded(t *testing.T) {
	h := listen(t, enginetest.New(t), &throne{}, "n1", func(cfg *transport.Config) { cfg.Limits.Streams = 2 }).lead()
	first := open(t, h, "/v1/events")
	open(t, h, "/v1/events")
	if p := h.send(t, "GET", "/v1/events", "").problem(t); p.Code != "unavailable" || p.Outcome != wire.Retry {
		t.Errorf("a third stream: %v", p)
	}
	first.Body.Close()
	for limit := await.Until(await.Patience); ; { // the server notices with its next write or read
		if limit.Over() {
			t.Fatal("a stream that was closed still counts")
		}
		resp, err := h.Client().Get(h.URL + "/v1/events")
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode == 200 {
			return
		}
	}
}
