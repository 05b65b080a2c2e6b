package transport

import (
	"context"
	"io"
	"net/http"
	"time"

	"aion.dev/aion/transport/wire"
)

// restore reads a backup from the body as it arrives: it may be larger than what a node has of
// memory.
func (s *Server) restore(ctx context.Context, _ *struct{}) (*answer[wire.Restored], error) {
	x := exchangeOf(ctx)
	if x.r.ContentLength == 0 {
		return nil, invalid("body", "is empty; want the bytes of a backup")
	}
	if s.cfg.Backups == nil {
		return nil, wire.New("unavailable", "this node restores no backups")
	}
	r, err := s.cfg.Backups.Restore(ctx, &arriving{&x.body})
	if err != nil {
		return nil, err
	}
	return &answer[wire.Restored]{Index: r.Index, Body: r}, nil
}

// arriving is the body of an upload, whose errors say what the caller should know.
type arriving struct{ io.Reader }

// Read implements io.Reader.
func (a *arriving) Read(b []byte) (int, error) {
	n, err := a.Reader.Read(b)
	if err != nil && err != io.EOF {
		err = unread(err)
	}
	return n, err
}

const (
	// uploadTimeout bounds an upload from its head to the end of its answer. What bounds it before
	// is its limit, and uploadSilence.
	uploadTimeout = 24 * time.Hour
	// uploadSilence is how long an upload may pause. The node itself may pause as long, while it
	// copies what has arrived to others.
	uploadSilence = 2 * time.Minute
)

// beginUpload replaces the deadlines of an ordinary call by those of an upload.
func (x *exchange) beginUpload() {
	rc := http.NewResponseController(x.w)
	until := time.Now().Add(uploadTimeout)
	if rec, ok := x.w.(*recorder); ok {
		rec.until = until
	}
	rc.SetWriteDeadline(until)
	x.body.deadline = func() { rc.SetReadDeadline(time.Now().Add(uploadSilence)) }
}
