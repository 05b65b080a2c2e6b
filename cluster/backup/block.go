package backup

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// The bytes of a file: the magic and the format, then blocks. All numbers are big-endian.
//
//	file:   "AIONBKUP", format (2), blocks
//	block:  kind (1), length (4), bytes, CRC-32C of the block's number (8) and of all of these (4)
//
//	kind 1: the header, in JSON; the first block
//	kind 2: a part of an archive; the archives follow each other in the order of the header, and a
//	        block belongs to one archive
//	kind 3: a part of the state, as package store writes snapshots
//	kind 4: the SHA-256 of all bytes before this block; the last block
//
// Every block but the last of an archive and of the state has BlockBytes bytes, so a file's size
// follows from its header. The number of a block is in its checksum only: a block that is lost,
// doubled or moved is found.
const (
	magic  = "AIONBKUP"
	format = 1

	// BlockBytes is how many bytes of content a full block has.
	BlockBytes = 1 << 20

	kindHeader  = 1
	kindArchive = 2
	kindState   = 3
	kindEnd     = 4

	preambleBytes = 8 + 2
	frameBytes    = 1 + 4 + 4
	sumBytes      = 32
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Damaged is a file that is not what was written: cut off, changed, or no backup at all.
type Damaged struct {
	At     int64 // offset of the block, or of the archive's first block, that is wrong
	Reason string
}

// Error implements error.
func (d *Damaged) Error() string { return fmt.Sprintf("at byte %d: %s", d.At, d.Reason) }

// Preamble is what every file begins with.
func Preamble() []byte { return binary.BigEndian.AppendUint16([]byte(magic), format) }

func readPreamble(r io.Reader) ([]byte, error) {
	b := make([]byte, preambleBytes)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, cut(0, "its first bytes", err)
	}
	if string(b[:8]) != magic {
		return nil, &Damaged{0, "this is no backup: it does not begin with " + magic}
	}
	if f := binary.BigEndian.Uint16(b[8:]); f != format {
		return nil, &Damaged{0, fmt.Sprintf("its format is %d, and this build knows %d", f, format)}
	}
	return b, nil
}

// appendBlock appends the n-th block of a file.
func appendBlock(b []byte, n uint64, kind byte, content []byte) []byte {
	start := len(b)
	b = append(b, kind)
	b = binary.BigEndian.AppendUint32(b, uint32(len(content)))
	b = append(b, content...)
	return binary.BigEndian.AppendUint32(b, checksum(n, b[start:]))
}

func checksum(n uint64, frame []byte) uint32 {
	return crc32.Update(crc32.Checksum(binary.BigEndian.AppendUint64(nil, n), castagnoli), castagnoli, frame)
}

// Blocks reads a file block by block and checks each.
type Blocks struct {
	r     io.Reader
	n     uint64 // blocks read
	at    int64  // bytes of whole blocks read
	begun []byte // what was read of the next block before the reader ended
}

// Block is one of them.
type Block struct {
	Raw  []byte // as it stands in the file; valid until the next call of Next
	kind byte
	at   int64
}

func (b Block) content() []byte { return b.Raw[5 : len(b.Raw)-4] }

// Last reports whether no block follows.
func (b Block) Last() bool { return b.kind == kindEnd }

// Header decodes the first block of a file.
func (b Block) Header() (Header, error) {
	if b.kind != kindHeader {
		return Header{}, &Damaged{b.at, "this is not the header"}
	}
	return decodeHeader(b.content(), b.at)
}

// NewBlocks reads the beginning of a file.
func NewBlocks(r io.Reader) (*Blocks, error) {
	if _, err := readPreamble(r); err != nil {
		return nil, err
	}
	return &Blocks{r: r, at: preambleBytes}, nil
}

// Continue goes on with another reader, which begins at Reached.
func (b *Blocks) Continue(r io.Reader) {
	b.r = io.MultiReader(bytes.NewReader(b.begun), r)
	b.begun = nil
}

// Forget drops what was read of a block that is not whole: Reached is Offset then.
func (b *Blocks) Forget() { b.begun = nil }

// Offset is where the next block begins.
func (b *Blocks) Offset() int64 { return b.at }

// Reached is how far the file was read: a block may have begun.
func (b *Blocks) Reached() int64 { return b.at + int64(len(b.begun)) }

// Next reads a block. The error is a *Damaged if the block is wrong or cut off, and otherwise that
// of the reader.
func (b *Blocks) Next(buffer []byte) (Block, error) {
	raw := append(buffer[:0], make([]byte, 5)...)
	if n, err := io.ReadFull(b.r, raw); err != nil {
		b.begun = bytes.Clone(raw[:n])
		return Block{}, cut(b.at, "a block's head", err)
	}
	kind, size := raw[0], binary.BigEndian.Uint32(raw[1:])
	if kind < kindHeader || kind > kindEnd || size > BlockBytes {
		return Block{}, &Damaged{b.at, fmt.Sprintf("a block of kind %d with %d bytes cannot be", kind, size)}
	}
	raw = append(raw, make([]byte, int(size)+4)...)
	if n, err := io.ReadFull(b.r, raw[5:]); err != nil {
		b.begun = bytes.Clone(raw[:5+n])
		return Block{}, cut(b.at, "a block", err)
	}
	if checksum(b.n, raw[:len(raw)-4]) != binary.BigEndian.Uint32(raw[len(raw)-4:]) {
		return Block{}, &Damaged{b.at, "the block's checksum is wrong"}
	}
	read := Block{Raw: raw, kind: kind, at: b.at}
	b.n++
	b.at += int64(len(raw))
	return read, nil
}

// cut returns what it means that bytes are missing, unless the reader itself failed.
func cut(at int64, what string, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return &Damaged{at, "the file ends within " + what}
	}
	return err
}
