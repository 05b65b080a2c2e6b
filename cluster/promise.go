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

// Founding is a cluster that is about to begin: who founds it, and its id. The id is agreed before
// the first message of raft, so that none ever travels between nodes that do not know to which
// cluster they belong.
type Founding struct {
	ClusterID string        `json:"cluster_id"` // empty where an older binary promised
	Servers   []port.Server `json:"servers"`
}

func (f *Founding) equal(o *Founding) bool {
	return f == o || f != nil && o != nil && f.ClusterID == o.ClusterID && slices.Equal(f.Servers, o.Servers)
}

// Promises keep with whom a node founds a cluster. A promise is given once: that is why two
// clusters cannot grow out of one set of nodes, however their views of each other differ. And it
// tells a node that has not begun yet from one that lost its folder.
type Promises interface {
	Promised() (*Founding, error) // nil when there is none
	Promise(Founding) error       // on disk before it returns

	// How this node was let in, where it did not found; see admission.go.
	Admitted() (*Admission, error) // nil when it was not
	Admit(Admission) error         // on disk before it returns
}

// filePromises keep it in the data folder.
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
	if bytes.HasPrefix(bytes.TrimSpace(b), []byte("[")) { // before cluster ids were agreed on
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

// promise is this node's answer to one that wants to found a cluster with it.
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
		return fmt.Errorf("%v does not have node %s as it is, %v", f.Servers, c.id, self)
	}
	return c.promises.Promise(f)
}

// configuration is the founders' raft configuration, the same on each of them: it becomes the first
// entry of the log.
func configuration(servers []port.Server) raft.Configuration {
	var conf raft.Configuration
	for _, s := range servers {
		conf.Servers = append(conf.Servers, raft.Server{ID: raft.ServerID(s.ID), Address: raft.ServerAddress(s.Address), Suffrage: raft.Voter})
	}
	return conf
}
