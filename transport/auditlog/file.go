package auditlog

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// file is the file that is written.
type file struct {
	*os.File
	size int64
}

// openFile opens a file for appending. A last line that is not whole, because the disk was full or
// the power went, is ended, so that it spoils no other.
func openFile(path string) (*file, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no file", path)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	o := &file{f, info.Size()}
	if err := o.endLine(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return o, nil
}

func (f *file) endLine() error {
	if f.size == 0 {
		return nil
	}
	last := []byte{0}
	if _, err := f.ReadAt(last, f.size-1); err != nil {
		return err
	}
	if last[0] == '\n' {
		return nil
	}
	n, err := f.Write([]byte{'\n'})
	f.size += int64(n)
	return err
}

// append writes a line. Of a line that was written in part nothing stays.
func (f *file) append(b []byte) error {
	n, err := f.Write(b)
	if err == nil {
		f.size += int64(n)
		return nil
	}
	if n > 0 {
		if cut := f.Truncate(f.size); cut != nil {
			f.size += int64(n)
			return errors.Join(err, cut, f.endLine())
		}
	}
	return err
}

// stamp is what is appended to the name of a file when a new one is begun. Its order is that of
// time.
const stamp = "20060102T150405.000000Z"

// rotate begins a new file if the present one has no room for n more bytes.
func (l *Log) rotate(n int64) error {
	if l.cfg.Bytes == 0 || l.file.size == 0 || l.file.size+n <= l.cfg.Bytes {
		return nil
	}
	if err := os.Rename(l.cfg.Path, l.cfg.Path+"."+time.Now().UTC().Format(stamp)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := l.reopen(); err != nil {
		return err
	}
	return l.prune()
}

// reopen goes on with the file that has the configured name now.
func (l *Log) reopen() error {
	next, err := openFile(l.cfg.Path)
	if err != nil {
		return err
	}
	if l.file != nil {
		if err := errors.Join(l.file.Sync(), l.file.Close()); err != nil {
			l.log.Error("the audit file before was not closed well", "error", err)
		}
	}
	l.file = next
	return nil
}

// reopenMoved is reopen if somebody has moved or removed the file.
func (l *Log) reopenMoved() error {
	if l.file == nil {
		return nil
	}
	mine, err := l.file.Stat()
	if err != nil {
		return err
	}
	if named, err := os.Stat(l.cfg.Path); err == nil && os.SameFile(mine, named) {
		return nil
	}
	return l.reopen()
}

// prune removes the oldest files beyond those to keep, of those that this package began.
func (l *Log) prune() error {
	old, err := filepath.Glob(escape(l.cfg.Path) + ".2*Z")
	if err != nil {
		return err
	}
	slices.Sort(old)
	for _, path := range old[:max(0, len(old)-l.cfg.Keep)] {
		if l.sender.lacks(path) {
			l.log.Error("an audit file is removed that the webhook has not got whole", "file", path)
			l.metrics.unsent.Inc()
		}
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	return nil
}

// escape makes a pattern of a path that matches just it.
func escape(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}
