package blobs

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/internal/want"
)

// random returns bytes that no two calls with different seeds share.
func random(seed uint64, n int) []byte {
	r, b := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)}), make([]byte, n)
	r.Read(b)
	return b
}

// packed returns an archive with a module of its own, and one that others may have.
func packed(t testing.TB, own string, shared []byte) []byte {
	t.Helper()
	b, err := catalog.Write(catalog.Manifest{
		Format: 1, ABI: 2, Activities: []string{}, Workflows: []catalog.Workflow{{Type: "w", EntryModule: "w", EntryFunction: "run"}},
	}, []catalog.Module{{Name: "w.star", Source: []byte(own)}, {Name: "z.wasm", Source: shared}})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func onDisk(t *testing.T, dir string) (bytes int64, parts int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if filepath.Base(filepath.Dir(path)) == partsDir {
			parts++
		}
		bytes += info.Size()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return bytes, parts
}

// What archives have in common is kept once, as long as one of them is there.
func TestPartsAreKeptOnce(t *testing.T) {
	dir := t.TempDir()
	s := openTestBlobs(t, dir)
	shared := random(1, 300<<10)
	all := map[catalog.Digest][]byte{}
	logical := int64(0)
	for _, own := range []string{"a", "b", "c"} {
		b := packed(t, own, shared)
		all[mustKeep(t, s, b)] = b
		logical += int64(len(b))
	}
	look := func(parts int) {
		t.Helper()
		for d, b := range all {
			if got, err := s.Blob(d); err != nil || !bytes.Equal(got, b) {
				t.Errorf("%s reads as %d bytes, %v", d, len(got), err)
			}
			if n, here := s.size(d); !here || n != int64(len(b)) {
				t.Errorf("%s has %d bytes, %t", d, n, here)
			}
		}
		if disk, n := onDisk(t, dir); n != parts || disk > int64(parts*len(shared))+10_000 {
			t.Errorf("%d archives take %d bytes and %d parts", len(all), disk, n)
		}
		if s.total != logical {
			t.Errorf("counts %d bytes, want %d", s.total, logical)
		}
	}
	look(1)
	s = openTestBlobs(t, dir)
	look(1)
	for d := range all { // again, which changes nothing
		mustKeep(t, s, all[d])
	}
	look(1)
	for len(all) > 0 {
		var named []catalog.Digest
		for d, b := range all {
			if named == nil && len(all) > 1 || len(named) < len(all)-1 {
				named = append(named, d)
				continue
			}
			logical -= int64(len(b))
			delete(all, d)
		}
		s.Sweep(named, 0)
		look(min(1, len(all)))
	}
}

// A part that the disk has changed is found with each archive that has it, and mended by the first
// that comes again.
func TestPartThatIsDamaged(t *testing.T) {
	dir := t.TempDir()
	s := openTestBlobs(t, dir)
	shared := random(2, 200<<10)
	a, b := packed(t, "a", shared), packed(t, "b", shared)
	da, db := mustKeep(t, s, a), mustKeep(t, s, b)
	path := s.partPath(digestOf(shared))
	for _, damage := range []func() error{
		func() error { return os.WriteFile(path, append([]byte{shared[0] ^ 1}, shared[1:]...), 0o600) },
		func() error { return os.Truncate(path, 1000) },
		func() error { return os.Remove(path) },
	} {
		if err := damage(); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Blob(da); !errors.Is(err, ErrNoBlob) {
			t.Fatalf("a damaged archive reads: %v", err)
		}
		mustKeep(t, s, a)
		for d, want := range map[catalog.Digest][]byte{da: a, db: b} {
			if got, err := s.Blob(d); err != nil || !bytes.Equal(got, want) {
				t.Fatalf("after it came again, %s reads as %d bytes, %v", d, len(got), err)
			}
		}
	}
	if s.Damaged() != 3 {
		t.Errorf("%d archives were found damaged", s.Damaged())
	}
}

// An archive that begins like the file of a folded one says nothing about sizes and parts.
func TestArchiveThatLooksFolded(t *testing.T) {
	dir := t.TempDir()
	s := openTestBlobs(t, dir)
	for _, forged := range []string{
		foldedHead + "\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00abcd",
		foldedHead + "\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
		foldedHead + "short",
	} {
		d := mustKeep(t, s, []byte(forged))
		for range 2 {
			if got, err := s.Blob(d); err != nil || string(got) != forged {
				t.Errorf("reads as %q, %v", got, err)
			}
			if n, _ := s.size(d); n != int64(len(forged)) {
				t.Errorf("%q counts as %d bytes", forged, n)
			}
			s = openTestBlobs(t, dir)
		}
	}
}

// A part that cannot be read now is no damage: the archive stays.
func TestPartThatCannotBeRead(t *testing.T) {
	s := openTestBlobs(t, t.TempDir())
	shared := random(6, 150<<10)
	d := mustKeep(t, s, packed(t, "a", shared))
	path := s.partPath(digestOf(shared))
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o700); err != nil { // reading a folder fails, and not because it is not there
		t.Fatal(err)
	}
	if _, err := s.Blob(d); err == nil || errors.Is(err, ErrNoBlob) || s.Damaged() != 0 {
		t.Errorf("%v, %d damaged", err, s.Damaged())
	}
}

func TestPartsAfterACrash(t *testing.T) {
	dir := t.TempDir()
	s := openTestBlobs(t, dir)
	mustKeep(t, s, packed(t, "a", random(3, 200<<10)))
	left, half := s.partPath(digestOf([]byte("left"))), s.partPath(digestOf([]byte("half")))+"-7"+tempSuffix
	for _, path := range []string{left, half} {
		if err := os.WriteFile(path, []byte("left"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s = openTestBlobs(t, dir)
	if _, parts := onDisk(t, dir); parts != 1 {
		t.Errorf("%d parts are left", parts)
	}
	for _, d := range s.List() {
		if _, err := s.Blob(d); err != nil {
			t.Error(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, partsDir, "holiday.jpg"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := OpenStore(StoreConfig{Dir: dir})
	want.Error(t, err, "holiday.jpg")
}

// Archives with one part in common come and go at the same time: what is there can be read.
func TestPartsAndSweepAtTheSameTime(t *testing.T) {
	s := openTestBlobs(t, t.TempDir())
	shared := random(4, 150<<10)
	var puts, sweeper sync.WaitGroup
	stop := make(chan struct{})
	sweeper.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				s.Sweep(nil, 0)
			}
		}
	})
	for _, own := range []string{"a", "b", "c", "d"} {
		puts.Go(func() {
			archive := packed(t, own, shared)
			for range 40 {
				d, err := keep(t, s, archive)
				if err != nil {
					t.Error(err)
				}
				if b, err := s.Blob(d); err == nil && !bytes.Equal(b, archive) || err != nil && !errors.Is(err, ErrNoBlob) {
					t.Errorf("got %d bytes, %v", len(b), err)
				}
			}
		})
	}
	puts.Wait()
	close(stop)
	sweeper.Wait()
	s.Sweep(nil, 0)
	if s.total != 0 || len(s.parts) != 0 || s.Damaged() != 0 {
		t.Errorf("%d bytes and %d parts are left, and %d archives were damaged", s.total, len(s.parts), s.Damaged())
	}
	if disk, parts := onDisk(t, s.cfg.Dir); disk != 0 || parts != 0 {
		t.Errorf("%d bytes in %d parts are left", disk, parts)
	}
	mustKeep(t, s, packed(t, "a", shared))
	if swept := s.Sweep(nil, time.Hour); len(swept) != 0 {
		t.Errorf("swept %v", swept)
	}
}

// FuzzFolded: whatever the bytes are, what is kept is what is read; and whatever a disk makes of a
// file, reading it ends.
func FuzzFolded(f *testing.F) {
	whole := packed(f, "a", random(5, partBytes))
	f.Add(whole, uint16(0), byte(0))
	f.Add(whole, uint16(len(whole)-40), byte(7))
	f.Add([]byte(foldedHead+"\x00\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00\x00abcd"), uint16(20), byte(1))
	f.Fuzz(func(t *testing.T, archive []byte, at uint16, flip byte) {
		s := openTestBlobs(t, t.TempDir())
		d := mustKeep(t, s, archive)
		if got, err := s.Blob(d); err != nil || !bytes.Equal(got, archive) {
			t.Fatalf("got %d bytes, %v", len(got), err)
		}
		file, err := os.ReadFile(s.path(d))
		if err != nil || len(file) == 0 || flip == 0 {
			return
		}
		file[int(at)%len(file)] ^= flip
		if err := os.WriteFile(s.path(d), file, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Blob(d); !errors.Is(err, ErrNoBlob) {
			t.Fatalf("a changed file reads: %v", err)
		}
	})
}

// As long as a node may go back to an older build, its archives are files that one can read.
func TestNothingIsFoldedTooEarly(t *testing.T) {
	dir, folds := t.TempDir(), false
	s, err := OpenStore(StoreConfig{Dir: dir, Folds: func() bool { return folds }})
	if err != nil {
		t.Fatal(err)
	}
	shared := random(6, 200<<10)
	early := mustKeep(t, s, packed(t, "a", shared))
	if _, parts := onDisk(t, dir); parts != 0 {
		t.Errorf("%d parts are there", parts)
	}
	folds = true
	late := mustKeep(t, s, packed(t, "b", shared))
	if _, parts := onDisk(t, dir); parts != 1 {
		t.Errorf("%d parts are there", parts)
	}
	for _, d := range []catalog.Digest{early, late} {
		if _, err := s.Blob(d); err != nil {
			t.Error(err)
		}
	}
}
