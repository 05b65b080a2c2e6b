package transport_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/transport"
)

// served listens on a real socket with room for four connections, until the test ends.
func served(t *testing.T, api any, certs *tls.Config) (address string) {
	t.Helper()
	th := &throne{}
	th.give("n1", "")
	server, err := transport.New(transport.Config{Parts: parts(api), Cluster: &seat{throne: th, self: "n1"}, Node: "n1", TLS: certs,
		Limits: transport.Limits{Connections: 4, Drain: time.Second}})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	over := make(chan error)
	go func() { over <- server.Serve(ctx, l) }()
	t.Cleanup(func() {
		stop()
		if err := <-over; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

// talker is a connection on which a test sends raw bytes.
type talker struct {
	net.Conn
	in *bufio.Reader
}

func talk(t *testing.T, address string) *talker {
	t.Helper()
	c, err := net.DialTimeout("tcp", address, 30*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(30 * time.Second))
	return &talker{c, bufio.NewReader(c)}
}

// call makes a call and reads the whole answer, so that the connection can be reused.
func (c *talker) call(method, path string) (status int, err error) {
	if _, err := fmt.Fprintf(c, "%s %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n", method, path); err != nil {
		return 0, err
	}
	r, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, r.Body)
	return r.StatusCode, err
}

func TestStrangersKeepNobodyOut(t *testing.T) {
	borrowed := httptest.NewTLSServer(nil) // for its certificate
	defer borrowed.Close()
	certs := &tls.Config{Certificates: borrowed.TLS.Certificates}
	for name, c := range map[string]struct {
		says string
		tls  bool
	}{
		"that say nothing":             {},
		"in half a head":               {says: "GET /health/live HTTP/1.1\r\nHos"},
		"between health checks":        {says: "GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"},
		"in half a body":               {says: "POST /v1/workflows HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"},
		"in a handshake":               {tls: true},
		"in the middle of a handshake": {tls: true, says: "\x16\x03\x01\x02\x00\x01"},
	} {
		t.Run(name, func(t *testing.T) {
			var own *tls.Config
			if c.tls {
				own = certs
			}
			address := served(t, enginetest.New(t), own)
			call := func(c *talker) (int, error) { return c.call("GET", "/v1/versions") }
			connect := func() *talker {
				k := talk(t, address)
				if own != nil {
					k.Conn = tls.Client(k.Conn, &tls.Config{InsecureSkipVerify: true})
					k.in.Reset(k.Conn)
				}
				return k
			}
			known := connect()
			if status, err := call(known); err != nil || status != 200 {
				t.Fatal(status, err)
			}
			for range 20 {
				if _, err := io.WriteString(talk(t, address), c.says); err != nil {
					t.Fatal(err)
				}
			}
			if status, err := call(connect()); err != nil || status != 200 {
				t.Errorf("a new caller: %d, %v", status, err)
			}
			if status, err := call(known); err != nil || status != 200 {
				t.Errorf("who was there before, over the same connection: %d, %v", status, err)
			}
		})
	}
}

// heldSignals holds every signal until all are released.
type heldSignals struct {
	*enginetest.Node
	began, release chan struct{}
}

func (s *heldSignals) Signal(_ context.Context, _ engine.Call, ref fsm.RunRef, _ string, _ history.Payload) (*fsm.RunAnswer, engine.Answered, error) {
	s.began <- struct{}{}
	<-s.release
	return &fsm.RunAnswer{WorkflowID: ref.WorkflowID, Status: history.StatusRunning}, engine.Answered{Index: 1}, nil
}

// TestCallsUnderWayAreNotCut: if every connection is in the middle of a call, a new one is
// rejected.
func TestCallsUnderWayAreNotCut(t *testing.T) {
	api := &heldSignals{enginetest.New(t), make(chan struct{}), make(chan struct{})}
	address := served(t, api, nil)
	answered := make(chan error, 4)
	for range 4 {
		c := talk(t, address)
		go func() {
			status, err := c.call("POST", "/v1/workflows/w/signals/s")
			if err == nil && status != 200 {
				err = fmt.Errorf("status %d", status)
			}
			answered <- err
		}()
		<-api.began
	}
	if status, err := talk(t, address).call("GET", "/v1/versions"); err == nil {
		t.Errorf("a fifth connection was served: %d", status)
	}
	close(api.release)
	for range 4 {
		if err := <-answered; err != nil {
			t.Error(err)
		}
	}
	if status, err := talk(t, address).call("GET", "/v1/versions"); err != nil || status != 200 {
		t.Error("after them", status, err)
	}
}
