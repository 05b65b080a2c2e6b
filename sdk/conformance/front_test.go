package conformance_test

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"aion.dev/aion/transport/wire"
)

// front is an address that leads to a node, and can be told what to do with calls.
type front struct {
	address string // that callers are told
	node    http.Handler
	over    chan struct{}

	mu    sync.Mutex
	serve *http.Server // nil while it is gone
	mode  string
	path  string         // which calls mode is about: those whose path contains it
	left  int            // how many calls more; 0 = all
	calls map[string]int // by path
}

// newFront makes a front of the node at an address.
func newFront(t *testing.T, address string) *front {
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: address})
	proxy.ModifyResponse = func(r *http.Response) error {
		r.Header.Del("Aion-Hot") // what is to happen to calls happens to calls over HTTP
		return nil
	}
	proxy.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { panic(http.ErrAbortHandler) } // the caller went away
	f := &front{address: "127.0.0.1:0", node: proxy, mode: "pass", over: make(chan struct{}), calls: map[string]int{}}
	if err := f.listen(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		close(f.over)
		f.mu.Lock()
		defer f.mu.Unlock()
		f.leave()
	})
	return f
}

// listen takes calls at the front's address.
func (f *front) listen() error {
	l, err := net.Listen("tcp", f.address)
	if err != nil {
		return err
	}
	f.address = l.Addr().String()
	f.serve = &http.Server{Handler: f, ErrorLog: log.New(io.Discard, "", 0)}
	go f.serve.Serve(l)
	return nil
}

// leave ends all connections, and takes no more.
func (f *front) leave() {
	if f.serve != nil {
		_ = f.serve.Close()
		f.serve = nil
	}
}

// set says what is done with calls from now on.
func (f *front) set(mode, path string, count int) error {
	switch mode {
	case "pass", "lose_answer", "refuse", "gone", "silent":
	default:
		return fmt.Errorf("fronts have no mode %q", mode)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mode, f.path, f.left = mode, path, count
	if mode == "gone" {
		f.leave()
		return nil
	}
	if f.serve == nil {
		return f.listen()
	}
	return nil
}

// next says what is done with a call.
func (f *front) next(path string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls[path]++
	if !strings.Contains(path, f.path) {
		return "pass"
	}
	mode := f.mode
	if f.left > 0 {
		if f.left--; f.left == 0 {
			f.mode, f.path = "pass", ""
		}
	}
	return mode
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch f.next(r.URL.Path) {
	case "lose_answer": // the node carries the call out, and the caller does not hear of it
		f.node.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	case "refuse":
		p := wire.New("unavailable", "the front was told to refuse")
		b, err := p.MarshalJSON()
		if err != nil {
			panic(err)
		}
		w.Header().Set("Content-Type", wire.ProblemType)
		w.WriteHeader(p.Status)
		_, _ = w.Write(b)
	case "silent":
		select {
		case <-f.over:
		case <-r.Context().Done():
		}
		panic(http.ErrAbortHandler)
	default:
		f.node.ServeHTTP(w, r)
	}
}
