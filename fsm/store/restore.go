package store

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Receive builds the database of a snapshot beside the live one, checks and syncs it. Swap puts it
// in the live one's place. On an error nothing has changed.
func (d *DB) Receive(r io.Reader) error {
	if err := d.build(r); err != nil {
		return errors.Join(err, d.cfg.FS.RemoveAll(d.dir.building()))
	}
	if err := d.cfg.FS.RemoveAll(d.dir.next()); err != nil {
		return err
	}
	return d.dir.move(d.dir.building(), d.dir.next())
}

// Swap closes the database and puts the received one in its place, by rename. Reopen opens
// whichever is live then: the new one, or on an error the old one.
func (d *DB) Swap() error {
	if err := d.shut(); err != nil {
		return err
	}
	return d.dir.swap()
}

// RemoveOld removes what Swap replaced.
func (d *DB) RemoveOld() error {
	return d.cfg.FS.RemoveAll(d.dir.old())
}

// build writes the snapshot's files into a folder of their own and checks that they are the
// database that the header promises.
func (d *DB) build(r io.Reader) error {
	fs, folder := d.cfg.FS, d.dir.building()
	if err := errors.Join(fs.RemoveAll(folder), fs.MkdirAll(folder, 0o755)); err != nil {
		return err
	}
	want, files, err := readHead(r)
	if err != nil {
		return err
	}
	for i := range files {
		if err := d.buildFile(r); err != nil {
			return fmt.Errorf("file %d of %d: %w", i+1, files, err)
		}
	}
	got, err := d.inspect(folder)
	if err != nil {
		return err
	}
	if got != want {
		return fmt.Errorf("the snapshot says index %d and digest %s, its files hold index %d and digest %s",
			want.Index, digestOf(want.Digest), got.Index, digestOf(got.Digest))
	}
	return d.dir.sync(folder)
}

func (d *DB) buildFile(r io.Reader) (err error) {
	name, size, err := readFileHead(r)
	if err != nil {
		return err
	}
	f, err := d.cfg.FS.Create(d.cfg.FS.PathJoin(d.dir.building(), name), vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	sum := crc32.New(castagnoli)
	sum.Write([]byte(name))
	// The sum first: a MemFS may scribble over what it was given to write, and does so under the
	// race detector.
	if _, err := io.CopyN(io.MultiWriter(sum, f), r, size); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	var want [4]byte
	if _, err := io.ReadFull(r, want[:]); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if !bytes.Equal(want[:], sum.Sum(nil)) {
		return fmt.Errorf("%s: its checksum is wrong", name)
	}
	return f.Sync()
}
