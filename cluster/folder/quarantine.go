package folder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"aion.dev/aion/cluster/durable"
)

// quarantineFile, in the data folder, contains the reason why the state must not be used.
const quarantineFile = "QUARANTINE"

// Condemn records why a node's state, in dir, must not be used.
func Condemn(dir, node string, reason error) error {
	text := fmt.Sprintf("The state of node %s is wrong and must not be used.\n\n%v\n", node, reason)
	return durable.WriteFile(filepath.Join(dir, quarantineFile), []byte(text))
}

// SetAside moves a condemned state out of the way once it is closed. It is kept for people who want
// to find the cause.
func SetAside(dir string) error {
	err := os.Rename(filepath.Join(dir, "state"), filepath.Join(dir, "state.quarantined"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("quarantine: %w", err)
	}
	return durable.SyncFolder(dir)
}

// RefuseQuarantined keeps a node with a wrong state from starting again. Its snapshots and its log
// lead to that state, so none of them can be trusted: the node has to return as a new one. The
// error tells people how.
func RefuseQuarantined(dir, how string) error {
	reason, err := os.ReadFile(filepath.Join(dir, quarantineFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := SetAside(dir); err != nil {
		return err
	}
	return fmt.Errorf("data folder %s is quarantined (the state is in state.quarantined): %s; %s",
		dir, strings.Join(strings.Fields(string(reason)), " "), how)
}
