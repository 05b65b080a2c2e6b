//go:build aionfaults

package faults

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

func TestDiskFaults(t *testing.T) {
	defer told(Control{})
	for _, c := range []struct {
		disk        Disk
		n           int
		write, sync error
	}{
		{Disk{}, 10, nil, nil},
		{Disk{Fault: Full}, 0, syscall.ENOSPC, nil},
		{Disk{Fault: Full, Area: Log}, 10, nil, nil},
		{Disk{Fault: Short, Area: State}, 5, syscall.ENOSPC, nil},
		{Disk{Fault: Unsync}, 10, nil, syscall.EIO},
		{Disk{Fault: Unsync, After: 1}, 10, nil, nil},
	} {
		told(Control{})
		name := filepath.Join(t.TempDir(), "f")
		f, err := FS(nil).Create(name, vfs.WriteCategoryUnspecified)
		if err != nil {
			t.Fatal(err)
		}
		told(Control{Disk: c.disk})
		n, werr := f.Write(make([]byte, 10))
		serr := f.Sync()
		b, err := os.ReadFile(name)
		if n != c.n || len(b) != c.n || !errors.Is(werr, c.write) || !errors.Is(serr, c.sync) || err != nil {
			t.Errorf("%+v: wrote %d, %d are there, %v, sync %v, %v", c.disk, n, len(b), werr, serr, err)
		}
		f.Close()
	}
}

func TestHangEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		defer told(Control{})
		told(Control{Disk: Disk{Fault: Hang}})
		done := make(chan error)
		go func() { done <- flush(Log, func() error { return nil }) }()
		time.Sleep(time.Second)
		select {
		case <-done:
			t.Fatal("it did not hang")
		default:
		}
		told(Control{})
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
