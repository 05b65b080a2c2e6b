package cluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/hashicorp/raft"
)

// Promises keep with whom a node founds a cluster. A promise is given once: that is why two clusters cannot grow out of one set of nodes, however their
// views of each other differ. And it tells a node that has not begun yet from one that lost its folder.
type Promises interface {
	Promised() ([]Server, error) // nil when there is none
	Promise([]Server) error      // on disk before it returns
}

// filePromises keep it in the data folder.
type filePromises struct{ dir string }

func (p filePromises) path() string { return filepath.Join(p.dir, "founders.json") }

func (p filePromises) Promised() ([]Server, error) {
	b, err := os.ReadFile(p.path())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var servers []Server
	if err := json.Unmarshal(b, &servers); err != nil {
		return nil, fmt.Errorf("%s: %w", p.path(), err)
	}
	return servers, nil
}

func (p filePromises) Promise(servers []Server) error {
	b, err := json.MarshalIndent(servers, "", "  ")
	if err != nil {
		return err
	}
	return writeDurably(p.path(), append(b, '\n'))
}

// promise is this node's answer to one that wants to found a cluster with it.
func (c *Cluster) promise(servers []Server) error {
	c.entered.Lock()
	defer c.entered.Unlock()
	have, err := c.promises.Promised()
	if err != nil {
		return err
	}
	if slices.Equal(have, servers) {
		return nil
	}
	self := c.self()
	switch {
	case have != nil:
		return fmt.Errorf("node %s has promised to found a cluster with %v; to take that back, remove its data folder", c.id, have)
	case c.raft.Load() != nil:
		return fmt.Errorf("node %s belongs to a cluster already", c.id)
	case len(servers) != c.cfg.BootstrapExpect:
		return fmt.Errorf("node %s has bootstrap_expect %d, not %d", c.id, c.cfg.BootstrapExpect, len(servers))
	case !slices.Contains(servers, self):
		return fmt.Errorf("%v does not have node %s as it is, %v", servers, c.id, self)
	}
	return c.promises.Promise(servers)
}

// configuration is the founders' raft configuration, the same on each of them: it becomes the first entry of the log.
func configuration(servers []Server) raft.Configuration {
	var conf raft.Configuration
	for _, s := range servers {
		conf.Servers = append(conf.Servers, raft.Server{ID: raft.ServerID(s.ID), Address: raft.ServerAddress(s.Address), Suffrage: raft.Voter})
	}
	return conf
}
