//go:build aionfaults

package faults

import (
	"fmt"
	"io"
	"os"
	"syscall"
	"time"
)

// hits returns the fault of an operation, after a hang if there is one.
func hits(area Area, sync bool) Kind {
	for {
		d := current().Disk
		if d.Fault == "" || d.Fault == Stalled || d.Area != "" && d.Area != area || (d.Fault == Full || d.Fault == Short) && sync || d.Fault == Unsync && !sync {
			return ""
		}
		if counted.Add(1) <= int64(d.After) {
			return ""
		}
		if d.Fault != Hang {
			return d.Fault
		}
		time.Sleep(readEvery)
	}
}

// Stall delays an entry that the state is about to apply. Pebble itself stalls like this when it
// cannot write its tables, but only after hundreds of megabytes.
func Stall() {
	for current().Disk.Fault == Stalled {
		time.Sleep(readEvery)
	}
}

// Room returns the free bytes that the node sees of a disk with free bytes.
func Room(free uint64) uint64 {
	if room := current().Room; room > 0 {
		return min(room, free)
	}
	return free
}

// write writes b through w, with the faults of area.
func write(area Area, b []byte, w func([]byte) (int, error)) (int, error) {
	switch hits(area, false) {
	case Full:
		return 0, full("write", string(area))
	case Short:
		n, err := w(b[:len(b)/2])
		if err == nil {
			err = fmt.Errorf("fault: %w", syscall.ENOSPC)
		}
		return n, err
	}
	return w(b)
}

// full returns the error of a disk without room.
func full(what, name string) error { return fmt.Errorf("fault: %s %s: %w", what, name, syscall.ENOSPC) }

// flush runs the fsync f, with the faults of area. A failed fsync has no effect, as on a disk that
// lost its cache.
func flush(area Area, f func() error) error {
	if hits(area, true) != "" {
		return fmt.Errorf("fault: %w", syscall.EIO)
	}
	return f()
}

// File has the operations on an archive's file that may fail.
type File interface {
	io.WriteCloser
	Sync() error
}

// Archive adds the faults of archives to f, a new file.
func Archive(f *os.File) File {
	must(watch().Create(f.Name(), func() error { return nil }))
	return blobFile{f}
}

type blobFile struct{ *os.File }

func (f blobFile) Write(b []byte) (int, error) {
	return write(Blob, b, recordWrite(f.Fd(), -1, f.File.Write))
}

func (f blobFile) Sync() error { return flush(Blob, recordSync(f.Fd(), f.File.Sync)) }
