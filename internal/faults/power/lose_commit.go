//go:build linux

package power

import (
	"bytes"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// commitOf is an unfinished commit of a bolt file.
type commitOf struct {
	path string
	kept string // the previous content of the file
}

// lose undoes pages. Bolt syncs a commit's pages before it writes one of the two meta pages that
// lead to them, so a meta page is on the disk only if all others are.
func (c *commitOf) lose(dir string, how Loss, r *rand.Rand, lost *Lost) error {
	was, err := os.ReadFile(filepath.Join(dir, c.kept))
	if errors.Is(err, fs.ErrNotExist) { // the commit was finished, but the journal does not have that yet
		return nil
	}
	if err != nil {
		return err
	}
	is, err := os.ReadFile(c.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	f, err := os.OpenFile(c.path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	lost.Commits++
	page := os.Getpagesize()
	// bolt syncs a file that has grown before it goes on; nothing refers to the new part yet
	is = is[:min(len(is), len(was))]
	meta := !bytes.Equal(is[:min(2*page, len(is))], was[:min(2*page, len(was))])
	for at := 0; at < len(is); at += page {
		end := min(at+page, len(is))
		if bytes.Equal(is[at:end], was[at:end]) || meta != (at < 2*page) || !how.All && r.IntN(2) == 0 {
			continue
		}
		if _, err := f.WriteAt(was[at:end], int64(at)); err != nil {
			return err
		}
		lost.PagesOff++
	}
	return nil
}
