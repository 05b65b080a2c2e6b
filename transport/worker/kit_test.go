package worker_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/transport"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
	"aion.dev/aion/transport/worker"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a node and the line to it, in a bubble where time skips when nothing is left to do. The
// real engine and state machine run behind the real HTTP server and client, without sockets.
type world struct {
	*enginetest.Node
	t    *testing.T
	line *line
}

func bubble(t *testing.T, f func(t *testing.T, w *world), configure ...func(*transport.Config)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := enginetest.New(t, func(cfg *engine.Config) { cfg.Limits.PayloadBytes = 64 << 10 })
		cfg := transport.Config{Parts: parts(n), Cluster: leads{}, Node: "n1", Hosts: []string{transport.AnyHost}} // the line makes up the names of nodes
		for _, c := range configure {
			c(&cfg)
		}
		server, err := transport.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		f(t, &world{Node: n, t: t, line: &line{server: server, calls: map[string]int{}}})
	})
}

// parts returns all parts of a node.
func parts(n *enginetest.Node) transport.Parts {
	return transport.Parts{
		Authority: n, Namespacer: n, Deployer: n, Archivist: n, Releaser: n, Backtester: n, Mover: n, Batcher: n, Stopper: n, RunLimiter: n, Catalog: n, Starter: n, RunReader: n, LogReader: n, Rewinder: n, RunCounter: n, Controller: n, Querier: n, Updater: n,
		TaskDesk: n, QueueKeeper: n, Scheduler: n, Retainer: n, CanaryKeeper: n, PolicyKeeper: n, JobReader: n, Timekeeper: n, EventFeed: n,
	}
}

// leads is the view of a node that leads.
type leads struct{}

func (leads) IsLeader() bool                               { return true }
func (leads) Leader() (string, string, bool)               { return "n1", "n1:7600", true }
func (leads) LeaderContact() (time.Duration, bool)         { return 0, true }
func (leads) Ready() error                                 { return nil }
func (leads) Status(context.Context) (wire.Cluster, error) { return wire.Cluster{}, nil }
func (leads) Transfer(context.Context, *fsm.Request, string) (engine.Answered, error) {
	return engine.Answered{}, nil
}
func (leads) Remove(context.Context, *fsm.Request, string) (engine.Answered, error) {
	return engine.Answered{}, nil
}
func (leads) Drain(context.Context, *fsm.Request, string, bool) (engine.Answered, error) {
	return engine.Answered{}, nil
}
func (leads) Draining() bool { return false }
func (leads) Promote(context.Context, *fsm.Request, string) (engine.Answered, error) {
	return engine.Answered{}, nil
}
func (leads) Demote(context.Context, *fsm.Request, string) (engine.Answered, error) {
	return engine.Answered{}, nil
}
func (leads) RevokeJoinToken(context.Context, *fsm.Request, string) (engine.Answered, error) {
	return engine.Answered{}, nil
}
func (leads) Replace(context.Context, *fsm.Request, string, string) (string, engine.Answered, error) {
	return "", engine.Answered{}, nil
}
func (leads) IssueJoinToken(context.Context, *fsm.Request, string, time.Duration) (string, rows.JoinToken, engine.Answered, error) {
	return "", rows.JoinToken{}, engine.Answered{}, nil
}
func (leads) JoinTokens(context.Context, engine.Read) ([]rows.JoinToken, uint64, error) {
	return nil, 0, nil
}
func (leads) Quorum() error { return nil }

// line carries calls to the server, whatever host they address.
type line struct {
	server http.Handler
	takes  time.Duration // to carry a call

	mu    sync.Mutex // guards the fields below
	fault func(host, path string) fault
	size  int64          // size of the body of the call that fault is asked about
	calls map[string]int // calls that arrived, by the last part of the path
}

type fault int

const (
	none     fault = iota
	refused        // nothing arrives
	lost           // the call arrives, the answer does not
	hangs          // nothing arrives, and no error is returned
	stranger       // the node does not know the caller's token
	tooLarge       // a proxy rejects such a body
)

func (l *line) inject(f func(host, path string) fault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fault = f
}

// cut blocks everything from now on.
func (l *line) cut() { l.inject(func(string, string) fault { return refused }) }

func (l *line) count(verb string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.calls[verb]
}

func (l *line) RoundTrip(r *http.Request) (*http.Response, error) {
	verb := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
	l.mu.Lock()
	f := none
	l.size = r.ContentLength
	if l.fault != nil {
		f = l.fault(r.URL.Host, verb)
	}
	if f == none || f == lost {
		l.calls[verb]++
	}
	l.mu.Unlock()
	time.Sleep(l.takes)
	switch f {
	case refused:
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	case hangs:
		<-r.Context().Done()
		return nil, r.Context().Err()
	case stranger:
		return problem("unauthenticated"), nil
	case tooLarge:
		return problem("package_too_large"), nil
	}
	rec, done := httptest.NewRecorder(), make(chan struct{})
	in := r.Clone(r.Context())
	in.RemoteAddr = "127.0.0.1:9"
	for name, values := range r.Header { // as they come out of a socket
		in.Header[http.CanonicalHeaderKey(name)] = values
	}
	go func() {
		defer close(done)
		l.server.ServeHTTP(rec, in)
	}()
	<-done // the call of a caller that disconnected ends too
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if f == lost {
		return nil, io.ErrUnexpectedEOF
	}
	return rec.Result(), nil
}

func problem(code string) *http.Response {
	rec := httptest.NewRecorder()
	p := wire.New(code, "as the test wants it")
	rec.WriteHeader(p.Status)
	_ = json.NewEncoder(rec).Encode(p)
	return rec.Result()
}

// client calls over the line.
func (w *world) client(addresses ...string) *client.Client {
	w.t.Helper()
	if len(addresses) == 0 {
		addresses = []string{"n1:7600"}
	}
	c, err := client.New(client.Config{Addresses: addresses, HTTP: &http.Client{Transport: w.line}})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// work is a running worker.
type work struct {
	*worker.Worker
	t    *testing.T
	stop context.CancelFunc
	over chan error
}

// work starts a worker, which is stopped when the test ends.
func (w *world) work(cfg worker.Config, handlers map[string]worker.Handler) *work {
	w.t.Helper()
	if cfg.Client == nil {
		cfg.Client = w.client()
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	k := &work{Worker: worker.New(cfg), t: w.t, over: make(chan error, 1)}
	for name, h := range handlers {
		k.Handle(name, h)
	}
	var ctx context.Context
	ctx, k.stop = context.WithCancel(context.Background())
	go func() { k.over <- k.Run(ctx) }()
	w.t.Cleanup(func() {
		k.stop()
		<-k.over
	})
	return k
}

// end stops the worker and returns the result of Run.
func (k *work) end() error {
	k.stop()
	err := <-k.over
	k.over <- nil
	return err
}

// step deploys code as type "w", with the activities that it may use, and starts it.
func (w *world) step(code string, activities ...string) fsm.RunRef {
	w.t.Helper()
	w.Deploy(enginetest.Pack(w.t, enginetest.Code{"w": code}, enginetest.Activities(activities...)))
	return w.Begin("w", `{"n":1}`)
}

// once returns code with one activity "a", whose result it returns.
func once(arguments string) string {
	return fmt.Sprintf("def run(ctx, input):\n    return ctx.activity(\"a\", input%s)\n", arguments)
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
