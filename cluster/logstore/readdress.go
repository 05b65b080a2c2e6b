package logstore

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"aion.dev/aion/cluster/durable"
	"github.com/hashicorp/raft"
)

// A configuration stands in entries of the log and in snapshots, with the addresses that members
// had. Here other addresses are written there. Index and term of every entry stay, so nodes that do
// the same to their logs have the same log.
//
// A copy of the folder is written beside it, and then the two are swapped, so that a crash costs no
// entry.

const (
	nextSuffix = ".next"
	oldSuffix  = ".old"
)

// RepairSwap finishes or undoes a Swap that was killed. Nothing may have the folder open.
func RepairSwap(dir string) error {
	switch _, err := os.Stat(dir); {
	case errors.Is(err, fs.ErrNotExist): // killed between the two renames
		if err := os.Rename(dir+nextSuffix, dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	case err != nil:
		return err
	}
	return errors.Join(os.RemoveAll(dir+nextSuffix), os.RemoveAll(dir+oldSuffix), durable.SyncFolder(filepath.Dir(dir)))
}

// CopyReaddressed writes a copy of the folder of these stores, which were opened with cfg, with
// other addresses of members. keys are those of the stable store that are not raft's own.
func (s *Stores) CopyReaddressed(cfg Config, addresses map[string]string, keys ...[]byte) error {
	cfg.Dir += nextSuffix
	if err := os.RemoveAll(cfg.Dir); err != nil {
		return err
	}
	err := s.copyTo(cfg, addresses, keys)
	if err == nil {
		err = syncTree(cfg.Dir)
	}
	if err != nil {
		return errors.Join(err, os.RemoveAll(cfg.Dir))
	}
	return nil
}

// Swap puts the copy of a folder in its place. Nothing may have either open.
func Swap(dir string) error {
	if err := os.Rename(dir, dir+oldSuffix); err != nil {
		return err
	}
	if err := os.Rename(dir+nextSuffix, dir); err != nil {
		return err
	}
	if err := durable.SyncFolder(filepath.Dir(dir)); err != nil {
		return err
	}
	return os.RemoveAll(dir + oldSuffix)
}

func (s *Stores) copyTo(cfg Config, addresses map[string]string, keys [][]byte) (err error) {
	to, err := Open(cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	for _, key := range append([][]byte{keyCurrentTerm, []byte("LastVoteTerm"), []byte("LastVoteCand")}, keys...) {
		b, err := s.Stable.Get(key)
		if err == nil && len(b) > 0 {
			err = to.Stable.Set(key, b)
		}
		if err != nil && err.Error() != "not found" { // as raft does it
			return err
		}
	}
	first, err := s.Log.FirstIndex()
	if err != nil {
		return err
	}
	last, err := s.Log.LastIndex()
	if err != nil {
		return err
	}
	var batch []*raft.Log
	size := 0
	for i := first; i <= last && last > 0; i++ {
		l := new(raft.Log)
		if err := s.Log.GetLog(i, l); err != nil {
			return fmt.Errorf("read entry %d: %w", i, err)
		}
		if l.Type == raft.LogConfiguration {
			l.Data = raft.EncodeConfiguration(readdressed(raft.DecodeConfiguration(l.Data), addresses))
		}
		batch = append(batch, l)
		if size += len(l.Data); size > 4<<20 || len(batch) == 4096 || i == last {
			if err := to.Log.StoreLogs(batch); err != nil {
				return err
			}
			batch, size = nil, 0
		}
	}
	return s.copySnapshots(to, addresses)
}

// readdressed is a configuration with other addresses.
func readdressed(c raft.Configuration, addresses map[string]string) raft.Configuration {
	c = c.Clone()
	for i, m := range c.Servers {
		if to, ok := addresses[string(m.ID)]; ok {
			c.Servers[i].Address = raft.ServerAddress(to)
		}
	}
	return c
}

// copySnapshots links the content of snapshots, and writes their descriptions anew.
func (s *Stores) copySnapshots(to *Stores, addresses map[string]string) error {
	list, err := s.Snapshots.List()
	if err != nil {
		return err
	}
	for _, m := range list {
		from, into := filepath.Join(s.folder, m.ID), filepath.Join(to.folder, m.ID)
		if err := os.MkdirAll(into, 0o755); err != nil {
			return err
		}
		if err := os.Link(filepath.Join(from, "state.bin"), filepath.Join(into, "state.bin")); err != nil {
			return err
		}
		b, err := os.ReadFile(filepath.Join(from, "meta.json"))
		if err != nil {
			return err
		}
		var meta map[string]json.RawMessage
		if err := json.Unmarshal(b, &meta); err != nil {
			return fmt.Errorf("snapshot %s: %w", m.ID, err)
		}
		if meta["Configuration"], err = json.Marshal(readdressed(m.Configuration, addresses)); err != nil {
			return err
		}
		if b, err = json.Marshal(meta); err != nil {
			return err
		}
		if err := durable.WriteFile(filepath.Join(into, "meta.json"), append(b, '\n')); err != nil {
			return err
		}
	}
	return nil
}
