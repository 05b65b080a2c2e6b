package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine"
)

// BlobCarrier moves archives between nodes. *Port implements it on the node port; tests on memory.
type BlobCarrier interface {
	// SendBlob returns once a node has the bytes on disk.
	SendBlob(ctx context.Context, to Server, d catalog.Digest, archive []byte) error
	// FetchBlob returns what a node has under d, of at most limit bytes, unverified; ErrNoBlob when it has nothing.
	FetchBlob(ctx context.Context, from Server, d catalog.Digest, limit int64) ([]byte, error)
	// HandleBlobs names who keeps this node's archives, before Serve.
	HandleBlobs(k BlobKeeper)
}

// BlobKeeper keeps a node's archives for other nodes.
type BlobKeeper interface {
	// KeepBlob returns once the bytes, which must hash to d, are on disk.
	KeepBlob(ctx context.Context, d catalog.Digest, archive io.Reader) error
	// Blob returns the verified bytes; ErrNoBlob when they are not here.
	Blob(ctx context.Context, d catalog.Digest) ([]byte, error)
}

// ErrNoBlob: the archive is not on this node's disk.
var ErrNoBlob = errors.New("not here")

// A transfer that has not moved a byte for so long is over; a slow one may take its time. Whoever sends waits for the other side's disk too, and has
// nobody else to try; whoever fetches has other peers, and perhaps a run that waits.
const (
	stallAfter      = 30 * time.Second
	fetchStallAfter = 5 * time.Second
)

var _ BlobCarrier = (*Port)(nil)

// HandleBlobs implements BlobCarrier.
func (p *Port) HandleBlobs(k BlobKeeper) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.blobs = k
}

func (p *Port) blobKeeper() BlobKeeper {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.blobs
}

// SendBlob implements BlobCarrier.
func (p *Port) SendBlob(ctx context.Context, to Server, d catalog.Digest, archive []byte) error {
	ctx, alive := stallGuard(ctx, stallAfter)
	defer alive.stop()
	body := &movingReader{bytes.NewReader(archive), alive.moved}
	req, err := p.request(ctx, http.MethodPut, to, "/blob/"+d.String(), body)
	if err != nil {
		return err
	}
	req.ContentLength = int64(len(archive))
	_, err = p.exchange(req, 4<<10, alive)
	return err
}

// FetchBlob implements BlobCarrier.
func (p *Port) FetchBlob(ctx context.Context, from Server, d catalog.Digest, limit int64) ([]byte, error) {
	ctx, alive := stallGuard(ctx, fetchStallAfter)
	defer alive.stop()
	req, err := p.request(ctx, http.MethodGet, from, "/blob/"+d.String(), nil)
	if err != nil {
		return nil, err
	}
	return p.exchange(req, limit, alive)
}

func (p *Port) exchange(req *http.Request, limit int64, alive *liveness) ([]byte, error) {
	resp, err := p.client.Do(req)
	if err != nil {
		return nil, alive.explain(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(&movingReader{resp.Body, alive.moved}, limit+1))
	switch {
	case err != nil:
		return nil, alive.explain(err)
	case resp.StatusCode == http.StatusNotFound:
		return nil, ErrNoBlob
	case resp.StatusCode != http.StatusOK:
		return nil, readCallError(b, resp.Status)
	case int64(len(b)) > limit:
		return nil, fmt.Errorf("more than %d bytes", limit)
	}
	return b, nil
}

// receiveBlob answers PUT /blob/{digest}.
func (p *Port) receiveBlob(w http.ResponseWriter, r *http.Request) {
	if err := fromOf(r).mayCall("archives", p.cfg.Self()); err != nil {
		writeCallError(w, err)
		return
	}
	d, err := catalog.ParseDigest(r.PathValue("digest"))
	k := p.blobKeeper()
	if err != nil || k == nil {
		writeCallError(w, &engine.Unavailable{Why: "this node takes no such archive"})
		return
	}
	deadlines := http.NewResponseController(w)
	later := func() { deadlines.SetReadDeadline(time.Now().Add(stallAfter)) }
	later()
	if err := k.KeepBlob(r.Context(), d, &movingReader{r.Body, later}); err != nil {
		writeCallError(w, err)
	}
	deadlines.SetReadDeadline(time.Time{})
}

// sendBlob answers GET /blob/{digest}.
func (p *Port) sendBlob(w http.ResponseWriter, r *http.Request) {
	if err := fromOf(r).mayCall("archives", p.cfg.Self()); err != nil {
		writeCallError(w, err)
		return
	}
	d, err := catalog.ParseDigest(r.PathValue("digest"))
	k := p.blobKeeper()
	if err != nil || k == nil {
		writeCallError(w, &engine.Unavailable{Why: "this node has no such archive"})
		return
	}
	b, err := k.Blob(r.Context(), d)
	switch {
	case errors.Is(err, ErrNoBlob):
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	case err != nil:
		writeCallError(w, err)
		return
	}
	w.Header().Set("Content-Length", fmt.Sprint(len(b)))
	deadlines := http.NewResponseController(w)
	for part := range bytesChunks(b, 256<<10) {
		deadlines.SetWriteDeadline(time.Now().Add(stallAfter))
		if _, err := w.Write(part); err != nil {
			return
		}
	}
	deadlines.SetWriteDeadline(time.Time{})
}

// bytesChunks yields b in pieces of at most n bytes.
func bytesChunks(b []byte, n int) func(func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for len(b) > 0 {
			m := min(n, len(b))
			if !yield(b[:m]) {
				return
			}
			b = b[m:]
		}
	}
}

// movingReader reports every read.
type movingReader struct {
	io.Reader
	moved func()
}

func (r *movingReader) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	r.moved()
	return n, err
}

// liveness ends a transfer's context when nothing has moved for a while.
type liveness struct {
	ctx   context.Context
	timer *time.Timer
	after time.Duration
	stop  func()
}

func stallGuard(parent context.Context, after time.Duration) (context.Context, *liveness) {
	ctx, cancel := context.WithCancelCause(parent)
	timer := time.AfterFunc(after, func() { cancel(fmt.Errorf("nothing moved for %v", after)) })
	return ctx, &liveness{ctx: ctx, timer: timer, after: after, stop: func() { timer.Stop(); cancel(nil) }}
}

func (l *liveness) moved() {
	if l.ctx.Err() == nil {
		l.timer.Reset(l.after)
	}
}

// explain says why the context ended, where that is the reason.
func (l *liveness) explain(err error) error {
	if cause := context.Cause(l.ctx); cause != nil {
		return cause
	}
	return err
}
