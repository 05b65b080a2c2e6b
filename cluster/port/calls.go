package port

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"aion.dev/aion/engine"
)

// Handler answers one kind of node call of the node that from describes. What it answers is bounded
// by MaxCallBytes. Its error reaches the caller: *engine.NotLeader, *engine.NoQuorum,
// *engine.Unavailable and *engine.Unknown as what they are, anything else as its text.
type Handler func(ctx context.Context, from Introduction, body []byte) ([]byte, error)

// MaxCallBytes bounds the body and the answer of a node call.
const MaxCallBytes = 1 << 20

// longestCall bounds a call whose caller set no deadline, and what a handler may take.
const longestCall = 30 * time.Second

// Handle names the handler of a kind of call. All are named before Serve.
func (p *Port) Handle(name string, h Handler) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls[name] = h
}

// Call asks a node, and nobody else who may be at its address, and returns its handler's answer.
// When ctx ends or the connection breaks after the question was sent, the error is *engine.Unknown,
// for the handler may have run; everything earlier is *engine.Unavailable.
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
	// Without a body that can be replayed net/http never sends a request twice by itself: whether
	// to repeat is the caller's to say.
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
