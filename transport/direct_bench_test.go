package transport_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/transport"
)

// nowhere is a response writer that keeps nothing.
type nowhere struct{ header http.Header }

func (n *nowhere) Header() http.Header         { return n.header }
func (n *nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (n *nowhere) WriteHeader(int)             {}

func (n *nowhere) SetWriteDeadline(time.Time) error { return nil }
func (n *nowhere) SetReadDeadline(time.Time) error  { return nil }

// BenchmarkRoutes measures what this package costs a call, without sockets and without an engine.
func BenchmarkRoutes(b *testing.B) {
	for _, call := range []struct{ name, method, path, body string }{
		{"start", "POST", "/v1/workflows?wait=30s", `{"type":"noop","input":{"id":17,"amount":5},"version":"1234567"}`},
		{"result", "GET", "/v1/workflows/order-17/result?wait=30s", ""},
		{"describe", "GET", "/v1/workflows/order-17", ""},
		{"signal", "POST", "/v1/workflows/order-17/signals/approval", `{"by":"Ada"}`},
		{"poll", "POST", "/v1/queues/default/poll", `{"worker_id":"w","activities":["a"],"max_tasks":10}`},
		{"complete", "POST", "/v1/tasks/complete", `{"results":[{"token":"a.1.2","output":{"receipt":"r-1"}}]}`},
	} {
		b.Run(call.name, func(b *testing.B) {
			server, err := transport.New(transport.Config{Parts: parts(hotAPI{}), Cluster: &seat{throne: &throne{id: "n1"}, self: "n1"}, Node: "n1"})
			if err != nil {
				b.Fatal(err)
			}
			w := &nowhere{http.Header{}}
			r := httptest.NewRequest(call.method, "http://127.0.0.1:7600"+call.path, nil)
			r.ContentLength = int64(len(call.body))
			if call.body != "" {
				r.Header.Set("Idempotency-Key", "k")
			}
			b.ReportAllocs()
			for b.Loop() {
				clear(w.header)
				asked := *r
				asked.Body = io.NopCloser(strings.NewReader(call.body))
				server.ServeHTTP(w, &asked)
			}
		})
	}
}
