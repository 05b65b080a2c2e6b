// Package durable writes files so that they survive a crash of the machine intact.
//
// It decides in which order bytes, names and folders reach the disk. It never decides what is
// written or when, and keeps no state. Begin with WriteFile.
package durable

import (
	"os"
	"path/filepath"

	"aion.dev/aion/internal/faults"
)

// WriteFile replaces a file: after a crash it has the old content or the new one, never a mix. It
// must have only one writer at a time.
func WriteFile(path string, b []byte) error {
	f, err := os.OpenFile(path+".tmp", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
		return err
	}
	return SyncFolder(filepath.Dir(path))
}

// SyncFolder makes renames and removals in dir durable.
func SyncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return faults.SyncFolder(dir, d.Sync)
}
