package increments

import (
	"context"
	"errors"
	"fmt"
	"io"

	"aion.dev/aion/catalog"
	"aion.dev/aion/cluster/backup"
)

// Open returns the file of a backup: the bytes that the node streamed, made anew from blocks, each
// of which is checked. It can be read again from its beginning (Seek to 0), and not elsewhere. The
// caller closes it.
func Open(ctx context.Context, s Store, m *Manifest) *File {
	return &File{ctx: ctx, from: &source{ctx, s, m}}
}

// File implements io.ReadSeeker.
type File struct {
	ctx  context.Context
	from *source
	read *io.PipeReader // nil before the first Read
	over chan struct{}
}

// Size is how many bytes it has.
func (f *File) Size() (int64, error) { return f.from.m.Header.Size() }

// Read implements io.Reader.
func (f *File) Read(b []byte) (int, error) {
	if f.read == nil {
		r, w := io.Pipe()
		over := make(chan struct{})
		f.read, f.over = r, over
		go func() {
			defer close(over)
			w.CloseWithError(backup.Write(f.ctx, w, f.from.m.Header, f.from, 0))
		}()
	}
	return f.read.Read(b)
}

// Seek implements io.Seeker, for the beginning alone.
func (f *File) Seek(offset int64, whence int) (int64, error) {
	if offset != 0 || whence != io.SeekStart {
		return 0, errors.New("a backup of increments is read from its beginning")
	}
	return 0, f.Close()
}

// Close ends reading.
func (f *File) Close() error {
	if f.read != nil {
		f.read.CloseWithError(errors.New("closed"))
		<-f.over
		f.read = nil
	}
	return nil
}

// source implements backup.Source.
type source struct {
	ctx context.Context
	s   Store
	m   *Manifest
}

// Archive implements backup.Source.
func (s *source) Archive(ctx context.Context, d catalog.Digest) (content []byte, err error) {
	for i, a := range s.m.Header.Archives {
		if a.Digest != d {
			continue
		}
		for _, b := range s.m.Archives[i] {
			part, err := s.block(ctx, b)
			if err != nil {
				return nil, err
			}
			content = append(content, part...)
		}
		return content, nil
	}
	return nil, fmt.Errorf("archive %s is not in the backup", d)
}

// WriteTo implements backup.Source.
func (s *source) WriteTo(w io.Writer) (n int64, err error) {
	for _, b := range s.m.State {
		content, err := s.block(s.ctx, b)
		if err != nil {
			return n, err
		}
		if _, err := w.Write(content); err != nil {
			return n, err
		}
		n += b.Bytes
	}
	return n, nil
}

// block reads a block and checks it.
func (s *source) block(ctx context.Context, b Block) ([]byte, error) {
	content, err := s.s.Get(ctx, b.name())
	if errors.As(err, new(*None)) {
		return nil, &Damaged{b.name(), "the store has lost it"}
	}
	if err != nil {
		return nil, err
	}
	if digestOf(content) != b.Digest {
		return nil, &Damaged{b.name(), "its bytes are not those that its name says"}
	}
	return content, nil
}
