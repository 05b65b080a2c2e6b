package client

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"aion.dev/aion/transport/wire"
)

// Restore restores a backup of size bytes into the cluster, which must be empty. It reads the file
// from its beginning for each attempt, and makes another one as long as nodes say that nothing has
// happened. Once an attempt may have taken effect, the outcome is unknown: a repeated call is
// refused if the cluster has the backup.
//
// An error of the file itself is returned as it is.
func (c *Client) Restore(ctx context.Context, file io.ReadSeeker, size int64) (*wire.Restored, error) {
	call := &call{method: http.MethodPost, path: join([]string{"v1", "cluster", "restore"}), media: "application/octet-stream"}
	at, began := int(c.last.Load()), time.Now()
	var until time.Time // when the last attempt begins: an attempt may take hours, and the next one is due its time
	reached := false
	var refused *wire.Problem // what a node that can restore said
	for n := 1; ; n++ {
		base := at % len(c.bases)
		answer, own, err := c.restoreAt(ctx, base, call, file, size)
		switch {
		case err == nil:
			c.last.Store(uint32(base))
			return answer, nil
		case own:
			return nil, err
		case mayHaveHappened(err):
			if _, said := errors.AsType[*wire.Problem](err); !said {
				err = wire.New("outcome_unknown", "the answer was lost: "+err.Error())
			}
			return nil, err
		case wire.Of(err).Code == "not_found": // the node is of a build that does not know the call
			if n < len(c.bases) {
				at++
				continue
			}
			if refused != nil {
				err = refused
			}
			return nil, err
		case !mayRepeat(err):
			return nil, err
		}
		if p, is := errors.AsType[*wire.Problem](err); is {
			refused = p
		}
		reached = reached || !dialFailed(err)
		if until.IsZero() {
			until = time.Now().Add(c.patience)
		}
		at++ // another node may know better
		last := until
		if !reached {
			last = c.untilConnected(began, until)
		}
		if n%len(c.bases) == 0 && !pause(ctx, n/len(c.bases), last) || ctx.Err() != nil {
			return nil, c.gaveUp(call, err, false)
		}
	}
}

// restoreAt makes one attempt. own says that the error is the file's.
func (c *Client) restoreAt(ctx context.Context, base int, call *call, file io.ReadSeeker, size int64) (_ *wire.Restored, own bool, err error) {
	if err := c.alive(ctx, c.bases[base]); err != nil {
		return nil, false, err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, true, err
	}
	u := &upload{r: file, size: size, closed: make(chan struct{})}
	call.stream = u
	resp, err := c.send(ctx, c.bases[base], call)
	if err != nil {
		if e := u.wait(); e != nil {
			return nil, true, e
		}
		return nil, false, err
	}
	defer u.wait()
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, false, &broken{sent: true, cause: err}
	}
	if p := misdirected(c.bases[base], resp, text); p != nil {
		return nil, false, p
	}
	if resp.StatusCode != http.StatusOK {
		return nil, false, wire.ParseProblem(resp.StatusCode, text)
	}
	r := new(wire.Restored)
	if err := json.Unmarshal(text, r); err != nil {
		return nil, false, &broken{sent: true, cause: err}
	}
	return r, false, nil
}

// upload is the body of one attempt. net/http may read it after the answer has come, until it
// closes it.
type upload struct {
	r      io.Reader
	size   int64
	once   sync.Once
	closed chan struct{}
	err    error // of r; read after closed
}

// Read implements io.Reader.
func (u *upload) Read(b []byte) (int, error) {
	n, err := u.r.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		u.err = err
	}
	return n, err
}

// Close implements io.Closer.
func (u *upload) Close() error {
	u.once.Do(func() { close(u.closed) })
	return nil
}

// wait returns the error of what was to be sent, once nobody reads it any more.
func (u *upload) wait() error {
	<-u.closed
	return u.err
}
