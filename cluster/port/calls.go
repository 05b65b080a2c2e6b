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

// Handler answers one kind of node call; from describes the calling node. The answer is bounded by
// MaxCallBytes. The caller receives *engine.NotLeader, *engine.NoQuorum, *engine.Unavailable and
// *engine.Unknown as typed errors, and any other error as text.
type Handler func(ctx context.Context, from Introduction, body []byte) ([]byte, error)

// MaxCallBytes bounds the body and the answer of a node call.
const MaxCallBytes = 1 << 20

// longestCall bounds a call whose caller set no deadline, and the run time of a handler.
const longestCall = 30 * time.Second

// Handle registers the handler of a kind of call. All handlers are registered before Serve.
func (p *Port) Handle(name string, h Handler) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls[name] = h
}

// Call asks one particular node, never another one that may be at its address, and returns its
// handler's answer. If ctx ends or the connection breaks after the question was sent, the error is
// *engine.Unknown, because the handler may have run. Any earlier error is *engine.Unavailable.
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
	// net/http never repeats a request by itself if it cannot replay the body. Only the caller
	// decides whether to repeat a call.
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

// sentReader hides from net/http that the body could be replayed.
type sentReader struct{ io.Reader }

// callError classifies an error of net/http by whether the other side may have received the
// question.
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
		WriteError(w, &engine.Unavailable{Why: fmt.Sprintf("this node does not know the call %q", name)})
		return
	}
	from := fromOf(r)
	if err := from.MayCall(name, p.cfg.Self()); err != nil {
		WriteError(w, err)
		return
	}
	give, err := p.reserveBody(r)
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
