package node

import (
	"context"
	"io"
	"time"

	"aion.dev/aion/cluster"
	"aion.dev/aion/cluster/backup"
	"aion.dev/aion/transport"
	"aion.dev/aion/transport/wire"
)

// backups presents the cluster's backups to the HTTP server.
type backups struct{ cluster *cluster.Cluster }

// BeginBackup implements transport.Backups.
func (b backups) BeginBackup(ctx context.Context, stale bool) (transport.Backup, error) {
	return opened(b.cluster.BeginBackup(ctx, stale))
}

// FindBackup implements transport.Backups.
func (b backups) FindBackup(id string) (transport.Backup, error) {
	return opened(b.cluster.FindBackup(id))
}

// NoteBackup implements transport.Backups.
func (b backups) NoteBackup(k wire.BackupKept) error {
	return b.cluster.NoteBackup(cluster.KeptBackup{ID: k.BackupID, Index: k.Index, Point: time.Now().Add(-time.Duration(k.AgeMS) * time.Millisecond), Every: time.Duration(k.EverySeconds) * time.Second})
}

// Restore implements transport.Backups.
func (b backups) Restore(ctx context.Context, file io.Reader) (wire.Restored, error) {
	r, err := b.cluster.RestoreInto(ctx, file)
	if err != nil {
		return wire.Restored{}, err
	}
	h := r.Header
	size, err := h.Size()
	return wire.Restored{
		ClusterID: r.Cluster, Node: b.cluster.ID(), Index: r.Index, Digest: r.Digest, Voters: r.Voters, WaitsFor: r.Waits,
		Backup: wire.RestoredBackup{
			BackupID: h.ID, ClusterID: h.ClusterID, ClusterName: h.ClusterName, Node: h.Node, Build: h.Build, Index: h.Index, LogTime: h.LogTime, Level: h.Level, Digest: h.Digest,
			Versions: h.Versions, OpenRuns: h.OpenRuns, ClosedRuns: h.ClosedRuns, Archives: uint64(len(h.Archives)), Bytes: size,
		},
	}, err
}

func opened(s *backup.Session, err error) (transport.Backup, error) {
	if err != nil {
		return nil, err
	}
	return session{s}, nil
}

type session struct{ *backup.Session }

// ID implements transport.Backup.
func (s session) ID() string { return s.Header().ID }

// Index implements transport.Backup.
func (s session) Index() uint64 { return s.Header().Index }
