package cluster

import (
	"os"
	"path/filepath"

	"github.com/hashicorp/go-hclog"
)

// reserveFile is where room is kept back in the data folder.
const reserveFile = "reserve"

// A reserve is room that nothing else on the disk can take: a file of blocks that are really there.
// When the disk is all but used up it is given up, so that the node gets over what filled the disk:
// the log can begin a new file, retention deletes, compaction gives room back, and a node that ended
// at a failed write can start once more. It is kept back anew when there is room.
type reserve struct {
	path string
	size uint64
	held bool
	log  hclog.Logger
}

func newReserve(dir string, size uint64, log hclog.Logger) *reserve {
	r := &reserve{path: filepath.Join(dir, reserveFile), size: size, log: log}
	_, err := os.Stat(r.path)
	r.held = err == nil
	return r
}

// look keeps room back, or gives it up, by how the disk stands.
func (r *reserve) look(s DiskState) {
	switch {
	case r.held && (s.Free < r.size/4*3 || r.size == 0):
		r.giveUp(s)
	case !r.held && r.size > 0 && r.size <= s.Size/16 && s.Level == DiskOK && s.Free > r.size+s.Warn:
		r.keep()
	}
}

func (r *reserve) keep() {
	if err := r.allocate(); err != nil {
		os.Remove(r.path)
		r.log.Debug("no room is kept back on the disk", "error", err)
		r.size = 0 // it will not work the next time either
		return
	}
	r.held = true
}

func (r *reserve) allocate() error {
	f, err := os.OpenFile(r.path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := allocate(f, int64(r.size)); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

func (r *reserve) giveUp(s DiskState) {
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
