package cluster

// openArchives opens the archives of this node.
func (c *Cluster) openArchives(*Port) error { return nil }
