package cluster

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"aion.dev/aion/cluster/durable"
	"aion.dev/aion/cluster/logstore"
)

// quarantineFile, in the data folder, says why the state in it must not be used.
const quarantineFile = "QUARANTINE"

// condemn writes down that this node's state is wrong, before anything else can go wrong.
func (c *Cluster) condemn(reason error) {
	c.condemned.Store(true)
	if c.identity == nil {
		return
	}
	text := fmt.Sprintf("The state of node %s is wrong and must not be used.\n\n%v\n", c.id, reason)
	if err := durable.WriteFile(filepath.Join(c.cfg.DataDir, quarantineFile), []byte(text)); err != nil {
		c.log.Error("the quarantine could not be written down", "error", err)
	}
}

// quarantine moves a condemned state aside, once it is closed. It stays for those who want to find out what happened.
func (c *Cluster) quarantine() error {
	if !c.condemned.Load() || c.cfg.Parts.FS != nil {
		return nil
	}
	return setAside(c.cfg.DataDir)
}

func setAside(dir string) error {
	err := os.Rename(filepath.Join(dir, "state"), filepath.Join(dir, "state.quarantined"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("quarantine: %w", err)
	}
	return durable.SyncFolder(dir)
}

// refuseQuarantined keeps a node with a wrong state from starting again. Its snapshots and its log end with that state, so that none of it can be
// trusted: the node comes back as a new one.
func refuseQuarantined(dir string) error {
	reason, err := os.ReadFile(filepath.Join(dir, quarantineFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := setAside(dir); err != nil {
		return err
	}
	return fmt.Errorf("data folder %s is quarantined (the state is in state.quarantined): %s; %s",
		dir, strings.Join(strings.Fields(string(reason)), " "), logstore.BeginAnew)
}
