package backup

import (
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"

	"aion.dev/aion/catalog"
)

// Source is what a file is made of. Both may be asked several times, and answer the same.
type Source interface {
	// Archive returns the bytes of an archive.
	Archive(ctx context.Context, d catalog.Digest) ([]byte, error)
	// WriteTo writes the state.
	io.WriterTo
}

// Write writes the file from an offset on: the same bytes for each call. What lies before the
// offset is made, and read from the source, but not written, because the last block has the
// checksum of all.
func Write(ctx context.Context, w io.Writer, h Header, from Source, offset int64) error {
	head, err := h.encoded()
	if err != nil {
		return err
	}
	out := &blockWriter{ctx: ctx, w: w, skip: offset, sum: sha256.New()}
	if err := out.write(Preamble()); err != nil {
		return err
	}
	if err := out.block(kindHeader, head); err != nil {
		return err
	}
	for _, a := range h.Archives {
		content, err := from.Archive(ctx, a.Digest)
		if err != nil {
			return err
		}
		if int64(len(content)) != a.Bytes {
			return fmt.Errorf("archive %s has %d bytes, and the header says %d", a.Digest, len(content), a.Bytes)
		}
		for len(content) > 0 {
			n := min(len(content), BlockBytes)
			if err := out.block(kindArchive, content[:n]); err != nil {
				return err
			}
			content = content[n:]
		}
	}
	state := &chunks{to: func(b []byte) error { return out.block(kindState, b) }, buffer: make([]byte, 0, BlockBytes)}
	n, err := from.WriteTo(state)
	if err == nil {
		err = state.flush()
	}
	if err == nil && n != h.StateBytes {
		err = fmt.Errorf("the state has %d bytes, and the header says %d", n, h.StateBytes)
	}
	if err != nil {
		return err
	}
	return out.block(kindEnd, out.sum.Sum(nil))
}

// blockWriter writes blocks, but nothing of the first skip bytes.
type blockWriter struct {
	ctx    context.Context
	w      io.Writer
	skip   int64
	n      uint64
	sum    hash.Hash
	buffer []byte
}

func (o *blockWriter) block(kind byte, content []byte) error {
	if err := o.ctx.Err(); err != nil {
		return err
	}
	o.buffer = appendBlock(o.buffer[:0], o.n, kind, content)
	o.n++
	return o.write(o.buffer)
}

func (o *blockWriter) write(b []byte) error {
	o.sum.Write(b)
	if n := min(o.skip, int64(len(b))); n > 0 {
		o.skip -= n
		b = b[n:]
	}
	if len(b) == 0 {
		return nil
	}
	_, err := o.w.Write(b)
	return err
}

// chunks cuts a stream into pieces of BlockBytes.
type chunks struct {
	to     func([]byte) error
	buffer []byte
}

// Write implements io.Writer.
func (c *chunks) Write(b []byte) (int, error) {
	all := len(b)
	for len(b) > 0 {
		n := min(len(b), BlockBytes-len(c.buffer))
		c.buffer = append(c.buffer, b[:n]...)
		if b = b[n:]; len(c.buffer) == BlockBytes {
			if err := c.flush(); err != nil {
				return all - len(b), err
			}
		}
	}
	return all, nil
}

func (c *chunks) flush() error {
	if len(c.buffer) == 0 {
		return nil
	}
	err := c.to(c.buffer)
	c.buffer = c.buffer[:0]
	return err
}
