package transport_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/internal/await"
	"aion.dev/aion/transport"
	"aion.dev/aion/transport/wire"
)

// upload makes one call on a connection of its own like a simple client: it sends all of the body
// in small pieces, and then reads the answer. It fails where such a client would.
func upload(address, method, path string, size int, chunked bool) (*http.Response, string, error) {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return nil, "", err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(2 * await.Patience))
	length := fmt.Sprintf("Content-Length: %d", size)
	if chunked {
		length = "Transfer-Encoding: chunked"
	}
	if _, err := fmt.Fprintf(c, "%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n%s\r\n\r\n", method, path, address, length); err != nil {
		return nil, "", err
	}
	piece := bytes.Repeat([]byte(" "), 64<<10)
	for sent := 0; sent < size; sent += len(piece) {
		piece = piece[:min(len(piece), size-sent)]
		text := piece
		if chunked {
			text = fmt.Appendf(nil, "%x\r\n%s\r\n", len(piece), piece)
		}
		if _, err := c.Write(text); err != nil {
			return nil, "", fmt.Errorf("after %d bytes: %w", sent, err)
		}
	}
	if chunked {
		io.WriteString(c, "0\r\n\r\n")
	}
	return read(c)
}

func read(c net.Conn) (*http.Response, string, error) {
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return nil, "", err
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	return r, string(b), err
}

// TestReadsTakeNoBody, whoever serves them and whether or not it is said how long it is; one that
// turns out to be empty is none.
func TestReadsTakeNoBody(t *testing.T) {
	th := &throne{}
	n := enginetest.New(t)
	for _, h := range []*host{listen(t, n, th, "n1").lead(), listen(t, n, th, "n2")} {
		for _, path := range []string{"/v1/workflows", "/v1/workflows?consistency=stale", "/v1/audit", "/v1/events?after=0", "/health/live"} {
			for _, size := range []int{1, 1 << 20} {
				for _, chunked := range []bool{false, true} {
					r, text, err := upload(h.Listener.Addr().String(), "GET", path, size, chunked)
					if err != nil || r.StatusCode != http.StatusBadRequest || !strings.Contains(text, "body: must be empty") {
						t.Errorf("GET %s at %s with %d bytes, chunked %v: %v %.200s", path, h.id, size, chunked, err, text)
					}
				}
			}
		}
		if r, text, err := upload(h.Listener.Addr().String(), "GET", "/v1/workflows", 0, true); err != nil || r.StatusCode != http.StatusOK {
			t.Errorf("GET at %s with a body of nothing: %v %.200s", h.id, err, text)
		}
	}
}

// TestWhoSendsTooMuchReadsWhy: a caller that reads nothing before its whole body is sent gets the
// answer, not a reset, however large the body is and whichever node it calls.
func TestWhoSendsTooMuchReadsWhy(t *testing.T) {
	th := &throne{}
	n := enginetest.New(t)
	small := func(cfg *transport.Config) { cfg.Limits.ArchiveBytes = 1 << 20 }
	leader, follower := listen(t, n, th, "n1", small).lead(), listen(t, n, th, "n2", small)
	entries := n.Log.Entries()
	for _, c := range []struct{ method, path, code string }{
		{"POST", "/v1/workflows", "body_too_large"},
		{"POST", "/v1/workflows/w/signals/s", "body_too_large"},
		{"POST", "/v1/workflows/w/cancel", "body_too_large"},
		{"POST", "/v1/packages", "package_too_large"},
		{"POST", "/v1/tasks/complete", "body_too_large"},
		{"POST", "/v1/queues/q/poll", "body_too_large"},
		{"PUT", "/v1/schedules/s", "body_too_large"},
		{"POST", "/v1/cluster/drain", "body_too_large"},
		{"DELETE", "/v1/routes/order", "invalid_input"}, // accepts no body
		{"POST", "/v1/nothing", "not_found"},
		{"PATCH", "/v1/workflows", "method_not_allowed"},
	} {
		for _, h := range []*host{leader, follower} {
			for _, chunked := range []bool{false, true} {
				name := fmt.Sprintf("%s %s at %s, chunked %v", c.method, c.path, h.id, chunked)
				size := 20_000_000 // more than the kernel buffers
				if c.path == "/v1/workflows" {
					size = 100_000_000
				}
				r, text, err := upload(h.Listener.Addr().String(), c.method, c.path, size, chunked)
				if err != nil {
					t.Errorf("%s: %v", name, err)
					continue
				}
				p := reply{r.StatusCode, r.Header, strings.TrimSpace(text)}.problem(t)
				if p.Code != c.code || p.Outcome != wire.Rejected || r.ContentLength != int64(len(text)) {
					t.Errorf("%s: %s %s, %d of %d bytes", name, p.Code, p.Detail, len(text), r.ContentLength)
				}
				if strings.HasSuffix(c.code, "_too_large") && r.StatusCode != 413 {
					t.Errorf("%s: status %d", name, r.StatusCode)
				}
			}
		}
	}
	if now := n.Log.Entries(); now != entries {
		t.Errorf("%d entries were written", now-entries)
	}
	leader.shows(t, "aion_http_memory_bytes 0")
}

// TestTheAnswerComesBeforeTheBody: nobody has to send what will not be read.
func TestTheAnswerComesBeforeTheBody(t *testing.T) {
	h := listen(t, enginetest.New(t), &throne{}, "n1").lead()
	for _, head := range []string{"Content-Length: 100000000\r\n", "Content-Length: 100000000\r\nExpect: 100-continue\r\n"} {
		c := talk(t, h.Listener.Addr().String())
		fmt.Fprintf(c, "POST /v1/workflows HTTP/1.1\r\nHost: localhost\r\n%s\r\n", head)
		r, text, err := read(c)
		if err != nil || r.StatusCode != 413 || !strings.Contains(text, "100000000 bytes") || !r.Close {
			t.Errorf("%q: %v %+v %s", head, err, r, text)
		}
		c.Close()
	}
}

// TestNobodyIsListenedToForEver: a caller that keeps sending after its answer is cut off.
func TestNobodyIsListenedToForEver(t *testing.T) {
	h := listen(t, enginetest.New(t), &throne{}, "n1", func(cfg *transport.Config) { cfg.Limits.Linger = 50 * time.Millisecond }).lead()
	c := talk(t, h.Listener.Addr().String())
	fmt.Fprintf(c, "POST /v1/workflows HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
	piece := fmt.Appendf(nil, "10000\r\n%s\r\n", strings.Repeat(" ", 64<<10))
	for limit := await.Until(await.Patience); ; {
		_, err := c.Write(piece)
		if errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) {
			return
		}
		if err != nil || limit.Over() {
			t.Fatalf("still listened to: %v", err)
		}
	}
}

// TestOverHTTP2: an answer ends the stream, and the connection stays usable.
func TestOverHTTP2(t *testing.T) {
	th := &throne{}
	api := enginetest.New(t)
	var hosts []*httptest.Server
	for _, id := range []string{"n1", "n2"} {
		server, err := transport.New(transport.Config{Parts: parts(api), Cluster: &seat{throne: th, self: id}, Node: id,
			TLS: new(tls.Config), LeaderTLS: func() *tls.Config { return &tls.Config{InsecureSkipVerify: true} }}) // it is this process
		if err != nil {
			t.Fatal(err)
		}
		s := httptest.NewUnstartedServer(server)
		s.EnableHTTP2 = true
		s.StartTLS()
		t.Cleanup(s.Close)
		hosts = append(hosts, s)
	}
	th.give("n1", hosts[0].Listener.Addr().String())
	for _, h := range hosts {
		for _, length := range []int64{100_000_000, -1} {
			for _, path := range []string{"/v1/workflows", "/v1/packages", "/v1/tasks/fail"} {
				body := io.LimitReader(spaces{}, 100_000_000)
				r, err := http.NewRequestWithContext(t.Context(), "POST", h.URL+path, body)
				if err != nil {
					t.Fatal(err)
				}
				r.ContentLength = length
				answer, err := h.Client().Do(r)
				if err != nil {
					t.Errorf("%s %d: %v", path, length, err)
					continue
				}
				b, err := io.ReadAll(answer.Body)
				answer.Body.Close()
				if err != nil || answer.StatusCode != 413 || answer.ProtoMajor != 2 || !strings.Contains(string(b), "_too_large") {
					t.Errorf("%s %d: %v %s %s %s", path, length, err, answer.Proto, answer.Status, b)
				}
			}
		}
	}
}

// spaces never ends.
type spaces struct{}

func (spaces) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// TestGoReadsWhy: net/http sends and reads concurrently.
func TestGoReadsWhy(t *testing.T) {
	th := &throne{}
	n := enginetest.New(t)
	hosts := []*host{listen(t, n, th, "n1").lead(), listen(t, n, th, "n2")}
	for i := range 6 {
		h := hosts[i%2]
		answer, err := h.Client().Post(h.URL+"/v1/workflows", "application/json", io.LimitReader(spaces{}, 100_000_000))
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil || answer.StatusCode != 413 {
			t.Errorf("%v %s %s", err, answer.Status, b)
		}
	}
}
