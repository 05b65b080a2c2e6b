package store

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/rows"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// opened is the database in the folder "state" of fs.
func opened(t *testing.T, fs FS) *DB {
	t.Helper()
	d, err := Open(Config{Dir: "state", FS: fs, CacheBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// applied commits what f changes as the next entry, and returns the digest after it.
func applied(t *testing.T, d *DB, f func(o *Overlay)) catalog.Digest {
	t.Helper()
	m, err := d.Meta()
	if err != nil {
		t.Fatal(err)
	}
	o := d.Overlay()
	f(&o)
	m.Index++
	m.Digest = o.Digest(m.Digest, &m)
	if err := o.Commit(m); err != nil {
		t.Fatal(err)
	}
	return m.Digest
}

// filled has rows of several families in several tables on disk, and some in memory.
func filled(t *testing.T, d *DB) {
	t.Helper()
	for i := range uint64(30) {
		applied(t, d, func(o *Overlay) {
			for j := range uint64(50) {
				o.Put(rows.EventKey(i, j), []byte(fmt.Sprint("event ", i, j)))
			}
			o.Put(rows.TextKey(rows.FamilyLatest, fmt.Sprint(i)), []byte{byte(i)})
			if i%3 == 2 {
				o.DelRange(rows.EventKey(i-1, 0), rows.EventKey(i, 0))
			}
		})
		if i%10 == 5 {
			if err := d.Flush(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func checksumOf(t *testing.T, d *DB) catalog.Digest {
	t.Helper()
	sum, err := d.Checksum()
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

func closed(t *testing.T, d *DB) {
	t.Helper()
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestLocked: two nodes never work in one folder.
func TestLocked(t *testing.T) {
	dir := t.TempDir()
	first, err := Open(Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Config{Dir: dir}); err == nil || !strings.Contains(err.Error(), "another node") {
		t.Errorf("a second Open said %v", err)
	}
	closed(t, first)
	second, err := Open(Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	closed(t, second)
}

// TestReopen: what was flushed is there again with the index that it stands for, and what was not
// is gone, whole entries each.
func TestReopen(t *testing.T) {
	fs := vfs.NewMem()
	d := opened(t, fs)
	filled(t, d)
	if err := d.Flush(); err != nil {
		t.Fatal(err)
	}
	sum := checksumOf(t, d)
	applied(t, d, func(o *Overlay) { o.Put(rows.EventKey(99, 1), []byte("lost")) })
	if index, err := d.Flushed(); err != nil || index != 30 {
		t.Errorf("flushed up to %d: %v", index, err)
	}
	closed(t, d)
	d = opened(t, fs)
	defer closed(t, d)
	if m, err := d.Meta(); err != nil || m.Index != 30 || checksumOf(t, d) != sum {
		t.Errorf("opened at index %d: %v", m.Index, err)
	}
}

// TestPictureStandsStill: later entries do not show in it.
func TestPictureStandsStill(t *testing.T) {
	d := opened(t, vfs.NewMem())
	defer closed(t, d)
	filled(t, d)
	sum := checksumOf(t, d)
	p := d.Picture()
	applied(t, d, func(o *Overlay) { o.DelRange(rows.EventKey(0, 0), rows.EventKey(30, 0)) })
	if got, err := p.Checksum(); err != nil || got != sum || checksumOf(t, d) == sum {
		t.Errorf("the picture changed, or the database did not: %v", err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}

// TestDigestCoversOrder: the same rows by other entries, or in another order within a family, are
// another digest; the order of families does not count.
func TestDigestCoversOrder(t *testing.T) {
	digest := func(entries ...string) (sum catalog.Digest) {
		d := opened(t, vfs.NewMem())
		defer closed(t, d)
		for _, keys := range entries {
			sum = applied(t, d, func(o *Overlay) {
				for _, k := range strings.Fields(keys) {
					o.Put([]byte(k), []byte("v"))
				}
			})
		}
		return sum
	}
	first := digest("e1 e2 w1")
	if digest("w1 e1 e2") != first {
		t.Error("the order of families counts")
	}
	for _, other := range [][]string{{"e2 e1 w1"}, {"e1 e2", "w1"}, {"e1 e2 w1", ""}, {"e1 e2"}} {
		if digest(other...) == first {
			t.Errorf("%q has the same digest", other)
		}
	}
}

func snapshotOf(t *testing.T, d *DB) []byte {
	t.Helper()
	snap := d.Snapshot(func(f func() error) error { return f() })
	defer snap.Release()
	var b bytes.Buffer
	n, err := snap.WriteTo(&b)
	if err != nil || n != int64(b.Len()) {
		t.Fatalf("wrote %d of %d bytes: %v", n, b.Len(), err)
	}
	return b.Bytes()
}

// restored takes a snapshot over, as fsm does.
func restored(d *DB, snapshot []byte) error {
	if err := d.Receive(bytes.NewReader(snapshot)); err != nil {
		return err
	}
	if err := d.Swap(); err != nil {
		return err
	}
	if err := d.Reopen(); err != nil {
		return err
	}
	return d.RemoveOld()
}

// TestSnapshotIsRestored: with the same rows, digest and index, in place of other rows, and also
// after a restart.
func TestSnapshotIsRestored(t *testing.T) {
	source, fs := opened(t, vfs.NewMem()), vfs.NewMem()
	defer closed(t, source)
	filled(t, source)
	want, sum := snapshotOf(t, source), checksumOf(t, source)
	d := opened(t, fs)
	applied(t, d, func(o *Overlay) { o.Put(rows.EventKey(99, 1), []byte("goes")) })
	if err := restored(d, want); err != nil {
		t.Fatal(err)
	}
	check := func() {
		t.Helper()
		h, err := ReadHeader(bytes.NewReader(want))
		if m, bad := d.Meta(); err != nil || bad != nil || m.Index != 30 || h != (Header{m.Index, m.Digest}) {
			t.Errorf("restored index %d, the header says %+v: %v %v", m.Index, h, err, bad)
		}
		if checksumOf(t, d) != sum {
			t.Error("restored other rows")
		}
		if names, err := fs.List("state"); err != nil || len(names) != 2 {
			t.Errorf("left in the folder: %v %v", names, err)
		}
	}
	check()
	closed(t, d)
	d = opened(t, fs)
	defer closed(t, d)
	check()
}

// TestRestoreRefusesDamage: whatever byte of a snapshot is lost or changed, restoring it fails, and
// the old state is still there and works.
func TestRestoreRefusesDamage(t *testing.T) {
	d := opened(t, vfs.NewMem())
	defer closed(t, d)
	filled(t, d)
	good, sum := snapshotOf(t, d), checksumOf(t, d)
	try := func(b []byte, how string) {
		t.Helper()
		if err := restored(d, b); err == nil {
			t.Fatalf("a snapshot with %s was restored", how)
		}
		if checksumOf(t, d) != sum {
			t.Fatalf("after a snapshot with %s the state changed", how)
		}
	}
	for i := 0; i < len(good); i += 1 + len(good)/97 {
		bad := bytes.Clone(good)
		bad[i] ^= 0x40
		try(bad, fmt.Sprintf("byte %d changed", i))
		try(good[:i], fmt.Sprintf("%d bytes", i))
	}
	huge := bytes.Clone(good)
	huge[10], huge[11] = 0xff, 0xff
	try(huge, "four billion files")
	try(snapshotNamed(good, "../x"), "a file outside")
	applied(t, d, func(o *Overlay) { o.Put(rows.EventKey(99, 1), []byte("still")) })
	if err := restored(d, good); err != nil {
		t.Fatal(err)
	}
	if checksumOf(t, d) != sum {
		t.Error("restored another state")
	}
}

// snapshotNamed is a snapshot whose first file has another name.
func snapshotNamed(good []byte, name string) []byte {
	b := append(bytes.Clone(good[:snapshotHead]), byte(len(name)))
	return append(append(b, name...), good[snapshotHead+1+int(good[snapshotHead]):]...)
}

// TestBrokenOffSwap: a crash before, between and after the renames of a swap leaves the old state
// or the new one, whole, and nothing else in the folder.
func TestBrokenOffSwap(t *testing.T) {
	source := opened(t, vfs.NewMem())
	defer closed(t, source)
	filled(t, source)
	snapshot := snapshotOf(t, source)
	for name, c := range map[string]struct {
		crash func(d *DB) error
		index uint64
	}{
		"built":           {func(d *DB) error { return d.build(bytes.NewReader(snapshot)) }, 1},
		"received":        {func(d *DB) error { return d.Receive(bytes.NewReader(snapshot)) }, 1},
		"live moved away": {func(d *DB) error { return d.dir.move(d.dir.live(), d.dir.old()) }, 1},
		"between the moves": {func(d *DB) error {
			if err := d.Receive(bytes.NewReader(snapshot)); err != nil {
				return err
			}
			return d.dir.move(d.dir.live(), d.dir.old())
		}, 30},
		"swapped": {func(d *DB) error {
			if err := d.Receive(bytes.NewReader(snapshot)); err != nil {
				return err
			}
			return d.Swap()
		}, 30},
	} {
		t.Run(name, func(t *testing.T) {
			fs := vfs.NewCrashableMem()
			d := opened(t, fs)
			applied(t, d, func(o *Overlay) { o.Put(rows.EventKey(1, 1), []byte("old")) })
			if err := d.Flush(); err != nil {
				t.Fatal(err)
			}
			if err := c.crash(d); err != nil {
				t.Fatal(err)
			}
			left := fs.CrashClone(vfs.CrashCloneCfg{})
			found := opened(t, left)
			defer closed(t, found)
			if m, err := found.Meta(); err != nil || m.Index != c.index {
				t.Errorf("found index %d, want %d: %v", m.Index, c.index, err)
			}
			if names, err := left.List("state"); err != nil || len(names) != 2 {
				t.Errorf("left in the folder: %v %v", names, err)
			}
			_ = d.Close() // whose live folder may be elsewhere
		})
	}
}
