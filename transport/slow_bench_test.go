package transport_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/internal/await"
	"aion.dev/aion/transport"
)

// BenchmarkSlowReaders measures what hundreds of callers cost that all ask for a page of 8 MiB and
// read it at 1 MB a second: the peak of the accounted memory, and the memory of the process. An
// iteration lasts until all have read for two seconds, or were refused.
func BenchmarkSlowReaders(b *testing.B) {
	for _, readers := range []int{1, 300} {
		b.Run(fmt.Sprintf("readers=%d", readers), func(b *testing.B) {
			n := enginetest.NewFast(b)
			n.Deploy(enginetest.Pack(b, enginetest.Code{"order": "def run(ctx, input):\n    ctx.signal(\"never\")\n"}))
			h := listen(b, n, &throne{}, "n1", func(cfg *transport.Config) { cfg.Limits.CallMemory = 256 << 20 }).lead()
			h.send(b, "POST", "/v1/workflows", `{"type":"order","workflow_id":"w"}`)
			large := `"` + strings.Repeat("x", 1<<20) + `"`
			for range 8 {
				h.send(b, "POST", "/v1/workflows/w/signals/s", large)
			}
			var served, refused atomic.Int64
			var peak, accounted int64
			for b.Loop() {
				var wg sync.WaitGroup
				for range readers {
					wg.Go(func() {
						switch status, err := sip(h.Listener.Addr().String(), 2*time.Second); {
						case err != nil:
							b.Error(err)
						case status == 200:
							served.Add(1)
						default:
							refused.Add(1)
						}
					})
				}
				over := make(chan struct{})
				go func() { wg.Wait(); close(over) }()
				for watching := true; watching; {
					peak, accounted = max(peak, resident(b)), max(accounted, h.gauge(b, "aion_http_memory_bytes"))
					select {
					case <-over:
						watching = false
					case <-time.After(50 * time.Millisecond):
					}
				}
			}
			b.ReportMetric(float64(peak)/1e6, "peak-MB")
			b.ReportMetric(float64(accounted)/1e6, "accounted-MB")
			b.ReportMetric(float64(served.Load())/float64(b.N), "served")
			b.ReportMetric(float64(refused.Load())/float64(b.N), "refused")
		})
	}
}

// sip asks for a page and reads it slowly, for a while.
func sip(address string, long time.Duration) (status int, err error) {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(2 * await.Patience))
	if err := c.(*net.TCPConn).SetReadBuffer(16 << 10); err != nil {
		return 0, err
	}
	fmt.Fprintf(c, "GET /v1/workflows/w/history?limit=1000 HTTP/1.1\r\nHost: %s\r\n\r\n", address)
	r, err := http.ReadResponse(bufio.NewReaderSize(c, 4<<10), nil)
	if err != nil {
		return 0, err
	}
	defer r.Body.Close()
	for end := time.Now().Add(long); r.StatusCode == 200 && time.Now().Before(end); time.Sleep(16 * time.Millisecond) {
		if _, err := io.CopyN(io.Discard, r.Body, 16<<10); err != nil {
			return r.StatusCode, err
		}
	}
	return r.StatusCode, nil
}

// resident returns the memory of this process, including callers; 0 if /proc does not report it.
func resident(b *testing.B) int64 {
	b.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	pages, err := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
	if err != nil {
		b.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}

// gauge reads a number of /metrics.
func (h *host) gauge(b *testing.B, name string) int64 {
	b.Helper()
	r, err := http.Get(h.URL + "/metrics")
	if err != nil {
		b.Fatal(err)
	}
	defer r.Body.Close()
	lines := bufio.NewScanner(r.Body)
	for lines.Scan() {
		if text, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			v, err := strconv.ParseFloat(text, 64)
			if err != nil {
				b.Fatal(err)
			}
			return int64(v)
		}
	}
	b.Fatal("no " + name)
	return 0
}
