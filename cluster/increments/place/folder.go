package place

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"aion.dev/aion/cluster/durable"
	"aion.dev/aion/cluster/increments"
)

// folder keeps each object in a file.
type folder struct{ dir string }

func openFolder(dir string) (increments.Store, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%s is a file, and increments are kept in a folder", dir)
	}
	return &folder{dir}, nil
}

func (f *folder) path(name string) string { return filepath.Join(f.dir, filepath.FromSlash(name)) }

// unfinished ends the names of files that are being written. Each has a name of its own: two
// writers may write the same block.
const unfinished = ".unfinished"

// Put implements increments.Store.
func (f *folder) Put(_ context.Context, name string, content []byte) error {
	path := f.path(name)
	// The folder itself is not made: if its disk is not mounted, nothing must be written beside.
	if err := f.makeFolders(filepath.Dir(path)); err != nil {
		return err
	}
	temporary := fmt.Sprintf("%s.%016x%s", path, rand.Uint64(), unfinished)
	if err := write(temporary, content); err != nil {
		return errors.Join(err, remove(temporary))
	}
	if err := os.Rename(temporary, path); err != nil {
		return errors.Join(err, remove(temporary))
	}
	return durable.SyncFolder(filepath.Dir(path))
}

// makeFolders makes the folders of an object durable, from the outermost on.
func (f *folder) makeFolders(dir string) error {
	if dir == filepath.Clean(f.dir) {
		return nil
	}
	if err := f.makeFolders(filepath.Dir(dir)); err != nil {
		return err
	}
	err := os.Mkdir(dir, 0o700)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err == nil {
		err = durable.SyncFolder(filepath.Dir(dir))
	}
	return err
}

func write(path string, content []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Get implements increments.Store.
func (f *folder) Get(_ context.Context, name string) ([]byte, error) {
	b, err := os.ReadFile(f.path(name))
	return b, absent(name, err)
}

// Stat implements increments.Store.
func (f *folder) Stat(_ context.Context, name string) (increments.Object, error) {
	info, err := os.Stat(f.path(name))
	if err != nil {
		return increments.Object{}, absent(name, err)
	}
	return increments.Object{Name: name, Bytes: info.Size(), At: info.ModTime()}, nil
}

func absent(name string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return &increments.None{Name: name}
	}
	return err
}

// List implements increments.Store. What a killed writer has left is not in it; old ones are
// removed.
func (f *folder) List(ctx context.Context, prefix string) iter.Seq2[increments.Object, error] {
	return func(yield func(increments.Object, error) bool) {
		err := filepath.WalkDir(f.path(prefix), func(path string, d fs.DirEntry, err error) error {
			switch {
			case errors.Is(err, fs.ErrNotExist):
				// Removed meanwhile, or nothing was ever stored; but the store's own folder has to
				// be there: without its disk it is not an empty store.
				_, err := os.Stat(f.dir)
				return err
			case err != nil:
				return err
			case ctx.Err() != nil:
				return ctx.Err()
			case d.IsDir():
				return nil
			}
			info, err := d.Info()
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil {
				return err
			}
			if strings.HasSuffix(path, unfinished) {
				return f.clear(path, info)
			}
			name, err := filepath.Rel(f.dir, path)
			if err == nil && !yield(increments.Object{Name: filepath.ToSlash(name), Bytes: info.Size(), At: info.ModTime()}, nil) {
				err = fs.SkipAll
			}
			return err
		})
		if err != nil {
			yield(increments.Object{}, err)
		}
	}
}

// clear removes an unfinished file that no writer can be at any more.
func (f *folder) clear(path string, info fs.FileInfo) error {
	now, err := os.Stat(f.path("clock/now"))
	if err != nil || now.ModTime().Sub(info.ModTime()) < increments.Grace {
		return nil
	}
	return remove(path)
}

// Remove implements increments.Store.
func (f *folder) Remove(_ context.Context, name string) error { return remove(f.path(name)) }
