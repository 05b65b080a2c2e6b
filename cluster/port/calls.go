package port

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"aion.dev/aion/engine"
)

// Handler answers one kind of node call of the node that from describes. What it answers is bounded by MaxCallBytes. Its error reaches the caller: *engine.NotLeader, *engine.NoQuorum,
// *engine.Unavailable and *engine.Unknown as what they are, anything else as its text.
type Handler func(ctx context.Context, from Introduction, body []byte) ([]byte, error)

// MaxCallBytes bounds the body and the answer of a node call.
const MaxCallBytes = 1 << 20

// ErrClosing is what callers of a node hear that is shutting down.
var ErrClosing = &engine.Unavailable{Why: "this node is shutting down"}

// longestCall bounds a call whose caller set no deadline, and what a handler may take.
const longestCall = 30 * time.Second

// Memory bounds what a node's calls hold together, those of its users and those of other nodes.
type Memory interface {
	// Take returns nil once there are n bytes, or soon an error that says what they are all taken by.
	Take(ctx context.Context, n int64) error
	// Give gives back what was taken.
	Give(n int64)
}

// smallCall is how long the body of a call may be that nobody accounts for.
const smallCall = 4 << 10

// newServer answers POST /call/{name} with handlers, and what HandleHTTP was told. Connections come through the port's own listener, which has
// already proved (with TLS) that the other side is a node.
func (p *Port) newServer() *http.Server {
	p.mux.HandleFunc("POST /call/{name}", p.answer)
	return &http.Server{
		Handler: p.counted(p.mux),
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, fromKey{}, c.(*conn).from)
		},
		ReadHeaderTimeout: p.cfg.FirstBytes,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          p.cfg.Logger.Named("node-http").StandardLogger(nil),
	}
}

// counted lets Close wait for handlers, which http.Server's Close does not.
func (p *Port) counted(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		if p.closed {
			p.mu.Unlock()
			WriteError(w, ErrClosing)
			return
		}
		p.parts.Add(1)
		p.mu.Unlock()
		defer p.parts.Done()
		h.ServeHTTP(w, r)
	})
}

func (p *Port) newClient() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
				to, err := readHost(address)
				if err != nil {
					return nil, &notSent{err}
				}
				c, err := p.dial(ctx, to, streamHTTP)
				if err != nil {
					return nil, &notSent{err}
				}
				return c, nil
			},
			DisableCompression:  true,
			MaxConnsPerHost:     64,
			MaxIdleConnsPerHost: 4,
			IdleConnTimeout:     time.Minute, // less than the server's, so that a call rarely meets a connection that is being closed
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// host is the name under which net/http keeps its connections to a node. It holds all that the
// preamble said: a connection to another id at the same address, or from before this node belonged
// to its cluster, is another connection.
func (p *Port) host(to Server) string {
	return hex.EncodeToString(fmt.Appendf(nil, "%s\n%s\n%s", to.ID, to.Address, p.cfg.Self().Cluster)) + ":1"
}

// readHost is the reverse of host.
func readHost(host string) (to Server, err error) {
	b, err := hex.DecodeString(strings.TrimSuffix(host, ":1"))
	parts := strings.Split(string(b), "\n")
	if err != nil || len(parts) != 3 {
		return to, fmt.Errorf("%q names no node", host)
	}
	return Server{ID: parts[0], Address: parts[1]}, nil
}

// Request makes a request to another node, for Do: of those whose bodies are not small questions.
func (p *Port) Request(ctx context.Context, method string, to Server, path string, body io.Reader) (*http.Request, error) {
	return http.NewRequestWithContext(ctx, method, "http://"+p.host(to)+path, body)
}

// Do sends a request that Request has made.
func (p *Port) Do(req *http.Request) (*http.Response, error) { return p.client.Do(req) }

// HandleHTTP names what answers requests by pattern, of nodes that may call what. All are named
// before Serve.
func (p *Port) HandleHTTP(pattern, what string, h http.HandlerFunc) {
	p.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		if err := fromOf(r).MayCall(what, p.cfg.Self()); err != nil {
			WriteError(w, err)
			return
		}
		h(w, r)
	})
}

// fromOf returns who sent a request.
func fromOf(r *http.Request) Introduction {
	from, _ := r.Context().Value(fromKey{}).(Introduction)
	return from
}

type fromKey struct{}

// notSent is an error before anything of a request left this machine.
type notSent struct{ err error }

func (e *notSent) Error() string { return e.err.Error() }
func (e *notSent) Unwrap() error { return e.err }

// Handle names the handler of a kind of call. All are named before Serve.
func (p *Port) Handle(name string, h Handler) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls[name] = h
}

// Call asks a node, and nobody else who may be at its address, and returns its handler's answer. When ctx ends or the connection breaks after the question was sent, the error is *engine.Unknown, for the handler may have run;
// everything earlier is *engine.Unavailable.
func (p *Port) Call(ctx context.Context, to Server, name string, body []byte) ([]byte, error) {
	doing := fmt.Sprintf("node call %s to %s", name, to)
	if len(body) > MaxCallBytes {
		return nil, &engine.Unavailable{Why: fmt.Sprintf("node call %s has %d bytes, more than %d", name, len(body), MaxCallBytes)}
	}
	ctx, cancel := context.WithTimeout(ctx, longestCall)
	defer cancel()
	sent := &sentReader{Reader: bytes.NewReader(body)}
	req, err := p.Request(ctx, http.MethodPost, to, "/call/"+url.PathEscape(name), sent)
	if err != nil {
		return nil, &engine.Unavailable{Why: fmt.Sprintf("%s: %v", doing, err)}
	}
	req.ContentLength = int64(len(body))
	// Without a body that can be replayed net/http never sends a request twice by itself: whether to repeat is the caller's to say.
	resp, err := p.client.Do(req)
	if err != nil {
		return nil, callError(err, doing)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, MaxCallBytes+1))
	switch {
	case err != nil:
		return nil, &engine.Unknown{Cause: fmt.Errorf("%s: %w", doing, err)}
	case len(b) > MaxCallBytes:
		return nil, &engine.Unknown{Cause: fmt.Errorf("%s: the answer has more than %d bytes", doing, MaxCallBytes)}
	case resp.StatusCode != http.StatusOK:
		return nil, ReadError(b, fmt.Sprintf("%s: %s", doing, resp.Status))
	}
	return b, nil
}

// sentReader hides from net/http that the body could be read again.
type sentReader struct{ io.Reader }

// callError sorts an error of net/http by whether the other side may have heard the question.
func callError(err error, doing string) error {
	var early *notSent
	if errors.As(err, &early) {
		return &engine.Unavailable{Why: fmt.Sprintf("%s: %v", doing, early.err)}
	}
	return &engine.Unknown{Cause: fmt.Errorf("%s: %w", doing, err)}
}

// answer runs the handler of a call.
func (p *Port) answer(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	p.mu.Lock()
	h := p.calls[name]
	p.mu.Unlock()
	if h == nil {
		WriteError(w, &engine.Unavailable{Why: fmt.Sprintf("this node answers no call %q", name)})
		return
	}
	from := fromOf(r)
	if err := from.MayCall(name, p.cfg.Self()); err != nil {
		WriteError(w, err)
		return
	}
	give, err := p.room(r)
	if err != nil {
		WriteError(w, &engine.Unavailable{Why: fmt.Sprintf("node call %s: %v", name, err)})
		return
	}
	defer give()
	deadlines := http.NewResponseController(w)
	deadlines.SetReadDeadline(time.Now().Add(longestCall))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxCallBytes))
	if err != nil {
		WriteError(w, &engine.Unavailable{Why: fmt.Sprintf("node call %s: %v", name, err)})
		return
	}
	deadlines.SetReadDeadline(time.Time{})
	ctx, cancel := context.WithTimeout(r.Context(), longestCall)
	defer cancel()
	b, err := h(ctx, from, body)
	if err == nil && len(b) > MaxCallBytes {
		err = fmt.Errorf("node call %s: the answer has %d bytes, more than %d", name, len(b), MaxCallBytes)
	}
	if err != nil {
		WriteError(w, err)
		return
	}
	deadlines.SetWriteDeadline(time.Now().Add(longestCall))
	w.Write(b)
	deadlines.SetWriteDeadline(time.Time{})
}

// room takes memory for the body of a call, as long as it says it is. Small ones need none: a node
// that is short of memory must hear what the others say of themselves.
func (p *Port) room(r *http.Request) (give func(), err error) {
	n := min(r.ContentLength, MaxCallBytes)
	if n < 0 {
		n = MaxCallBytes
	}
	if p.cfg.Memory == nil || n <= smallCall {
		return func() {}, nil
	}
	if err := p.cfg.Memory.Take(r.Context(), n); err != nil {
		return nil, err
	}
	return func() { p.cfg.Memory.Give(n) }, nil
}

// wireError is an error between nodes.
type wireError struct {
	Code   string `json:"code,omitempty"` // no_leader, no_quorum, unavailable, outcome_unknown; empty for any other error
	Detail string `json:"detail"`
	Leader string `json:"leader,omitempty"`
}

// WriteError answers a request with an error, which ReadError reads as what it is.
func WriteError(w http.ResponseWriter, err error) {
	e := wireError{Detail: err.Error()}
	var (
		notLeader   *engine.NotLeader
		noQuorum    *engine.NoQuorum
		unavailable *engine.Unavailable
		unknown     *engine.Unknown
	)
	switch {
	case errors.As(err, &unknown): // first: it may wrap any of the others
		e = wireError{Code: unknown.Code(), Detail: unknown.Cause.Error()}
	case errors.As(err, &notLeader):
		e = wireError{Code: notLeader.Code(), Leader: notLeader.Leader}
	case errors.As(err, &noQuorum):
		e = wireError{Code: noQuorum.Code(), Detail: noQuorum.Why}
	case errors.As(err, &unavailable):
		e = wireError{Code: unavailable.Code(), Detail: unavailable.Why}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusInternalServerError)
	json.NewEncoder(w).Encode(e)
}

// ReadError is the reverse of WriteError.
func ReadError(b []byte, doing string) error {
	var e wireError
	if err := json.Unmarshal(b, &e); err != nil {
		return &engine.Unknown{Cause: errors.New(doing)}
	}
	switch e.Code {
	case (*engine.NotLeader)(nil).Code():
		return &engine.NotLeader{Leader: e.Leader}
	case (*engine.NoQuorum)(nil).Code():
		return &engine.NoQuorum{Why: e.Detail}
	case (*engine.Unavailable)(nil).Code():
		return &engine.Unavailable{Why: e.Detail}
	case (*engine.Unknown)(nil).Code():
		return &engine.Unknown{Cause: errors.New(e.Detail)}
	}
	return errors.New(e.Detail)
}
