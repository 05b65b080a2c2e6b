package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"time"
)

// rest follows the body of a request, to know what of it is still to come when the call is
// answered.
//
// A caller who sends a large body often reads nothing before all of it is sent. If the connection
// is closed under it, it learns of a reset instead of the answer. So the answer goes out at once,
// and what is still to come is read and thrown away for a while. HTTP/2 needs none of this: there a
// stream can be ended in one direction.
type rest struct {
	io.ReadCloser
	length int64        // that the caller claims; -1 when it claims none
	read   atomic.Int64 // of it
	over   atomic.Bool  // nothing comes any more: it was read to its end, or the connection broke
}

const (
	// smallRest is what net/http itself reads on after an answer, to keep the connection.
	smallRest = 256 << 10
	// lingerBytes is the most that is thrown away of one body.
	lingerBytes = 1 << 30
	// lingerCalls bounds how many callers are listened to in that way at a time.
	lingerCalls = 1024
)

// restOf puts a rest around the body of r; nil where none is needed.
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

// linger throws away what is still to come of the body of a call that was answered, for as long and
// as much as the limits say. The connection counts as one in the middle of a call meanwhile.
func (s *Server) linger(rec *recorder, b *rest) {
	if !b.large() {
		return
	}
	release, err := s.lingers.take()
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
		rc.SetReadDeadline(time.Now()) // or net/http would go on reading
	}
}
