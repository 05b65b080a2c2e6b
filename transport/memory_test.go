package transport_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/internal/await"
	"aion.dev/aion/transport"
)

// TestBodiesShareTheirMemory: calls that are each within their limits are refused if together they
// need too much. A call's memory is released when it ends, however it ends.
func TestBodiesShareTheirMemory(t *testing.T) {
	n := enginetest.New(t)
	h := listen(t, n, &throne{}, "n1", func(cfg *transport.Config) { cfg.Limits.CallMemory = 1 << 20 }).lead()
	address := h.Listener.Addr().String()
	stalled := talk(t, address)
	fmt.Fprintf(stalled, "POST /v1/workflows HTTP/1.1\r\nHost: %s\r\nContent-Length: 2000000\r\n\r\n", address)
	io.WriteString(stalled, strings.Repeat(" ", 1<<20))
	h.shows(t, "aion_http_memory_bytes 1.048576e+06")
	if r := h.send(t, "POST", "/v1/workflows", `{"type":"none"}`); r.status != 429 || r.problem(t).Code != "resource_exhausted" {
		t.Errorf("%+v", r)
	}
	if r := h.send(t, "GET", "/v1/versions", ""); r.status != 200 {
		t.Errorf("a call without a body: %+v", r)
	}
	stalled.Close()
	h.shows(t, "aion_http_memory_bytes 0")
	if r := h.send(t, "POST", "/v1/workflows", `{"type":"none"}`); r.status != 404 {
		t.Errorf("after it: %+v", r)
	}
}

// shows waits until /metrics contains a line.
func (h *host) shows(t *testing.T, line string) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for limit := await.Until(await.Patience); ; <-tick.C {
		err := h.metric(line)
		if err == nil {
			return
		}
		if limit.Over() {
			t.Fatal(err)
		}
	}
}

// metric looks for a line of /metrics.
func (h *host) metric(line string) error {
	r, err := http.Get(h.URL + "/metrics")
	if err != nil {
		return err
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err == nil && !strings.Contains(string(b), line+"\n") {
		err = errors.New("no " + line)
	}
	return err
}

func TestEncodedBodiesAreRefused(t *testing.T) {
	h := listen(t, enginetest.New(t), &throne{}, "n1").lead()
	r, err := http.NewRequest("POST", h.URL+"/v1/workflows", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Encoding", "gzip")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != 415 || answer.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%s, %v", answer.Status, answer.Header)
	}
}

// TestSlowReadersShareTheirMemory: callers that ask for large answers and do not read them hold
// memory, and others that ask for large answers are refused meanwhile. Small reads and writes are
// not.
func TestSlowReadersShareTheirMemory(t *testing.T) {
	n := enginetest.New(t)
	n.Deploy(enginetest.Pack(t, enginetest.Code{"order": "def run(ctx, input):\n    ctx.signal(\"never\")\n"}))
	h := listen(t, n, &throne{}, "n1", func(cfg *transport.Config) { cfg.Limits.CallMemory = 12 << 20 }).lead()
	if r := h.send(t, "POST", "/v1/workflows", `{"type":"order","workflow_id":"w"}`); r.status != 201 {
		t.Fatalf("%+v", r)
	}
	large := `"` + strings.Repeat("x", 1<<20) + `"`
	for range 7 { // more than the kernel buffers of one answer
		if r := h.send(t, "POST", "/v1/workflows/w/signals/s", large); r.status != 200 {
			t.Fatalf("%+v", r)
		}
	}
	const page = "/v1/workflows/w/history?limit=100"
	c, err := net.Dial("tcp", h.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.(*net.TCPConn).SetReadBuffer(4 << 10)
	fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", page, h.Listener.Addr())
	h.shows(t, "aion_http_memory_bytes 6.291456e+06")

	if r := h.send(t, "GET", page, ""); r.status != 429 || r.problem(t).Code != "resource_exhausted" {
		t.Errorf("a second large read: %d %.200s", r.status, r.body)
	}
	if r := h.send(t, "GET", "/v1/workflows/w", ""); r.status != 200 {
		t.Errorf("a small read: %d %.200s", r.status, r.body)
	}
	if r := h.send(t, "POST", "/v1/workflows/w/signals/s", large); r.status != 200 {
		t.Errorf("a large write: %d %.200s", r.status, r.body)
	}
	c.Close()
	h.shows(t, "aion_http_memory_bytes 0")
	if r := h.send(t, "GET", page, ""); r.status != 200 {
		t.Errorf("a large read after it: %d %.200s", r.status, r.body)
	}
}

// TestWhoWaitsHoldsNothing: a waiting read reserves memory only when it has an answer, and is
// refused if there is none then; a small answer needs no reservation.
func TestWhoWaitsHoldsNothing(t *testing.T) {
	n := enginetest.New(t)
	n.Deploy(enginetest.Pack(t, enginetest.Code{"echo": "def run(ctx, input):\n    return ctx.signal(\"go\")\n"}))
	memory := transport.NewMemory(12 << 20)
	h := listen(t, n, &throne{}, "n1", func(cfg *transport.Config) { cfg.Memory = memory }).lead()
	for _, c := range []struct {
		id, payload string
		status      int
	}{{"small", `1`, 200}, {"large", `"` + strings.Repeat("x", 1<<20) + `"`, 429}} {
		ref := n.BeginWith(engine.StartRequest{Type: "echo", WorkflowID: c.id})
		for limit := await.Until(await.Patience); n.Row(ref).Turns == 0; time.Sleep(time.Millisecond) {
			if limit.Over() {
				t.Fatal("the run took no turn")
			}
		}
		next := n.Row(ref).Events + 1
		answers := make(chan reply, 3)
		for _, path := range []string{"/result?wait=30s", "/result?wait=30s", fmt.Sprintf("/history?from=%d&wait=30s", next)} {
			go func() { answers <- h.send(t, "GET", "/v1/workflows/"+c.id+path, "") }()
		}
		h.shows(t, "aion_http_polls 3")
		h.shows(t, "aion_http_memory_bytes 0")
		if err := memory.Take(t.Context(), 12<<20); err != nil {
			t.Fatal(err)
		}
		n.Send(ref, "go", c.payload)
		for range cap(answers) {
			if r := await.From(t, "an answer", answers); r.status != c.status || r.status == 429 && r.problem(t).Facts["setting"] != "limits.call_memory_bytes" {
				t.Errorf("%s: %d %.200s", c.id, r.status, r.body)
			}
		}
		memory.Give(12 << 20)
		h.shows(t, "aion_http_memory_bytes 0")
		if r := h.send(t, "GET", "/v1/workflows/"+c.id+"/result", ""); r.status != 200 {
			t.Errorf("%s: %d %.200s", c.id, r.status, r.body)
		}
	}
}
