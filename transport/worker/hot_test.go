package worker_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/transport"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/worker"
)

// TestWorkerOnBothFaces: a fan-out is carried out whole although every connection breaks in its
// course, over sockets, on each face. A task whose poll lost its answer comes again with the
// repeated poll, so no handler runs twice.
func TestWorkerOnBothFaces(t *testing.T) {
	for _, face := range []client.Face{client.FaceHTTP, client.FaceHot} {
		t.Run(string(face), func(t *testing.T) {
			n := enginetest.New(t)
			server, err := transport.New(transport.Config{Parts: parts(n), Cluster: leads{}, Node: "n1"})
			if err != nil {
				t.Fatal(err)
			}
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			breaking := &breakable{Listener: l}
			ctx, stop := context.WithCancel(context.Background())
			served := make(chan error, 1)
			go func() { served <- server.Serve(ctx, breaking) }()
			defer func() {
				stop()
				if err := <-served; err != nil {
					t.Error(err)
				}
			}()
			c, err := client.New(client.Config{Addresses: []string{l.Addr().String()}, Face: face})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			const tasks = 120
			n.Deploy(enginetest.Pack(t, enginetest.Code{"w": fmt.Sprintf(`
def run(ctx, input):
    return len(ctx.all([ctx.start_activity("a", i) for i in range(%d)]))
`, tasks)}, enginetest.Activities("a")))
			var ran atomic.Int64
			w := worker.New(worker.Config{Client: c, Concurrency: 10, Logger: slog.New(slog.DiscardHandler)})
			w.Handle("a", func(context.Context, worker.Task) (any, error) {
				if i := ran.Add(1); i%50 == 20 {
					breaking.breakAll()
				}
				return nil, nil
			})
			working, end := context.WithCancel(context.Background())
			over := make(chan error, 1)
			go func() { over <- w.Run(working) }()
			ref := n.Begin("w", "")
			equal(t, "outcome", n.Outcome(ref), fmt.Sprintf("completed %d", tasks))
			end()
			equal(t, "end", <-over, nil)
			equal(t, "handlers that ran", ran.Load(), tasks)
			if calls := hotCalls(t, l.Addr().String()); strings.Contains(calls, `operation="complete"`) != (face == client.FaceHot) {
				t.Errorf("calls of the hot face:\n%s", calls)
			}
		})
	}
}

func hotCalls(t *testing.T, address string) (lines string) {
	resp, err := http.Get("http://" + address + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(line, "aion_hot_calls_total") {
			lines += line
		}
	}
	return lines
}

// breakable is a listener whose connections can be broken.
type breakable struct {
	net.Listener
	mu    sync.Mutex // guards conns
	conns []net.Conn
}

func (b *breakable) Accept() (net.Conn, error) {
	c, err := b.Listener.Accept()
	if err == nil {
		b.mu.Lock()
		b.conns = append(b.conns, c)
		b.mu.Unlock()
	}
	return c, err
}

func (b *breakable) breakAll() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.conns {
		c.Close()
	}
	b.conns = nil
}
