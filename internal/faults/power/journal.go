//go:build linux

package power

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// record is a line of the journal. It is written before the change, so the last records may
// describe changes that never happened.
type record struct {
	Seq int64 `json:"seq"`
	Do  verb  `json:"do"`
	// inode of the file that is written or synced, or of the folder whose names change
	File uint64 `json:"file,omitempty"`

	// write: Len bytes at At, in a file of Size bytes. Old is the previous content, as far as there
	// was any; nil = zeros.
	At   int64  `json:"at,omitempty"`
	Len  int64  `json:"len,omitempty"`
	Size int64  `json:"size,omitempty"`
	Old  []byte `json:"old,omitempty"`

	// create, remove, rename; for a commit, Name is the path. Kept names, in the journal's folder,
	// what was removed, or a copy from before the commit.
	Name string `json:"name,omitempty"`
	Into uint64 `json:"into,omitempty"` // rename: the other folder
	To   string `json:"to,omitempty"`   // rename: the other name
	Kept string `json:"kept,omitempty"`

	// synced, committed: every record of this file with a Seq up to this one is on the disk. void:
	// this one did not happen
	Upto int64 `json:"upto,omitempty"`
}

type verb string

const (
	write     verb = "write"
	synced    verb = "synced"
	create    verb = "create"
	remove    verb = "remove"
	rename    verb = "rename"
	commit    verb = "commit"
	committed verb = "committed"
	void      verb = "void"
)

const journalFile = "journal"

// read returns the records of the journal in dir; none if there is no journal. It ignores a line
// that the kill has torn.
func read(dir string) ([]record, error) {
	b, err := os.ReadFile(filepath.Join(dir, journalFile))
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		return nil, err
	}
	b = b[:bytes.LastIndexByte(b, '\n')+1]
	var all []record
	for lines := bufio.NewReader(bytes.NewReader(b)); ; {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return all, nil
		}
		var r record
		if err := json.Unmarshal(line, &r); err != nil {
			return nil, fmt.Errorf("%s: line %d: %w", dir, len(all)+1, err)
		}
		all = append(all, r)
	}
}
