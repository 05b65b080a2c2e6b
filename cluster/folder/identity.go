package folder

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"aion.dev/aion/cluster/durable"
	"aion.dev/aion/cluster/nodeid"
)

// dataFormat is the layout of a data folder. A node that finds a newer one refuses to start.
const dataFormat = 1

const identityFile = "identity.json"

// Identity is what a data folder records about its node, and the lock that keeps a second process
// out of the folder.
//
// A node that lost its folder becomes another node: its id is generated anew, because raft would
// otherwise trust a vote and a log that are gone.
type Identity struct {
	Dir    string
	NodeID string
	Fresh  bool // the folder had no identity before this call

	// held while the file is written. A disk can block that forever, so nothing else waits for it
	writing   sync.Mutex
	clusterID atomic.Pointer[string]
	lock      *os.File
}

type identityDoc struct {
	Format    int    `json:"format"`
	NodeID    string `json:"node_id"`
	ClusterID string `json:"cluster_id,omitempty"`
}

// OpenIdentity creates dir if it is missing, locks it, and reads which node it belongs to. An empty
// folder gets wantID, or a generated id if wantID is empty. A folder of another id than wantID is
// refused. The returned identity is on disk. The caller closes it.
func OpenIdentity(dir, wantID string) (_ *Identity, err error) {
	if wantID != "" && !nodeid.Valid(wantID) {
		return nil, fmt.Errorf("node.id %q is not usable: 1 to 63 of A-Z a-z 0-9 . _ -, beginning with a letter or digit", wantID)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("node.data_dir: %w", err)
	}
	id := &Identity{Dir: dir}
	if id.lock, err = lockFolder(dir); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			id.lock.Close()
		}
	}()
	switch err := id.read(wantID); {
	case errors.Is(err, fs.ErrNotExist):
		id.Fresh, id.NodeID = true, wantID
		if wantID == "" {
			id.NodeID = generateNodeID()
		}
		return id, id.write("")
	case err != nil:
		return nil, err
	}
	return id, nil
}

// ClusterID returns the cluster that this folder belongs to, or "" while it belongs to none.
func (id *Identity) ClusterID() string {
	if p := id.clusterID.Load(); p != nil {
		return *p
	}
	return ""
}

// SetClusterID records the cluster that this folder belongs to. A folder never changes its cluster.
func (id *Identity) SetClusterID(cluster string) error {
	id.writing.Lock()
	defer id.writing.Unlock()
	switch have := id.ClusterID(); {
	case have == cluster:
		return nil
	case have != "":
		return fmt.Errorf("data folder %s belongs to cluster %s and cannot join cluster %s", id.Dir, have, cluster)
	}
	if err := id.write(cluster); err != nil {
		return err
	}
	id.clusterID.Store(&cluster)
	return nil
}

// Close releases the folder's lock.
func (id *Identity) Close() error { return id.lock.Close() }

func (id *Identity) read(wantID string) error {
	path := filepath.Join(id.Dir, identityFile)
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var doc identityDoc
	switch err := json.Unmarshal(b, &doc); {
	case err != nil:
		return fmt.Errorf("%s: %w", path, err)
	case doc.Format > dataFormat:
		return fmt.Errorf("%s: data format %d is newer than this binary's %d: start a newer binary", path, doc.Format, dataFormat)
	case doc.Format < 1 || !nodeid.Valid(doc.NodeID):
		return fmt.Errorf("%s: format %d and node_id %q are not an identity", path, doc.Format, doc.NodeID)
	case wantID != "" && wantID != doc.NodeID:
		return fmt.Errorf("node.id is %q, but data folder %s belongs to node %q: leave node.id out, or give this node a folder of its own", wantID, id.Dir, doc.NodeID)
	}
	id.NodeID = doc.NodeID
	id.clusterID.Store(&doc.ClusterID)
	return nil
}

func (id *Identity) write(cluster string) error {
	b, err := json.MarshalIndent(identityDoc{dataFormat, id.NodeID, cluster}, "", "  ")
	if err != nil {
		return err
	}
	return durable.WriteFile(filepath.Join(id.Dir, identityFile), append(b, '\n'))
}

func generateNodeID() string {
	var b [4]byte
	rand.Read(b[:]) // never fails
	return "n-" + hex.EncodeToString(b[:])
}

// Refound records that this folder belongs to another cluster from now on. Only offline commands
// that make another cluster of a node call it.
func (id *Identity) Refound(cluster string) error {
	id.writing.Lock()
	defer id.writing.Unlock()
	if err := id.write(cluster); err != nil {
		return err
	}
	id.clusterID.Store(&cluster)
	return nil
}
