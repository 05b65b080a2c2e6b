//go:build linux

package power

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// disk is a folder and its watch.
type disk struct {
	t    testing.TB
	root string
	data string
	w    *Watch
}

func newDisk(t testing.TB) *disk {
	t.Helper()
	root := t.TempDir()
	d := &disk{t: t, root: root, data: filepath.Join(root, "data")}
	if err := os.Mkdir(d.data, 0o755); err != nil {
		t.Fatal(err)
	}
	d.start()
	return d
}

func (d *disk) start() {
	d.t.Helper()
	w, err := Open(filepath.Join(d.root, "power"))
	if err != nil {
		d.t.Fatal(err)
	}
	d.w = w
}

// lose is the kill, the loss, and a new start.
func (d *disk) lose(how Loss) Lost {
	d.t.Helper()
	d.w.journal.Close()
	lost, err := Lose(filepath.Join(d.root, "power"), d.root, how)
	if err != nil {
		d.t.Fatal(err)
	}
	d.start()
	return lost
}

func (d *disk) path(name string) string { return filepath.Join(d.data, name) }

func (d *disk) create(name string) *os.File {
	d.t.Helper()
	var f *os.File
	d.must(d.w.Create(d.path(name), func() (err error) {
		f, err = os.OpenFile(d.path(name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		return err
	}))
	return f
}

func (d *disk) write(f *os.File, at int64, b []byte) {
	d.t.Helper()
	d.must(d.w.Write(f.Fd(), at, len(b)))
	var err error
	if at < 0 {
		_, err = f.Write(b)
	} else {
		_, err = f.WriteAt(b, at)
	}
	d.must(err)
}

func (d *disk) sync(f *os.File) { d.t.Helper(); d.must(d.w.Sync(f.Fd(), func() error { return nil })) }

func (d *disk) syncFolder(name string) {
	d.t.Helper()
	d.must(d.w.SyncFolder(d.path(name), func() error { return nil }))
}

func (d *disk) rename(from, to string) {
	d.t.Helper()
	d.must(d.w.Rename(d.path(from), d.path(to), func() error { return os.Rename(d.path(from), d.path(to)) }))
}

func (d *disk) must(err error) {
	if err != nil {
		d.t.Helper()
		d.t.Fatal(err)
	}
}

// holds compares the data folder: files with their contents, folders with a slash.
func (d *disk) holds() map[string]string {
	d.t.Helper()
	all := map[string]string{}
	d.must(filepath.WalkDir(d.data, func(path string, e fs.DirEntry, err error) error {
		if err != nil || path == d.data {
			return err
		}
		name, _ := filepath.Rel(d.data, path)
		if e.IsDir() {
			all[name+"/"] = ""
			return nil
		}
		b, err := os.ReadFile(path)
		all[name] = string(b)
		return err
	}))
	return all
}

func TestWhatWasNotSyncedIsLost(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(d *disk)
		want string
	}{
		{"nothing was done", func(d *disk) {}, "map[]"},
		{"a file whose folder was not synced", func(d *disk) { f := d.create("a"); d.write(f, -1, []byte("x")); d.sync(f) }, "map[]"},
		{"a file that was not synced", func(d *disk) { f := d.create("a"); d.write(f, -1, []byte("x")); d.syncFolder("") }, "map[a:]"},
		{"both were", func(d *disk) { f := d.create("a"); d.write(f, -1, []byte("x")); d.sync(f); d.syncFolder("") }, "map[a:x]"},
		{"an end", func(d *disk) {
			f := d.create("a")
			d.write(f, -1, []byte("xy"))
			d.sync(f)
			d.syncFolder("")
			d.write(f, -1, []byte("z"))
			d.write(f, 0, []byte("vvvv"))
		}, "map[a:xy]"},
		{"an archive that only got its name", func(d *disk) {
			f := d.create("a.tmp")
			d.write(f, -1, []byte("x"))
			d.rename("a.tmp", "a")
			d.syncFolder("")
		}, "map[a:]"},
		{"an archive that only got its bytes", func(d *disk) { f := d.create("a.tmp"); d.write(f, -1, []byte("x")); d.sync(f); d.rename("a.tmp", "a") }, "map[]"},
		{"a rename over another", func(d *disk) {
			for _, name := range []string{"a", "b"} {
				f := d.create(name)
				d.write(f, -1, []byte(name))
				d.sync(f)
			}
			d.syncFolder("")
			d.rename("a", "b")
		}, "map[a:a b:b]"},
		{"a removal", func(d *disk) {
			f := d.create("a")
			d.write(f, -1, []byte("x"))
			d.sync(f)
			d.syncFolder("")
			d.must(d.w.Remove(d.path("a")))
			d.create("a")
		}, "map[a:x]"},
		{"a removal that was synced", func(d *disk) { d.create("a"); d.must(d.w.Remove(d.path("a"))); d.syncFolder("") }, "map[]"},
		{"a removed folder", func(d *disk) {
			d.must(d.w.MkdirAll(d.path("f/g"), 0o755))
			d.create("f/g/a")
			d.syncFolder("")
			d.syncFolder("f")
			d.syncFolder("f/g")
			d.must(d.w.RemoveAll(d.path("f")))
		}, "map[f/: f/g/: f/g/a:]"},
		{"a folder that was renamed with what was made in it since", func(d *disk) {
			d.must(d.w.MkdirAll(d.path("f"), 0o755))
			d.syncFolder("")
			d.create("f/kept")
			d.syncFolder("f")
			d.rename("f", "g")
			d.create("g/lost")
		}, "map[f/: f/kept:]"},
		{"a rename that failed", func(d *disk) {
			d.create("a")
			d.syncFolder("")
			if err := d.w.Rename(d.path("no"), d.path("a"), func() error { return os.Rename(d.path("no"), d.path("a")) }); err == nil {
				d.t.Error("there is no such file")
			}
		}, "map[a:]"},
		{"a sync that failed", func(d *disk) {
			f := d.create("a")
			d.syncFolder("")
			d.write(f, -1, []byte("x"))
			broken := errors.New("EIO")
			if err := d.w.Sync(f.Fd(), func() error { return broken }); err != broken {
				d.t.Error(err)
			}
		}, "map[a:]"},
		{"a file that had grown", func(d *disk) {
			f := d.create("a")
			d.syncFolder("")
			d.must(f.Truncate(9))
			d.must(d.w.Grown(f.Fd(), 0))
		}, "map[a:]"},
		{"what the process before had not synced", func(d *disk) {
			f := d.create("a")
			d.syncFolder("")
			d.write(f, -1, []byte("x"))
			d.w.journal.Close()
			d.start()
			d.create("b")
		}, "map[a:]"},
		{"what it had, and this one has synced", func(d *disk) {
			f := d.create("a")
			d.write(f, -1, []byte("x"))
			d.w.journal.Close()
			d.start()
			d.sync(f)
			d.syncFolder("")
		}, "map[a:x]"},
		{"a journal whose last line was torn", func(d *disk) {
			d.create("a")
			d.syncFolder("")
			_, err := d.w.journal.WriteString(`{"seq":9,"do":"cre`)
			d.must(err)
		}, "map[a:]"},
		{"a folder that somebody has emptied", func(d *disk) {
			d.must(d.w.MkdirAll(d.path("f"), 0o755))
			f := d.create("f/a")
			d.write(f, -1, []byte("x"))
			d.must(os.RemoveAll(d.path("f")))
		}, "map[]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDisk(t)
			c.do(d)
			d.lose(Loss{All: true})
			if got := fmt.Sprint(d.holds()); got != c.want {
				t.Errorf("there is %s, want %s", got, c.want)
			}
			if d.lose(Loss{All: true}); fmt.Sprint(d.holds()) != c.want {
				t.Error("a second loss took more")
			}
		})
	}
}

// TestSyncedBytesStay loses power at every point of a file's life, with every random outcome. Each
// byte has its value at the last sync, or one written to its place since, or zero where the file
// has grown; and the file has at least the synced length.
func TestSyncedBytesStay(t *testing.T) {
	kinds := map[string]int{}
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 1))
		d := newDisk(t)
		f := d.create("a")
		d.syncFolder("")
		var now, last []byte
		might := map[int][]byte{} // what each position has held since the last sync
		for range 1 + r.IntN(12) {
			b := make([]byte, r.IntN(3000))
			for i := range b {
				b[i] = byte(1 + r.IntN(255))
			}
			at := len(now)
			if r.IntN(3) == 0 && len(now) > 0 {
				at = r.IntN(len(now))
			}
			d.write(f, int64(at), b)
			for i, c := range b {
				if at+i == len(now) {
					now = append(now, c)
				}
				now[at+i] = c
				might[at+i] = append(might[at+i], c)
			}
			if r.IntN(4) == 0 {
				d.sync(f)
				last, might = bytes.Clone(now), map[int][]byte{}
			}
		}
		lost := d.lose(Loss{Seed: seed, All: seed%5 == 0})
		got, err := os.ReadFile(d.path("a"))
		if err != nil {
			t.Fatal(err)
		}
		if len(got) < len(last) || len(got) > len(now) {
			t.Fatalf("seed %d: %d bytes, of %d synced and %d written", seed, len(got), len(last), len(now))
		}
		for i, c := range got {
			switch {
			case i < len(last) && c == last[i], i >= len(last) && c == 0, bytes.IndexByte(might[i], c) >= 0:
			default:
				t.Fatalf("seed %d: byte %d was never %d", seed, i, c)
			}
		}
		switch {
		case lost.Writes == 0:
			kinds["nothing was unsynced"]++
		case bytes.Equal(got, last):
			kinds["all lost"]++
		case bytes.Equal(got, now):
			kinds["all kept"]++
		default:
			kinds["torn"]++
		}
		f.Close()
	}
	if len(kinds) != 4 {
		t.Errorf("what came of it: %v", kinds)
	}
}

// TestNamesKeepTheirOrder: of a folder's unsynced changes, the first ones survive.
func TestNamesKeepTheirOrder(t *testing.T) {
	seen := map[int]bool{}
	for seed := range uint64(60) {
		d := newDisk(t)
		for i := range 5 {
			d.create(fmt.Sprint(i)).Close()
		}
		d.lose(Loss{Seed: seed})
		got := d.holds()
		for i := range len(got) {
			if _, ok := got[fmt.Sprint(i)]; !ok {
				t.Fatalf("seed %d: %v", seed, got)
			}
		}
		seen[len(got)] = true
	}
	if len(seen) != 6 {
		t.Errorf("numbers of names: %v", seen)
	}
}
