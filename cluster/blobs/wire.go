package blobs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/cluster/port"
	"aion.dev/aion/engine"
)

// Carrier moves archives between nodes. Wire implements it on the node port; tests on memory.
type Carrier interface {
	// SendBlob returns once a node has the bytes on disk.
	SendBlob(ctx context.Context, to port.Server, d catalog.Digest, archive []byte) error
	// FetchBlob returns what a node has under d, of at most limit bytes, unverified; ErrNoBlob when
	// it has nothing.
	FetchBlob(ctx context.Context, from port.Server, d catalog.Digest, limit int64) ([]byte, error)
	// HandleBlobs sets who serves this node's archives. It is called before Serve.
	HandleBlobs(k Keeper)
}

// Keeper stores a node's archives on behalf of other nodes.
type Keeper interface {
	// KeepBlob returns once the bytes, which must hash to d, are on disk.
	KeepBlob(ctx context.Context, d catalog.Digest, archive io.Reader) error
	// Blob calls send with the verified bytes, which are dropped when it returns; ErrNoBlob when
	// they are not here.
	Blob(ctx context.Context, d catalog.Digest, send func(archive []byte) error) error
}

// ErrNoBlob: the archive is not on this node's disk.
var ErrNoBlob = errors.New("not here")

// A transfer fails if no byte has moved for this long; a slow one may take its time. A sender also
// waits for the other side's disk and has no alternative. A fetcher has other peers, and perhaps a
// run waiting for it.
const (
	stallAfter      = 30 * time.Second
	fetchStallAfter = 5 * time.Second
)

// Wire sends archives over the node port, in requests separate from node calls.
type Wire struct{ port *port.Port }

var _ Carrier = (*Wire)(nil)

// NewWire returns the wire on a port that does not serve yet.
func NewWire(p *port.Port) *Wire { return &Wire{p} }

// HandleBlobs implements Carrier.
func (w *Wire) HandleBlobs(k Keeper) {
	w.port.HandleHTTP("PUT /blob/{digest}", "archives", func(rw http.ResponseWriter, r *http.Request) { receiveBlob(k, rw, r) })
	w.port.HandleHTTP("GET /blob/{digest}", "archives", func(rw http.ResponseWriter, r *http.Request) { sendBlob(k, rw, r) })
}

// SendBlob implements Carrier.
func (w *Wire) SendBlob(ctx context.Context, to port.Server, d catalog.Digest, archive []byte) error {
	ctx, alive := stallGuard(ctx, stallAfter)
	defer alive.stop()
	body := &movingReader{bytes.NewReader(archive), alive.progressed}
	req, err := w.port.Request(ctx, http.MethodPut, to, "/blob/"+d.String(), body)
	if err != nil {
		return err
	}
	req.ContentLength = int64(len(archive))
	_, err = w.exchange(req, 4<<10, alive)
	return err
}

// FetchBlob implements Carrier.
func (w *Wire) FetchBlob(ctx context.Context, from port.Server, d catalog.Digest, limit int64) ([]byte, error) {
	ctx, alive := stallGuard(ctx, fetchStallAfter)
	defer alive.stop()
	req, err := w.port.Request(ctx, http.MethodGet, from, "/blob/"+d.String(), nil)
	if err != nil {
		return nil, err
	}
	return w.exchange(req, limit, alive)
}

func (w *Wire) exchange(req *http.Request, limit int64, alive *liveness) ([]byte, error) {
	resp, err := w.port.Do(req)
	if err != nil {
		return nil, alive.explain(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(&movingReader{resp.Body, alive.progressed}, limit+1))
	switch {
	case err != nil:
		return nil, alive.explain(err)
	case resp.StatusCode == http.StatusNotFound:
		return nil, ErrNoBlob
	case resp.StatusCode != http.StatusOK:
		return nil, port.ReadError(b, resp.Status)
	case int64(len(b)) > limit:
		return nil, fmt.Errorf("more than %d bytes", limit)
	}
	return b, nil
}

// receiveBlob answers PUT /blob/{digest}.
func receiveBlob(k Keeper, w http.ResponseWriter, r *http.Request) {
	d, err := catalog.ParseDigest(r.PathValue("digest"))
	if err != nil {
		port.WriteError(w, &engine.Unavailable{Why: "this node does not accept this archive"})
		return
	}
	deadlines := http.NewResponseController(w)
	later := func() { deadlines.SetReadDeadline(time.Now().Add(stallAfter)) }
	later()
	if err := k.KeepBlob(r.Context(), d, &movingReader{r.Body, later}); err != nil {
		port.WriteError(w, err)
	}
	deadlines.SetReadDeadline(time.Time{})
}

// sendBlob answers GET /blob/{digest}.
func sendBlob(k Keeper, w http.ResponseWriter, r *http.Request) {
	d, err := catalog.ParseDigest(r.PathValue("digest"))
	if err != nil {
		port.WriteError(w, &engine.Unavailable{Why: "this node has no such archive"})
		return
	}
	sending := false
	err = k.Blob(r.Context(), d, func(b []byte) error {
		sending = true
		w.Header().Set("Content-Length", fmt.Sprint(len(b)))
		deadlines, began := http.NewResponseController(w), time.Now()
		for part := range bytesChunks(b, 256<<10) {
			now := time.Now()
			if now.Sub(began) > sendTime(len(b)) {
				return fmt.Errorf("its reader has taken %v", now.Sub(began))
			}
			deadlines.SetWriteDeadline(now.Add(stallAfter))
			if _, err := w.Write(part); err != nil {
				return err
			}
		}
		deadlines.SetWriteDeadline(time.Time{})
		return nil
	})
	switch {
	case err == nil, sending: // net/http closes a connection on which less was sent than announced
	case errors.Is(err, ErrNoBlob):
		http.Error(w, err.Error(), http.StatusNotFound)
	default:
		port.WriteError(w, err)
	}
}

// sendTime is how long a reader may take for an archive of that many bytes, which stays in memory
// meanwhile: 1 min, plus 1 s for each 64 KiB.
func sendTime(bytes int) time.Duration {
	return time.Minute + time.Duration(bytes>>16)*time.Second
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
