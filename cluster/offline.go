package cluster

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"

	"aion.dev/aion/cluster/durable"
	"aion.dev/aion/cluster/folder"
	"aion.dev/aion/cluster/logstore"
	"aion.dev/aion/cluster/port"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/internal/lifecycle"
)

// Offline commands change the data folder of a node that is down. Restore and Recover make the node
// the only voter of a new cluster. The new cluster has an id of its own, so members of the old one
// and their logs can never take part in it: they come back with empty folders.

// Refused is an offline command that was not carried out. It changed nothing.
type Refused struct {
	Why  string
	Info map[string]any
}

// Error implements error.
func (r *Refused) Error() string { return r.Why }

// Code implements fsm.Refusal.
func (r *Refused) Code() string { return "invalid_state" }

// Facts implements fsm.Refusal.
func (r *Refused) Facts() map[string]any { return r.Info }

func refuse(format string, args ...any) error { return &Refused{Why: fmt.Sprintf(format, args...)} }

// offline is the data folder of a node that is down, opened for a command.
type offline struct {
	cfg      Config
	identity *folder.Identity
	stores   *logstore.Stores
	state    *fsm.State
	built    lifecycle.Closers
	failed   error // that of a store
}

// openOffline locks the folder and opens what is in it.
func openOffline(cfg Config) (_ *offline, err error) {
	o := &offline{cfg: cfg}
	defer func() {
		if err != nil {
			err = errors.Join(err, o.built.Close())
		}
	}()
	if o.identity, err = folder.OpenIdentity(cfg.DataDir, cfg.NodeID); err != nil {
		return nil, err
	}
	o.built.Add(o.identity.Close)
	if err := folder.RefuseQuarantined(cfg.DataDir, logstore.BeginAnew); err != nil {
		return nil, err
	}
	if o.stores, err = logstore.Open(o.storesConfig()); err != nil {
		return nil, err
	}
	o.built.Add(o.closeStores)
	state := cfg.stateConfig()
	state.Fatal = (&Cluster{cfg: cfg}).exitNow()
	if o.state, err = fsm.Open(state); err != nil {
		return nil, err
	}
	o.built.Add(o.state.Close)
	return o, nil
}

func (o *offline) storesConfig() logstore.Config {
	c := (&Cluster{cfg: o.cfg, log: o.cfg.Logger}).storesConfig()
	c.Fatal, c.Exit = func(err error) { o.failed = err }, nil
	return c
}

// closeStores closes the stores once.
func (o *offline) closeStores() error {
	s := o.stores
	if o.stores = nil; s == nil {
		return nil
	}
	return s.Close()
}

func (o *offline) close() error { return o.built.Close() }

// address is where other nodes will reach this one.
func (cfg Config) address() (string, error) {
	address := cfg.RaftAddress
	if address == "" {
		address = cfg.RaftListen
	}
	if err := checkAddress(address); err != nil {
		return "", refuse("raft.advertise %q: %v", address, err)
	}
	if unspecific(address) {
		return "", refuse("raft.advertise is missing: other nodes cannot dial raft.address %s", address)
	}
	return address, nil
}

// unspecific reports whether an address names no host that others could dial.
func unspecific(address string) bool {
	host, port, err := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return err != nil || host == "" || port == "0" || ip != nil && ip.IsUnspecified()
}

// refound makes the state that of a new cluster, as entry index of its log, and this node the only
// voter. It may be repeated after a crash.
func (o *offline) refound(cluster string, index, term uint64) error {
	address, err := o.cfg.address()
	if err != nil {
		return err
	}
	own, at := "", history.Time(0)
	o.state.View(func(v fsm.View) { own, at = v.ClusterID(), v.Now() })
	if own != cluster {
		entry, err := fsm.EncodeEntry(fsm.Entry{At: at, Commands: []fsm.Envelope{{Command: &fsm.Refound{ClusterID: cluster}}}})
		if err != nil {
			return err
		}
		results, err := o.state.Apply(index, entry)
		if err == nil && results[0].Refusal != nil {
			err = results[0].Refusal
		}
		if err != nil {
			return fmt.Errorf("make the state that of a new cluster: %w", err)
		}
	}
	s, err := o.state.Snapshot()
	if err != nil {
		return err
	}
	defer s.Release()
	index = o.state.Applied()
	self := configuration([]port.Server{{ID: o.identity.NodeID, Address: address}})
	if err := o.stores.Begin(index, term, self, func(w io.Writer) error { _, err := s.WriteTo(w); return err }); err != nil {
		return err
	}
	if err := o.stores.Stable.SetUint64(commitIndexKey, index); err != nil {
		return err
	}
	promises := filePromises{o.cfg.DataDir}
	if err := os.Remove(promises.admission()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	// The others may have been told to found a cluster with this node (cluster.bootstrap_expect).
	// They join one that this node founded alone.
	if err := promises.Promise(Founding{ClusterID: cluster, Servers: []port.Server{{ID: o.identity.NodeID, Address: address}}}); err != nil {
		return err
	}
	return o.identity.Refound(cluster)
}

// clearFolder removes everything in a folder but its lock, durably.
func clearFolder(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return durable.SyncFolder(dir)
}
