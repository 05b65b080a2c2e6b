package node

import (
	"context"
	"io"

	"aion.dev/aion/cluster"
	"aion.dev/aion/cmd/aion-node/config"
)

// Offline is a node that is down, for commands that change its data folder.
type Offline struct{ cfg cluster.Config }

// OpenOffline prepares such a command with the settings that the node is started with. It opens
// nothing.
func OpenOffline(cfg config.Config, o Options) (*Offline, error) {
	certs, err := openCertificates(cfg.TLS, o.Logger)
	if err != nil {
		return nil, err
	}
	limit, err := openFiles()
	if err != nil {
		return nil, err
	}
	files, err := shareDescriptors(limit, cfg)
	if err != nil {
		return nil, err
	}
	cc := clusterConfig(cfg, certs, files, o.Version, o.Logger)
	cc.Exit = o.Exit
	return &Offline{cc}, nil
}

// Restore makes a cluster of a backup; see cluster.Restore.
func (o *Offline) Restore(ctx context.Context, file io.ReadSeeker, progress io.Writer) (cluster.Restored, error) {
	return cluster.Restore(ctx, o.cfg, file, progress)
}

// Readdress writes new addresses of members into this node's folder; see cluster.Readdress.
func (o *Offline) Readdress(ctx context.Context, addresses map[string]string, dry bool) (cluster.Readdressed, error) {
	return cluster.Readdress(ctx, o.cfg, addresses, dry)
}

// Recover makes a new cluster of this node; see cluster.Recover.
func (o *Offline) Recover(ctx context.Context, confirm string, dry bool) (cluster.Recovery, error) {
	return cluster.Recover(ctx, o.cfg, confirm, dry)
}
