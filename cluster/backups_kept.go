package cluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"aion.dev/aion/cluster/durable"
)

// KeptBackup is a backup of which somebody has said that it arrived where it is kept.
type KeptBackup struct {
	ID    string        `json:"backup_id"`
	Index uint64        `json:"index"`
	Point time.Time     `json:"recovery_point"` // what was acknowledged before is in it; by this node's clock
	Every time.Duration `json:"every_ns"`       // how often one is to be made; 0 = nobody has said
}

// keptFile is in the data folder. It is no part of the state: each node knows of the backups that
// were taken from it.
const keptFile = "backups.json"

// keptBackups remembers the newest one.
type keptBackups struct {
	path string // "" = in memory alone

	mu     sync.Mutex // guards newest, and the file
	newest *KeptBackup
}

// openKept reads what was remembered. A file that cannot be read is of no consequence but that the
// node does not know.
func openKept(dir string) (*keptBackups, error) {
	k := &keptBackups{}
	if dir == "" {
		return k, nil
	}
	k.path = filepath.Join(dir, keptFile)
	b, err := os.ReadFile(k.path)
	if errors.Is(err, fs.ErrNotExist) {
		return k, nil
	}
	if err != nil {
		return k, err
	}
	var newest KeptBackup
	if err := json.Unmarshal(b, &newest); err != nil {
		return k, fmt.Errorf("%s: %w", k.path, err)
	}
	k.newest = &newest
	return k, nil
}

func (k *keptBackups) note(b KeptBackup) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.newest != nil && b.Point.Before(k.newest.Point) {
		return nil
	}
	text, err := json.Marshal(b)
	if err == nil && k.path != "" {
		err = durable.WriteFile(k.path, text)
	}
	if err == nil {
		k.newest = &b
	}
	return err
}

func (k *keptBackups) get() (KeptBackup, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.newest == nil {
		return KeptBackup{}, false
	}
	return *k.newest, true
}

// NoteBackup remembers a backup that has arrived where it is kept, unless a newer one has.
func (c *Cluster) NoteBackup(b KeptBackup) error {
	if b.Index > c.applied() {
		return refuse("index %d has not been reached: the backup is of another cluster", b.Index)
	}
	return c.kept.note(b)
}

// lateBackup says that the newest backup is older than it is to be.
func lateBackup(s Status, now time.Time, say func(Finding)) {
	b := s.Backup
	if b == nil || b.Every <= 0 {
		return
	}
	age := now.Sub(b.Point)
	if age <= 2*b.Every+backupSlack {
		return
	}
	say(Finding{"backup_late", Warning, s.Node, fmt.Sprintf("the newest backup taken from node %s is of index %d, %s ago, and there is to be one every %s: as much would be lost with the cluster", s.Node, b.Index, age.Round(time.Second), b.Every),
		"look at what aion-node backup --every says, and at its store"})
}

// backupSlack is how long making one may take without being remarkable.
const backupSlack = time.Minute
