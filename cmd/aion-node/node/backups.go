package node

import (
	"context"

	"aion.dev/aion/cluster"
	"aion.dev/aion/cluster/backup"
	"aion.dev/aion/transport"
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
