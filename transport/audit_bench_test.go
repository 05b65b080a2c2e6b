package transport_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/transport"
	"aion.dev/aion/transport/auditlog"
)

// BenchmarkAudited is what the audit log costs a signal, without sockets and without an engine: the
// same calls in turn with and without a log.
func BenchmarkAudited(b *testing.B) {
	server := func(audit *auditlog.Log) http.Handler {
		s, err := transport.New(transport.Config{Parts: parts(hotAPI{}), Cluster: &seat{throne: &throne{id: "n1"}, self: "n1"}, Node: "n1", Audit: audit})
		if err != nil {
			b.Fatal(err)
		}
		return s
	}
	log, err := auditlog.Open(auditlog.Config{Path: filepath.Join(b.TempDir(), "audit.jsonl"), Bytes: 64 << 20, Node: "n1"})
	if err != nil {
		b.Fatal(err)
	}
	defer log.Close()
	body := `{"by":"Ada"}`
	r := httptest.NewRequest("POST", "http://127.0.0.1:7600/v1/workflows/order-17/signals/approval", nil)
	r.ContentLength = int64(len(body))
	r.Header.Set("Idempotency-Key", "k")
	w := &nowhere{http.Header{}}
	took := [2]time.Duration{}
	servers := [2]http.Handler{server(nil), server(log)}
	for b.Loop() {
		for i, s := range servers {
			clear(w.header)
			asked := *r
			asked.Body = io.NopCloser(strings.NewReader(body))
			began := time.Now()
			s.ServeHTTP(w, &asked)
			took[i] += time.Since(began)
		}
	}
	b.ReportMetric(float64(took[0].Nanoseconds())/float64(b.N), "ns/without")
	b.ReportMetric(float64(took[1].Nanoseconds())/float64(b.N), "ns/with")
	b.ReportMetric(0, "ns/op")
}
