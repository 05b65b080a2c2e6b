package cluster

import "aion.dev/aion/cluster/folder"

// condemn records that this node's state is wrong, before anything else can go wrong.
func (c *Cluster) condemn(reason error) {
	c.condemned.Store(true)
	if c.identity == nil {
		return
	}
	if err := folder.Condemn(c.cfg.DataDir, c.id, reason); err != nil {
		c.log.Error("the quarantine could not be written down", "error", err)
	}
}

// quarantine moves a condemned state aside once the state is closed.
func (c *Cluster) quarantine() error {
	if !c.condemned.Load() || c.cfg.Parts.FS != nil {
		return nil
	}
	return folder.SetAside(c.cfg.DataDir)
}
