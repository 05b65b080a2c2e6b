package folder

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/hashicorp/go-hclog"
)

// reserveFile, in the data folder, holds the reserved blocks.
const reserveFile = "reserve"

// A Reserve is disk space that nothing else can use: a file of allocated blocks. When the disk is
// almost full the file is removed, so that the node survives whatever filled the disk: the log can
// begin a new file, retention can delete, compaction can free space, and a node that stopped at a
// failed write can start again. The space is reserved again once there is room.
type Reserve struct {
	path string
	size uint64
	held bool
	rest int    // calls of Look before the next attempt; see keepAgain
	said string // why the last attempt failed
	log  hclog.Logger
}

// keepAgain is how many calls of Look lie between two attempts to reserve space: a minute. The
// obstacle may be gone by then, and each attempt writes as many blocks as it gets.
const keepAgain = 60

// OpenReserve finds the space that is reserved in dir. It reserves nothing itself; Look does.
func OpenReserve(dir string, size uint64, log hclog.Logger) *Reserve {
	r := &Reserve{path: filepath.Join(dir, reserveFile), size: size, log: log}
	_, err := os.Stat(r.path)
	r.held = err == nil
	return r
}

// Look reserves space or releases it, depending on the state of the disk.
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
	case errors.Is(err, errors.ErrUnsupported): // it would not work the next time either
		r.size = 0
		r.log.Info("no disk space is reserved: this system or file system does not support it, so disk.reserve_bytes has no effect", "file", r.path)
		return
	}
	r.rest = keepAgain
	if err.Error() != r.said {
		r.said = err.Error()
		r.log.Warn("no disk space is reserved; the node tries again every minute. If the disk fills up before, it has nothing to release",
			"file", r.path, "disk.reserve_bytes", r.size, "error", err)
	}
}

func (r *Reserve) allocate() error {
	f, err := os.OpenFile(r.path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err = errors.Join(allocate(f, int64(r.size)), f.Close()); err != nil {
		os.Remove(r.path) // what was allocated of it
	}
	return err
}

func (r *Reserve) giveUp(s DiskState) {
	if err := os.Remove(r.path); err != nil {
		r.log.Error("the reserved disk space cannot be released", "file", r.path, "error", err)
		return
	}
	r.held = false
	if r.size > 0 {
		r.log.Error("the disk of the data folder is almost full: the reserved space has been released, and there is no more",
			"free", s.Free, "disk.reserve_bytes", r.size)
	}
}
