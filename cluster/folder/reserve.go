package folder

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/hashicorp/go-hclog"
)

// reserveFile is where room is kept back in the data folder.
const reserveFile = "reserve"

// A Reserve is room that nothing else on the disk can take: a file of blocks that are really there.
// When the disk is all but used up it is given up, so that the node gets over what filled the disk:
// the log can begin a new file, retention deletes, compaction gives room back, and a node that
// ended at a failed write can start once more. It is kept back anew when there is room.
type Reserve struct {
	path string
	size uint64
	held bool
	rest int    // looks at the disk before another try; see keepAgain
	said string // why the last try failed
	log  hclog.Logger
}

// keepAgain is how many looks at the disk lie between two tries to keep room back: a minute. What
// stood in the way may be gone by then, and each try writes as many blocks as it gets.
const keepAgain = 30

// OpenReserve finds what is kept back in dir, and keeps nothing back itself: Look does.
func OpenReserve(dir string, size uint64, log hclog.Logger) *Reserve {
	r := &Reserve{path: filepath.Join(dir, reserveFile), size: size, log: log}
	_, err := os.Stat(r.path)
	r.held = err == nil
	return r
}

// Look keeps room back, or gives it up, by how the disk stands.
func (r *Reserve) Look(s DiskState) {
	switch {
	case r.held && (s.Free < r.size/4*3 || r.size == 0):
		r.giveUp(s)
	case !r.held && r.size > 0 && r.size <= s.Size/16 && s.Level == DiskOK && s.Free > r.size+s.Warn:
		r.keep()
	}
}

func (r *Reserve) keep() {
	if r.rest--; r.rest > 0 {
		return
	}
	err := r.allocate()
	switch {
	case err == nil:
		r.held, r.rest, r.said = true, 0, ""
		return
	case errors.Is(err, errors.ErrUnsupported): // it will not work the next time either
		r.size = 0
		r.log.Info("no room is kept back on the disk: this system or file system cannot, so disk.reserve_bytes does nothing", "file", r.path)
		return
	}
	r.rest = keepAgain
	if err.Error() != r.said {
		r.said = err.Error()
		r.log.Warn("no room is kept back on the disk, it is tried again every minute: should the disk fill up, this node has nothing to give up",
			"file", r.path, "disk.reserve_bytes", r.size, "error", err)
	}
}

func (r *Reserve) allocate() error {
	f, err := os.OpenFile(r.path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err = errors.Join(allocate(f, int64(r.size)), f.Close()); err != nil {
		os.Remove(r.path) // what it got of it
	}
	return err
}

func (r *Reserve) giveUp(s DiskState) {
	if err := os.Remove(r.path); err != nil {
		r.log.Error("the room kept back on the disk cannot be given up", "file", r.path, "error", err)
		return
	}
	r.held = false
	if r.size > 0 {
		r.log.Error("the disk of the data folder is all but full: the room that was kept back is used now, and there is no more",
			"free", s.Free, "disk.reserve_bytes", r.size)
	}
}
