package place

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"aion.dev/aion/cluster/increments"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// stores opens a store of each kind. away takes it away.
func stores(t *testing.T) map[string]func() (s increments.Store, away func()) {
	return map[string]func() (increments.Store, func()){
		"folder": func() (increments.Store, func()) {
			dir := filepath.Join(t.TempDir(), "store")
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			return opened(t, dir, nil), func() { os.RemoveAll(dir) }
		},
		"bucket": func() (increments.Store, func()) {
			backend := s3mem.New()
			if err := backend.CreateBucket("backups"); err != nil {
				t.Fatal(err)
			}
			server := httptest.NewServer(gofakes3.New(backend).Server())
			t.Cleanup(server.Close)
			t.Setenv("AWS_ACCESS_KEY_ID", "somebody")
			t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
			return opened(t, "s3://backups/of/aion?region=us-east-1", map[string]string{"AWS_ENDPOINT_URL": server.URL}), server.Close
		},
	}
}

func opened(t *testing.T, target string, environ map[string]string) increments.Store {
	t.Helper()
	s, err := Open(t.Context(), target, func(name string) string { return environ[name] })
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func list(ctx context.Context, s increments.Store, prefix string) (names []string, err error) {
	for o, err := range s.List(ctx, prefix) {
		if err != nil {
			return nil, err
		}
		names = append(names, fmt.Sprintf("%s:%d", o.Name, o.Bytes))
	}
	slices.Sort(names)
	return names, nil
}

// TestStores holds each kind of store to what increments relies upon.
func TestStores(t *testing.T) {
	for kind, open := range stores(t) {
		t.Run(kind, func(t *testing.T) {
			s, _ := open()
			ctx := t.Context()
			if names, err := list(ctx, s, "blocks/"); err != nil || len(names) > 0 {
				t.Errorf("an empty store lists %v, %v", names, err)
			}
			large := bytes.Repeat([]byte("0123456789abcdef"), 1<<18)
			for name, content := range map[string][]byte{"blocks/ab/abcd.12": large, "blocks/ab/abce.12": []byte("ce"), "blocks/cd/cd.1": []byte("c"), "manifests/m.json": []byte("m"), "blocksy/x": []byte("x")} {
				if err := s.Put(ctx, name, content); err != nil {
					t.Fatal(err)
				}
			}
			if names, err := list(ctx, s, "blocks/"); err != nil || fmt.Sprint(names) != "[blocks/ab/abcd.12:4194304 blocks/ab/abce.12:2 blocks/cd/cd.1:1]" {
				t.Errorf("it lists %v, %v", names, err)
			}
			if got, err := s.Get(ctx, "blocks/ab/abcd.12"); err != nil || !bytes.Equal(got, large) {
				t.Errorf("it has %d bytes, %v", len(got), err)
			}
			if err := s.Put(ctx, "manifests/m.json", []byte("another")); err != nil {
				t.Error(err)
			}
			if got, err := s.Get(ctx, "manifests/m.json"); err != nil || string(got) != "another" {
				t.Errorf("in its place there is %q, %v", got, err)
			}
			if o, err := s.Stat(ctx, "manifests/m.json"); err != nil || o.Bytes != 7 || time.Since(o.At).Abs() > time.Hour {
				t.Errorf("it is %+v, %v", o, err)
			}
			for range 2 {
				if err := s.Remove(ctx, "manifests/m.json"); err != nil {
					t.Error(err)
				}
			}
			_, err := s.Get(ctx, "manifests/m.json")
			_, missing := s.Stat(ctx, "manifests/m.json")
			if !errors.As(err, new(*increments.None)) || !errors.As(missing, new(*increments.None)) {
				t.Errorf("of what was removed it says %v and %v", err, missing)
			}
			var all sync.WaitGroup
			for range 8 { // whoever is the last, it is whole
				all.Go(func() {
					if err := s.Put(ctx, "blocks/ee/ee.1", large); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			if o, err := s.Stat(ctx, "blocks/ee/ee.1"); err != nil || o.Bytes != int64(len(large)) {
				t.Errorf("after several wrote it, it is %+v, %v", o, err)
			}
		})
	}
}

// TestAStoreThatIsAway says so: it is not an empty store, and nothing is made in its place.
func TestAStoreThatIsAway(t *testing.T) {
	for kind, open := range stores(t) {
		t.Run(kind, func(t *testing.T) {
			s, away := open()
			away()
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second) // the library asks ten times
			defer cancel()
			if names, err := list(ctx, s, "manifests/"); err == nil {
				t.Errorf("it lists %v", names)
			}
			if err := s.Put(ctx, "blocks/ab/ab.1", []byte("x")); err == nil {
				t.Error("it takes an object")
			}
			if _, err := s.Get(ctx, "blocks/ab/ab.1"); err == nil {
				t.Error("it has an object")
			}
		})
	}
}

// TestTargets refuses what cannot be meant.
func TestTargets(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{"s3://", "s3:///prefix", "s3://who@bucket/x", "s3://bucket/x?endpiont=a", file, file + "-absent"} {
		if _, err := Open(t.Context(), target, func(string) string { return "" }); err == nil {
			t.Errorf("%s is taken", target)
		}
	}
}

// TestUnfinishedFiles are neither listed, nor removed while their writer may be at them.
func TestUnfinishedFiles(t *testing.T) {
	dir := t.TempDir()
	s := opened(t, dir, nil)
	for _, name := range []string{"clock/now", "blocks/ab/ab.1"} {
		if err := s.Put(t.Context(), name, []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	young, old := filepath.Join(dir, "blocks/ab/y"+unfinished), filepath.Join(dir, "blocks/ab/o"+unfinished)
	for path, at := range map[string]time.Time{young: time.Now(), old: time.Now().Add(-2 * increments.Grace)} {
		if err := errors.Join(os.WriteFile(path, []byte("half"), 0o600), os.Chtimes(path, at, at)); err != nil {
			t.Fatal(err)
		}
	}
	if names, err := list(t.Context(), s, "blocks/"); err != nil || fmt.Sprint(names) != "[blocks/ab/ab.1:1]" {
		t.Errorf("it lists %v, %v", names, err)
	}
	_, errYoung := os.Stat(young)
	_, errOld := os.Stat(old)
	if errYoung != nil || errOld == nil {
		t.Errorf("of the young one it says %v, of the old one %v", errYoung, errOld)
	}
}
