package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"aion.dev/aion/transport/wire"
)

// BackupOptions say which backup, and from where on.
type BackupOptions struct {
	ID     string // of one that broke off; empty = begin a new one
	Offset int64  // with ID: how many bytes are there already
	Stale  bool   // what was acknowledged lately may be missing, and no leader is needed
}

// Backup is a backup as a node streams it. Read ends with io.EOF after its last byte, and with
// another error if the stream breaks off; the caller may then go on with ID. Close it.
type Backup struct {
	ID    string
	Node  string // that streams it
	Index uint64 // of its state
	Rest  int64  // bytes that the stream has

	ctx    context.Context
	body   io.ReadCloser
	silent *time.Timer
	end    context.CancelFunc
}

// Read implements io.Reader. A stream that is silent for long ends.
func (b *Backup) Read(p []byte) (int, error) {
	n, err := b.body.Read(p)
	if n > 0 {
		b.silent.Reset(attemptTimeout)
	}
	if err != nil && !errors.Is(err, io.EOF) && b.ctx.Err() == nil {
		err = fmt.Errorf("node %s: %w", b.Node, err)
	}
	return n, err
}

// Close ends the stream. The node keeps the backup for a while.
func (b *Backup) Close() error {
	b.silent.Stop()
	b.end()
	return b.body.Close()
}

// Backup streams a backup from the first node that answers, and retries like other calls until one
// does. With an ID, the error is a *wire.Problem with code not_found if no node that answers has
// that backup open (any more).
func (c *Client) Backup(ctx context.Context, o BackupOptions) (*Backup, error) {
	call := get("v1", "backup")
	call.stale = o.Stale
	call.set("id", o.ID)
	if o.Offset > 0 {
		call.set("offset", strconv.FormatInt(o.Offset, 10))
	}
	at, began, unknown := int(c.last.Load()), time.Now(), error(nil)
	until := began.Add(c.patience)
	reached := false
	for n := 1; ; n++ {
		base := at % len(c.bases)
		b, err := c.beginBackup(ctx, base, call)
		if err == nil {
			c.last.Store(uint32(base))
			return b, nil
		}
		reached = reached || !dialFailed(err)
		var p *wire.Problem
		switch {
		case errors.As(err, &p) && p.Code == "not_found" && o.ID != "":
			unknown = err
		case !mayRepeat(err):
			return nil, err
		}
		at++ // another node may know better
		last := until
		if !reached {
			last = c.untilConnected(began, until)
		}
		if n%len(c.bases) == 0 && (unknown != nil || !pause(ctx, n/len(c.bases), last)) || ctx.Err() != nil {
			if unknown != nil && ctx.Err() == nil {
				err = unknown
			}
			return nil, c.gaveUp(call, err, false)
		}
	}
}

func (c *Client) beginBackup(ctx context.Context, base int, call *call) (_ *Backup, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer func() {
		if err != nil {
			cancel()
		}
	}()
	// A node may have to fetch archives before it begins.
	b := &Backup{ctx: ctx, end: cancel, silent: time.AfterFunc(slowTimeout, cancel)}
	resp, err := c.send(ctx, c.bases[base], call)
	if err != nil {
		b.silent.Stop()
		return nil, err
	}
	if resp.StatusCode != 200 {
		b.silent.Stop()
		defer resp.Body.Close()
		body, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
		if p := misdirected(c.bases[base], resp, body); p != nil {
			return nil, p
		}
		return nil, wire.ParseProblem(resp.StatusCode, body)
	}
	b.body, b.Rest = resp.Body, resp.ContentLength
	b.ID, b.Node = resp.Header.Get(wire.HeaderBackup), resp.Header.Get(wire.HeaderNode)
	b.Index, _ = strconv.ParseUint(resp.Header.Get(wire.HeaderIndex), 10, 64)
	return b, nil
}

// BackupKept tells the node that gets the call that a backup has arrived where it is kept. That
// node's metrics and findings tell how old the newest is.
func (c *Client) BackupKept(ctx context.Context, k wire.BackupKept) error {
	return c.do(ctx, change(http.MethodPost, k, "v1", "backup", "kept"), nil)
}
