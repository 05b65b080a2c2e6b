package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"time"
)

// rest tracks the body of a request, to know how much of it is still to come when the call is
// answered.
//
// A caller that sends a large body often reads nothing before all of it is sent. If the connection
// is closed during that, the caller sees a reset instead of the answer. So the answer is sent at
// once, and the rest of the body is read and discarded for a while. HTTP/2 does not need this: it
// can end a stream in one direction.
type rest struct {
	io.ReadCloser
	length int64        // that the caller claims; -1 = no claim
	read   atomic.Int64 // bytes read so far
	over   atomic.Bool  // nothing more will come: it was read to its end, or the connection broke
}

const (
	// smallRest is how much net/http itself reads after an answer, to keep the connection.
	smallRest = 256 << 10
	// lingerBytes bounds what is discarded of one body.
	lingerBytes = 1 << 30
	// lingerCalls bounds how many bodies are being discarded at a time.
	lingerCalls = 1024
)

// restOf wraps the body of r in a rest; nil if that is not needed.
func restOf(r *http.Request) *rest {
	if r.ContentLength == 0 || r.Body == nil || r.ProtoMajor > 1 {
		return nil
	}
	b := &rest{ReadCloser: r.Body, length: r.ContentLength}
	r.Body = b
	return b
}

// Read implements io.Reader.
func (b *rest) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.read.Add(int64(n))
	if err != nil {
		b.over.Store(true)
	}
	return n, err
}

// large reports whether more is to come than net/http itself would read.
func (b *rest) large() bool {
	return b != nil && !b.over.Load() && (b.length < 0 || b.length-b.read.Load() > smallRest)
}

// linger discards the rest of an answered call's body, within the time and size that the limits
// allow. Meanwhile the connection counts as being in the middle of a call.
func (s *Server) linger(rec *recorder, b *rest) {
	if !b.large() {
		return
	}
	release, err := s.lingers.acquire()
	if err != nil {
		return
	}
	defer release()
	rc := http.NewResponseController(rec.ResponseWriter)
	if err := rc.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return
	}
	rc.SetReadDeadline(time.Now().Add(s.cfg.Limits.Linger))
	stop := context.AfterFunc(s.closing, func() { rc.SetReadDeadline(time.Now()) })
	io.CopyN(io.Discard, b, lingerBytes)
	stop()
	if !b.over.Load() {
		rc.SetReadDeadline(time.Now()) // otherwise net/http would read on
	}
}
