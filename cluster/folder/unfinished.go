package folder

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"aion.dev/aion/cluster/durable"
)

// unfinishedFile, in the data folder, says which command is making the folder what it will be. No
// node starts on such a folder. The command removes the file when it is done; after a crash, the
// same command goes on.
const unfinishedFile = "UNFINISHED"

// Unfinished is what is being made of a data folder.
type Unfinished struct {
	Command   string `json:"command"`    // restore or recover
	ClusterID string `json:"cluster_id"` // of the new cluster
}

// Error implements error: nothing else may use the folder.
func (u *Unfinished) Error() string {
	return fmt.Sprintf("aion-node %s has not finished with this data folder: repeat that command", u.Command)
}

// ReadUnfinished returns what is being made of a data folder, or nil.
func ReadUnfinished(dir string) (*Unfinished, error) {
	path := filepath.Join(dir, unfinishedFile)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	u := new(Unfinished)
	if err := json.Unmarshal(b, u); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return u, nil
}

// Begin marks the folder, durably.
func (u *Unfinished) Begin(dir string) error {
	b, err := json.MarshalIndent(u, "", "  ")
	if err != nil {
		return err
	}
	return durable.WriteFile(filepath.Join(dir, unfinishedFile), append(b, '\n'))
}

// Finish removes the mark, durably.
func (u *Unfinished) Finish(dir string) error {
	if err := os.Remove(filepath.Join(dir, unfinishedFile)); err != nil {
		return err
	}
	return durable.SyncFolder(dir)
}

// RefuseUnfinished keeps a node from starting on a folder that is being made.
func RefuseUnfinished(dir string) error {
	u, err := ReadUnfinished(dir)
	if err != nil {
		return err
	}
	if u != nil {
		return fmt.Errorf("data folder %s: %w", dir, u)
	}
	return nil
}
