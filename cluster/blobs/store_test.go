package blobs

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/internal/want"
)

func openTestBlobs(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := OpenStore(StoreConfig{Dir: dir, MaxBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func digestOf(b []byte) catalog.Digest { return sha256.Sum256(b) }

// keep stores bytes as a Put does on the node that was asked.
func keep(t testing.TB, s *Store, archive []byte) (catalog.Digest, error) {
	d := digestOf(archive)
	return d, s.KeepBlob(t.Context(), d, bytes.NewReader(archive))
}

func mustKeep(t testing.TB, s *Store, archive []byte) catalog.Digest {
	t.Helper()
	d, err := keep(t, s, archive)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestBlobStoreKeepsAcrossReopening(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "blobs")
	s := openTestBlobs(t, dir)
	want := [][]byte{[]byte("one"), {}, bytes.Repeat([]byte("x"), 1<<20)}
	for _, b := range want {
		if d := mustKeep(t, s, b); d != digestOf(b) {
			t.Fatalf("kept under %s", d)
		}
	}
	for range 2 {
		for _, b := range want {
			if got, err := s.Blob(digestOf(b)); err != nil || !bytes.Equal(got, b) {
				t.Fatalf("%d bytes came back as %d, %v", len(b), len(got), err)
			}
		}
		if n := len(s.List()); n != len(want) {
			t.Fatalf("lists %d blobs", n)
		}
		s = openTestBlobs(t, dir)
	}
	if _, err := s.Blob(digestOf([]byte("never put"))); !errors.Is(err, ErrNoBlob) {
		t.Fatalf("got %v", err)
	}
}

func TestBlobStoreRefusesWrongAndTooLarge(t *testing.T) {
	dir := t.TempDir()
	s := openTestBlobs(t, dir)
	var bad *BadBlob
	if err := s.KeepBlob(t.Context(), digestOf([]byte("a")), strings.NewReader("b")); !errors.As(err, &bad) || bad.Got != digestOf([]byte("b")) {
		t.Errorf("bytes under another's name: %v", err)
	}
	var large *catalog.PackageTooLarge
	if _, err := keep(t, s, make([]byte, 1<<20+1)); !errors.As(err, &large) || large.Limit != 1<<20 {
		t.Errorf("too large: %v", err)
	}
	if err := s.KeepBlob(t.Context(), digestOf([]byte("ab")), io.MultiReader(strings.NewReader("a"), &failingReader{})); err == nil {
		t.Error("kept a blob whose sender vanished")
	}
	full, err := OpenStore(StoreConfig{Dir: t.TempDir(), MaxTotal: 5})
	if err != nil {
		t.Fatal(err)
	}
	mustKeep(t, full, []byte("abc"))
	mustKeep(t, full, []byte("abc")) // counts once
	_, err = keep(t, full, []byte("def"))
	want.Error(t, err, "6 bytes", "more than 5")
	for _, dir := range []string{dir, full.cfg.Dir} {
		if files, _ := filepath.Glob(filepath.Join(dir, "*"+tempSuffix)); len(files) > 0 {
			t.Errorf("refused blobs left %v behind", files)
		}
	}
	if len(s.List()) != 0 {
		t.Errorf("keeps %v", s.List())
	}
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, errors.New("disk on fire") }

func TestBlobStoreSweepsHalfWrittenAndRefusesStrangers(t *testing.T) {
	dir := t.TempDir()
	s := openTestBlobs(t, dir)
	d := mustKeep(t, s, []byte("whole"))
	half := filepath.Join(dir, digestOf([]byte("half")).String()+"-7"+tempSuffix)
	if err := os.WriteFile(half, []byte("ha"), 0o600); err != nil {
		t.Fatal(err)
	}
	s = openTestBlobs(t, dir)
	if _, err := os.Stat(half); !os.IsNotExist(err) {
		t.Errorf("a half-written file is still there: %v", err)
	}
	if l := s.List(); len(l) != 1 || l[0] != d {
		t.Errorf("lists %v", l)
	}
	if err := os.WriteFile(filepath.Join(dir, "holiday.jpg"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := OpenStore(StoreConfig{Dir: dir})
	want.Error(t, err, "holiday.jpg")
}

func TestBlobStoreDetectsAFlippedBit(t *testing.T) {
	dir := t.TempDir()
	s := openTestBlobs(t, dir)
	archive := []byte("an archive of some bytes")
	d := mustKeep(t, s, archive)
	flipBit(t, s, d)
	if _, err := s.Blob(d); !errors.Is(err, ErrNoBlob) {
		t.Fatalf("a corrupt blob was answered: %v", err)
	}
	if s.Has(d) {
		t.Fatal("a corrupt blob counts as present")
	}
	if _, err := os.Stat(s.path(d) + badSuffix); err != nil {
		t.Errorf("the corrupt file is not in quarantine: %v", err)
	}
	// Putting the archive again repairs it, even if nobody has read the rotten file yet.
	mustKeep(t, s, archive)
	flipBit(t, s, d)
	mustKeep(t, s, archive)
	if b, err := s.Blob(d); err != nil || !bytes.Equal(b, archive) {
		t.Fatalf("got %q, %v", b, err)
	}
	if s = openTestBlobs(t, dir); len(s.List()) != 1 {
		t.Fatalf("quarantined files count as blobs: %v", s.List())
	}
}

func flipBit(t *testing.T, s *Store, d catalog.Digest) {
	t.Helper()
	b, err := os.ReadFile(s.path(d))
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.WriteFile(s.path(d), b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestSweepTakesOnlyWhatNothingNamedForAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openTestBlobs(t, t.TempDir())
		named, unnamed, refreshed := mustKeep(t, s, []byte("named")), mustKeep(t, s, []byte("unnamed")), mustKeep(t, s, []byte("refreshed"))
		time.Sleep(keepUnnamed - time.Second) // the bubble's clock
		mustKeep(t, s, []byte("refreshed"))
		if swept := s.Sweep([]catalog.Digest{named}, keepUnnamed); len(swept) != 0 {
			t.Fatalf("swept %v before their hour", swept)
		}
		time.Sleep(time.Second)
		if swept := s.Sweep([]catalog.Digest{named}, keepUnnamed); len(swept) != 1 || swept[0] != unnamed {
			t.Fatalf("swept %v, want only %s", swept, unnamed)
		}
		if s.Has(unnamed) || !s.Has(named) || !s.Has(refreshed) {
			t.Fatal("the wrong blobs are left")
		}
		// Everything named until now has an hour from now.
		time.Sleep(keepUnnamed - time.Second)
		if swept := s.Sweep(nil, keepUnnamed); len(swept) != 1 || swept[0] != refreshed {
			t.Fatalf("swept %v, want only %s", swept, refreshed)
		}
		time.Sleep(time.Second)
		if swept := s.Sweep(nil, keepUnnamed); len(swept) != 1 || swept[0] != named {
			t.Fatalf("swept %v, want only %s", swept, named)
		}
	})
}

// The sweeper here keeps nothing unnamed for any time, so puts and reads meet it at every point:
// the index and the files still agree.
func TestPutAndSweepAtTheSameTime(t *testing.T) {
	s := openTestBlobs(t, t.TempDir())
	archive := []byte("contended")
	d := digestOf(archive)
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
	for range 8 {
		puts.Go(func() {
			for range 50 {
				if _, err := keep(t, s, archive); err != nil {
					t.Error(err)
				}
				if b, err := s.Blob(d); err == nil && !bytes.Equal(b, archive) || err != nil && !errors.Is(err, ErrNoBlob) {
					t.Errorf("got %q, %v", b, err)
				}
			}
		})
	}
	puts.Wait()
	close(stop)
	sweeper.Wait()
	mustKeep(t, s, archive)
	if swept := s.Sweep(nil, time.Hour); len(swept) != 0 {
		t.Fatalf("swept a fresh put: %v", swept)
	}
	if _, err := s.Blob(d); err != nil {
		t.Fatal(err)
	}
	if s.total != int64(len(archive)) {
		t.Fatalf("counts %d bytes", s.total)
	}
}
