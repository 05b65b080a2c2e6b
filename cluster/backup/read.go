package backup

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"

	"aion.dev/aion/catalog"
)

// Sink takes what is in a file. A nil function drops what it would get.
type Sink struct {
	Begin   func(Header) error // before anything else; an error ends Read
	Archive func(d catalog.Digest, content []byte) error
	State   func(io.Reader) error // need not read all of it
}

// Read reads a whole file, checks every byte of it, and returns its header. Nothing that a Sink got
// may be trusted before Read has returned nil. The error is a *Damaged if the file is not what was
// written.
func Read(r io.Reader, to Sink) (h Header, err error) {
	f := &reader{sum: sha256.New()}
	if f.blocks, err = NewBlocks(r); err != nil {
		return h, err
	}
	f.sum.Write(Preamble())
	if h, err = f.header(); err != nil {
		return h, err
	}
	if to.Begin != nil {
		if err := to.Begin(h); err != nil {
			return h, err
		}
	}
	for _, a := range h.Archives {
		content, err := f.archive(a)
		if err == nil && to.Archive != nil {
			err = to.Archive(a.Digest, content)
		}
		if err != nil {
			return h, err
		}
	}
	state := &stateReader{f: f, left: h.StateBytes}
	if to.State != nil {
		if err := to.State(state); err != nil {
			if damaged := state.failed; damaged != nil { // the cause, rather than what became of it
				err = damaged
			}
			return h, err
		}
	}
	if _, err := io.Copy(io.Discard, state); err != nil {
		return h, err
	}
	return h, f.end(r)
}

// ReadHeader reads the header alone.
func ReadHeader(r io.Reader) (Header, error) {
	f := &reader{sum: sha256.New()}
	var err error
	if f.blocks, err = NewBlocks(r); err != nil {
		return Header{}, err
	}
	return f.header()
}

// reader reads a file's parts in their order.
type reader struct {
	blocks *Blocks
	sum    hash.Hash // of all blocks read
	buffer []byte
}

// next reads a block of a kind.
func (f *reader) next(kind byte, most int64) (Block, error) {
	b, err := f.blocks.Next(f.buffer)
	if err != nil {
		return b, err
	}
	f.buffer = b.Raw
	if size := int64(len(b.content())); b.kind != kind || size > most || size == 0 {
		return b, &Damaged{b.at, fmt.Sprintf("a block of kind %d with %d bytes is not what follows here", b.kind, size)}
	}
	if kind != kindEnd {
		f.sum.Write(b.Raw)
	}
	return b, nil
}

func (f *reader) header() (h Header, err error) {
	b, err := f.next(kindHeader, BlockBytes)
	if err != nil {
		return h, err
	}
	return decodeHeader(b.content(), b.at)
}

// maxArchive bounds the memory of a reader; deploy.max_archive_bytes may be at most that.
const maxArchive = 1 << 30

func (f *reader) archive(a Archive) ([]byte, error) {
	at := f.blocks.Offset()
	var content []byte // grows with what was read, not with what the header says
	for left := a.Bytes; left > 0; left = a.Bytes - int64(len(content)) {
		b, err := f.next(kindArchive, left)
		if err != nil {
			return nil, err
		}
		content = append(content, b.content()...)
	}
	if got := catalog.Digest(sha256.Sum256(content)); got != a.Digest {
		return nil, &Damaged{at, fmt.Sprintf("the bytes of archive %s have the digest %s", a.Digest, got)}
	}
	return content, nil
}

// end checks the last block, and that nothing follows.
func (f *reader) end(r io.Reader) error {
	b, err := f.next(kindEnd, sumBytes)
	if err != nil {
		return err
	}
	if !bytes.Equal(b.content(), f.sum.Sum(nil)) {
		return &Damaged{b.at, "the checksum of the whole file is wrong"}
	}
	switch n, err := r.Read(make([]byte, 1)); {
	case n > 0:
		return &Damaged{f.blocks.Offset(), "something follows the last block"}
	case err != nil && !errors.Is(err, io.EOF):
		return err
	}
	return nil
}

// stateReader is the stream of the state.
type stateReader struct {
	f      *reader
	left   int64 // that no block was read of
	block  []byte
	failed error
}

// Read implements io.Reader.
func (s *stateReader) Read(b []byte) (int, error) {
	for len(s.block) == 0 {
		if s.failed != nil {
			return 0, s.failed
		}
		if s.left == 0 {
			return 0, io.EOF
		}
		next, err := s.f.next(kindState, s.left)
		if err != nil {
			s.failed = err
			return 0, err
		}
		s.block = next.content()
		s.left -= int64(len(s.block))
	}
	n := copy(b, s.block)
	s.block = s.block[n:]
	return n, nil
}
