package cluster

import (
	"path/filepath"

	"aion.dev/aion/catalog"
	"aion.dev/aion/cluster/blobs"
	"aion.dev/aion/cluster/port"
	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"github.com/hashicorp/raft"
)

// levelFolds is the level from which on no node may go back to a build that cannot read folded
// archives.
const levelFolds = 6

// openArchives opens this node's archive store, served on the node port. A node without a port has
// no store unless Parts brings one.
func (c *Cluster) openArchives(own *port.Port) error {
	if own == nil {
		return nil
	}
	store, err := blobs.OpenStore(blobs.StoreConfig{
		Dir: filepath.Join(c.cfg.DataDir, "blobs"), MaxBytes: c.cfg.MaxArchiveBytes, Folds: func() bool { return c.level() >= levelFolds }, Logger: c.log.Named("blobs"),
	})
	if err != nil {
		return err
	}
	c.blobs = blobs.New(blobs.Config{Self: c.id, Store: store, Carrier: blobs.NewWire(own), Members: c.blobPeers, Named: c.namedArchives, ScrubEvery: c.cfg.ScrubEvery, Logger: c.log.Named("blobs")})
	c.scrubbed = c.blobs.Scrubbed()
	c.damaged = store.Damaged
	c.built.Add(c.blobs.Close)
	if c.archives == nil {
		c.archives = c.blobs
	}
	return nil
}

// Blobs returns the archives of this node and its peers. It is nil where clustertest leaves them
// out.
func (c *Cluster) Blobs() engine.Blobs {
	if c.blobs == nil {
		return nil
	}
	return c.blobs
}

// namedArchives returns the archives that applied state names, those that open backups need, and
// those of a backup that is being restored.
func (c *Cluster) namedArchives() (list []catalog.Digest) {
	c.state.View(func(v fsm.View) {
		for _, p := range v.Catalog().Packages() {
			list = append(list, p.Blob)
		}
	})
	list = append(list, c.backups.Archives()...)
	return append(list, c.arriving.list()...)
}

// blobPeers returns the members of the current configuration.
func (c *Cluster) blobPeers() (list []blobs.Peer) {
	r := c.raft.Load()
	if r == nil {
		return nil
	}
	for _, s := range r.GetConfiguration().Configuration().Servers {
		list = append(list, blobs.Peer{ID: string(s.ID), Address: string(s.Address), Voter: s.Suffrage == raft.Voter})
	}
	return list
}

// requireArchive refuses a command that names an archive unless a majority of the voters is certain
// to have that archive when the command is applied.
func (c *Cluster) requireArchive(cmd fsm.Command) error {
	if c.blobs == nil {
		return nil
	}
	switch cmd := cmd.(type) {
	case *fsm.LoadPackage:
		return c.blobs.CheckNamed(cmd.Package.Blob)
	case *fsm.StartPackage:
		return c.blobs.CheckNamed(cmd.Package.Blob)
	case *fsm.Deploy:
		for i := range cmd.Changes {
			if load := cmd.Changes[i].Load; load != nil {
				if err := c.blobs.CheckNamed(load.Package.Blob); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
