package cluster

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"aion.dev/aion/cluster/durable"
	"aion.dev/aion/cluster/port"
	"github.com/hashicorp/raft"
)

// Founding is a cluster that is about to begin: its founders and its id. They agree on the id
// before raft's first message, so that no raft message travels between nodes that do not know their
// cluster.
type Founding struct {
	ClusterID string        `json:"cluster_id"` // empty if an older binary promised
	Servers   []port.Server `json:"servers"`
}

func (f *Founding) equal(o *Founding) bool {
	return f == o || f != nil && o != nil && f.ClusterID == o.ClusterID && slices.Equal(f.Servers, o.Servers)
}

// Promises stores with whom a node founds a cluster. A promise is given once: that is why one set
// of nodes cannot found two clusters, however their views of each other differ. It also tells a
// node that has not begun yet from a node that lost its folder.
type Promises interface {
	Promised() (*Founding, error) // nil when there is none
	Promise(Founding) error       // on disk before it returns

	// The following two record how this node was admitted if it did not found the cluster; see
	// admission.go.
	Admitted() (*Admission, error) // nil when it was not
	Admit(Admission) error         // on disk before it returns
}

// filePromises stores them in the data folder.
type filePromises struct{ dir string }

func (p filePromises) path() string { return filepath.Join(p.dir, "founders.json") }

func (p filePromises) Promised() (*Founding, error) {
	b, err := os.ReadFile(p.path())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	f := new(Founding)
	if bytes.HasPrefix(bytes.TrimSpace(b), []byte("[")) { // written before founders agreed on cluster ids
		err = json.Unmarshal(b, &f.Servers)
	} else {
		err = json.Unmarshal(b, f)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.path(), err)
	}
	return f, nil
}

func (p filePromises) Promise(f Founding) error {
	b, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return err
	}
	return durable.WriteFile(p.path(), append(b, '\n'))
}

// promise answers a node that wants to found a cluster with this one.
func (c *Cluster) promise(f Founding) error {
	c.entered.Lock()
	defer c.entered.Unlock()
	have, err := c.promises.Promised()
	if err != nil {
		return err
	}
	if have.equal(&f) {
		return nil
	}
	self := c.self()
	switch {
	case have != nil:
		return fmt.Errorf("node %s has promised to found a cluster with %v; to take that back, remove its data folder", c.id, have.Servers)
	case c.raft.Load() != nil:
		return fmt.Errorf("node %s belongs to a cluster already", c.id)
	case len(f.Servers) != c.cfg.BootstrapExpect:
		return fmt.Errorf("node %s has bootstrap_expect %d, not %d", c.id, c.cfg.BootstrapExpect, len(f.Servers))
	case !slices.Contains(f.Servers, self):
		return fmt.Errorf("the founders %v do not include node %s as it is now, %v", f.Servers, c.id, self)
	}
	return c.promises.Promise(f)
}

// configuration returns the founders' raft configuration, the same on each of them. It becomes the
// first entry of the log.
func configuration(servers []port.Server) raft.Configuration {
	var conf raft.Configuration
	for _, s := range servers {
		conf.Servers = append(conf.Servers, raft.Server{ID: raft.ServerID(s.ID), Address: raft.ServerAddress(s.Address), Suffrage: raft.Voter})
	}
	return conf
}
