package transport

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/transport/wire"
	"github.com/danielgtaylor/huma/v2"
)

// Backups is what the routes of backups need from a node.
type Backups interface {
	// BeginBackup opens a backup of this node's state. A stale one may lack what was acknowledged
	// lately, and needs no leader.
	BeginBackup(ctx context.Context, stale bool) (Backup, error)
	// FindBackup returns one that is open.
	FindBackup(id string) (Backup, error)
	// NoteBackup remembers one that has arrived where it is kept, unless a newer one has.
	NoteBackup(k wire.BackupKept) error
	// Restore restores a backup, which it reads once, into this cluster. Leader only.
	Restore(ctx context.Context, file io.Reader) (wire.Restored, error)
}

// Backup is one that a node has open.
type Backup interface {
	ID() string
	Index() uint64
	Size() int64
	// Send writes the file from an offset on. The backup stays open for a while after it.
	Send(ctx context.Context, w io.Writer, offset int64) error
}

type backupInput struct {
	Consistency string `query:"consistency" enum:"linearizable,stale" doc:"stale: what was acknowledged lately may be missing, and no leader is needed. Default: linearizable"`

	ID     string `query:"id" maxLength:"64" doc:"Go on with this backup, which Aion-Backup named, where it broke off. Default: begin a new one"`
	Offset int64  `query:"offset" minimum:"0" doc:"With id: bytes that are there already"`
}

func (in *backupInput) stale() bool { return in.Consistency == "stale" }

// backup streams a backup of this node's state. It is served where it is asked: any node has all of
// it.
func (s *Server) backup(ctx context.Context, in *backupInput) (*huma.StreamResponse, error) {
	if s.cfg.Backups == nil {
		return nil, wire.New("unavailable", "this node makes no backups")
	}
	if in.Offset > 0 && in.ID == "" {
		return nil, invalid("offset", "is given without id: a new backup begins at its beginning")
	}
	var b Backup
	var err error
	if in.ID != "" {
		b, err = s.cfg.Backups.FindBackup(in.ID)
	} else {
		within, cancel := context.WithTimeout(ctx, backupBegin)
		defer cancel()
		b, err = s.cfg.Backups.BeginBackup(within, in.stale())
	}
	if err != nil {
		return nil, err
	}
	if in.Offset > b.Size() {
		return nil, invalid("offset", "is %d, but backup %s has %d bytes", in.Offset, in.ID, b.Size())
	}
	return &huma.StreamResponse{Body: func(huma.Context) { s.sendBackup(ctx, b, in) }}, nil
}

// backupBegin bounds how long a new backup may take to begin: the node may have to fetch archives.
const backupBegin = 2 * time.Minute

func (s *Server) sendBackup(ctx context.Context, b Backup, in *backupInput) {
	offset := in.Offset
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.closing, cancel)()
	x := exchangeOf(ctx)
	h := x.w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Length", strconv.FormatInt(b.Size()-offset, 10))
	h.Set("Cache-Control", "no-store")
	h.Set(wire.HeaderIndex, strconv.FormatUint(b.Index(), 10))
	h.Set(wire.HeaderBackup, b.ID())
	if contact := s.contact(engine.Read{Stale: in.stale()}); contact != "" {
		h.Set(wire.HeaderLeaderContact, contact)
	}
	x.w.WriteHeader(http.StatusOK)
	rc := http.NewResponseController(x.w)
	rc.SetWriteDeadline(time.Now().Add(streamWrite))
	rc.Flush() // what lies before the offset is read first, and the caller is to know that its call was taken
	if offset == b.Size() {
		return
	}
	if err := b.Send(ctx, &streamWriter{x.w, rc}, offset); err != nil {
		s.log.Info("a backup broke off; its caller may go on with it", "backup", b.ID(), "error", err)
		panic(http.ErrAbortHandler) // the caller must not take it for the end
	}
}

// streamWriter gives each write its own deadline.
type streamWriter struct {
	w  io.Writer
	rc *http.ResponseController
}

// Write implements io.Writer.
func (s *streamWriter) Write(b []byte) (int, error) {
	s.rc.SetWriteDeadline(time.Now().Add(streamWrite))
	return s.w.Write(b)
}

// noteBackup is served where it is asked: the node whose backups a command keeps tells how old the
// newest is.
func (s *Server) noteBackup(ctx context.Context, _ *struct{}) (*plain[wire.BackupKept], error) {
	var k wire.BackupKept
	if err := exchangeOf(ctx).decode(&k, required); err != nil {
		return nil, err
	}
	switch {
	case k.BackupID == "" || len(k.BackupID) > 64:
		return nil, invalid("backup_id", "has %d bytes, which is not within 1 to 64", len(k.BackupID))
	case k.Index == 0:
		return nil, invalid("index", "is missing")
	case k.AgeMS < 0 || k.AgeMS/1000 > mostEvery:
		return nil, invalid("age_ms", "is %d, which is not within 0 to %d", k.AgeMS, mostEvery*1000)
	case k.EverySeconds < 0 || k.EverySeconds > mostEvery:
		return nil, invalid("every_s", "is %d, which is not within 0 to %d", k.EverySeconds, mostEvery)
	}
	if s.cfg.Backups == nil {
		return nil, wire.New("unavailable", "this node makes no backups")
	}
	if err := s.cfg.Backups.NoteBackup(k); err != nil {
		return nil, err
	}
	return &plain[wire.BackupKept]{Body: k}, nil
}

// mostEvery is a century, in seconds.
const mostEvery = 100 * 366 * 24 * 3600
